import { join } from 'node:path'
import { OWN_FILES_CHECKS } from '../../contracts/own-files.checks.ts'
import { allPass } from '../../contracts/run-checks.ts'
import { onWindows } from '../../support/windows/windows.ts'

/**
 * The contract of our own files on Windows, with the real addon. Wine keeps an access list as a mode of Unix: it shows whether others may
 * read or write, and neither who they are nor what another user is refused. It has no links, files there do not take the list of their
 * folder, and a sync says nothing of power cuts.
 */

const PROGRAM = join(import.meta.dirname, 'own-files-probe.ts')

onWindows('our own files are closed, replaced whole, and refused where others may write', async (windows) => {
  const { status, stdout, stderr } = await windows.run(PROGRAM, ['C:\\own'])
  expect([status, stderr]).toEqual([0, ''])
  const noDrive = expect.stringMatching(/^STORE_FAILED: .* is no plain path on a drive: choose another place$/)
  const error = expect.stringMatching(/^Error: error \d+$/)
  expect(JSON.parse(stdout)).toEqual({
    checks: allPass(OWN_FILES_CHECKS),
    ...{ share: noDrive, device: noDrive, owner: expect.stringMatching(/^S-1-/) },
    own: [expect.stringMatching(/^S-1-5-21(-\d+){4}$/), expect.any(Boolean), expect.stringMatching(/^C:\\windows$/i)],
    calls: ['TypeError', 'TypeError', 'TypeError', error, error, 'Error: error 2'],
  })
})
