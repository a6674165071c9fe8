import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sweepLeftovers } from '../../../../src/system/files/own/quarantine.ts'
import { unsealJson } from '../../../../src/system/files/own/sealed-json.ts'
import { OWN_FILES_CHECKS } from '../../../contracts/own-files.checks.ts'
import { allPass } from '../../../contracts/run-checks.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { onWindows } from '../../../support/windows/windows.ts'

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
    held: ['STORE_FAILED', ['key'], 'old'],
    checks: allPass(OWN_FILES_CHECKS),
    share: noDrive,
    device: noDrive,
    owner: expect.stringMatching(/^S-1-/),
    own: [expect.stringMatching(/^S-1-5-21(-\d+){4}$/), expect.any(Boolean), expect.stringMatching(/^C:\\windows$/i)],
    calls: ['TypeError', 'TypeError', 'TypeError', error, error, 'Error: error 2'],
  })
})

onWindows('a file is whole wherever its writer was killed', async (windows) => {
  const folder = join(windows.driveC, 'state')
  const file = join(folder, 'progress.json')
  mkdirSync(folder)
  let written = 0
  for (let kills = 0; kills < 5; kills++) {
    using writer = windows.start(join(import.meta.dirname, 'durable-writer-probe.ts'), ['C:\\state\\progress.json'])
    await waitFor('some writes', () => writer.output().stdout.split('\n').length > 3 + kills)
    writer.kill()
    const { stdout } = await writer.ended
    const last = Number(stdout.trim().split('\n').at(-1))
    const found = unsealJson(readFileSync(file, 'utf8'), { maxBytes: 1024 * 1024, maxDepth: 2 })
    // What was said to be written is there, or one that was about to be said.
    expect([last, last + 1]).toContain((found as { number: number }).number)
    written += last
  }
  expect(written).toBeGreaterThan(15)
  sweepLeftovers(folder)
  expect(readdirSync(folder)).toEqual(['progress.json'])
})
