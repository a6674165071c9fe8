import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runningDaemon } from '../support/daemon/running-daemon.ts'
import { runningDirectory } from '../support/directory/running-directory.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startSwtpm, swtpmMissing } from '../support/tpm/swtpm.ts'

const missing = swtpmMissing()
const withTpm = missing === undefined ? test : test.skip

withTpm(`enrols with a TPM, and attests with its keys after a restart ${missing ?? ''}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dtpm-'))
  try {
    await using running = await runningDirectory()
    await using tpm = await startSwtpm({ folder })
    using state = temporaryFolder()
    const { simulator } = tpm
    const enrolment = await running.token({ minimumTier: 'tpm' })
    const first = runningDaemon({ stateFolder: state.path, simulator, enrolment })
    await first.until('complete')
    expect(await first.status()).toMatchObject({ device: { tier: 'tpm' }, health: [], spool: { waiting: 0 } })
    await first.end()
    await using second = runningDaemon({ stateFolder: state.path, simulator })
    await second.until('complete')
    const { device } = JSON.parse(readFileSync(join(state.path, 'identity.json'), 'utf8'))
    expect(running.rows('SELECT * FROM findings WHERE device = ?', device)).toHaveLength(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
