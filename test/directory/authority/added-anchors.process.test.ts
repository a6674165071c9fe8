import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { addAnchors } from '../../../src/directory/authority/anchor-folder.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { runDirectory, serveForAll } from '../../support/directory/directory-process.ts'
import { runningDirectory } from '../../support/directory/running-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A running directory uses a certificate that was added, without a restart. */

const missing = swtpmMissing()
const withTpm = missing === undefined ? test : test.skip

withTpm(`a device enrols as tpm-attested once its maker's CA is added ${missing ?? ''}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'atpm-'))
  try {
    const anchors = join(folder, 'anchors')
    mkdirSync(join(folder, 'tpm'))
    await using tpm = await startSwtpm({ folder: join(folder, 'tpm') })
    const { simulator } = tpm
    await using running = await runningDirectory({ trustAnchorsFolder: anchors })
    const enrolment = await running.token({ minimumTier: 'tpm-attested' })
    {
      using state = temporaryFolder()
      await using refused = runningDaemon({ stateFolder: state.path, simulator, enrolment })
      const status = await refused.untilStatus(({ directory }) => directory.lastError?.code === 'TIER_TOO_LOW')
      expect(status.enrolment).not.toBe('enrolled')
    }
    await addAnchors(anchors, tpm.caCertificates, { now: Date.now() })
    const { tokens } = running.directory.services
    const create = () => tokens.create({ owner: 'ada', ttlMs: 3_600_000, minimumTier: 'tpm-attested' }, 'test')
    await waitFor('the certificates', async () => (await create()).warning === undefined)
    using state = temporaryFolder()
    await using daemon = runningDaemon({ stateFolder: state.path, simulator, enrolment })
    await daemon.until('complete')
    expect(await daemon.status()).toMatchObject({ device: { tier: 'tpm-attested' } })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

const directory = serveForAll()

test('without certificates, list and token create say what to do', async () => {
  const data = ['--data', directory.path]
  expect((await runDirectory(['anchors', 'list', ...data])).stdout).toBe(
    `no certificates in ${directory.path}/trust-anchors; add them with: surety-directory anchors add FILE\n`,
  )
  const { stderr } = await runDirectory(['token', 'create', '--owner', 'ada', ...data])
  expect(stderr).toMatch(/^warning: no device can use this token: .*surety-directory anchors add FILE/)
  const refused = await runDirectory(['anchors', 'add', '/etc/hostname', ...data])
  expect(refused).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /neither DER nor PEM; give the maker's CA certificates .*\[CERTIFICATE_CHAIN_INVALID\]\n$/,
    ),
  })
})

test('the start says what a default token will refuse', async () => {
  const said: string[] = []
  const log = { ...silentLog, warn: (message: string) => void said.push(message) }
  await using _running = await runningDirectory({}, { log })
  expect(said).toEqual([
    expect.stringMatching(
      /no device can use a default token \(minimum tier tpm-attested\): add them with surety-directory anchors add FILE/,
    ),
  ])
})
