import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type DaemonProcess, daemonProcess } from '../support/daemon/daemon-process.ts'
import { runDirectory, serveForAll } from '../support/directory/directory-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type Swtpm, startSwtpm, swtpmMissing } from '../support/tpm/swtpm.ts'

/** Each program once, as people run it: with SQLite, TLS, a process table and a TPM of its own. The deep tests go further. */

const SURETY = resolve(import.meta.dirname, '../../src/main-cli.ts')
const missing = swtpmMissing()
if (missing !== undefined) process.stderr.write(`without a TPM: ${missing}\n`)
const TIER = missing === undefined ? 'tpm' : 'software'
const directory = serveForAll()
const folder = temporaryFolder()
let tpm: Swtpm | undefined
let daemon: DaemonProcess

beforeAll(async () => {
  if (missing === undefined) tpm = await startSwtpm({ folder: folder.path })
  const keys = tpm === undefined ? ['--keys', 'software'] : ['--keys', 'tpm', '--tpm-simulator', tpm.simulator]
  const { stdout } = await runDirectory([
    ...['token', 'create', '--owner', 'ada@example.org', '--minimum-tier', 'software', '--data', directory.path],
  ])
  writeFileSync(join(folder.path, 'enrolment'), stdout, { mode: 0o600 })
  daemon = daemonProcess({ folder: folder.path, args: keys })
})
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]()
  await tpm?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** Its document; the exit code says the verdict. */
const surety = (...args: readonly string[]) => {
  const socket = join(folder.path, 'run/control.sock')
  const { stdout } = spawnSync(process.execPath, [SURETY, ...args, '--json', '--socket', socket], { encoding: 'utf8' })
  return JSON.parse(stdout)
}

test('suretyd enrols and reports', async () => {
  await daemon.said(/the directory appraised this device/)
})

test('surety shows the verdict and the checks of the device', () => {
  expect(surety('status')).toMatchObject({
    enrolment: 'enrolled',
    result: { tier: TIER, verdict: expect.any(String) },
    findings: expect.arrayContaining([expect.objectContaining({ check: 'disk.root-encrypted' })]),
  })
})

test('surety-directory lists the device with its owner', async () => {
  const { exitCode, stdout } = await runDirectory(['devices', 'list', '--json', '--data', directory.path])
  expect({ exitCode, ...JSON.parse(stdout) }).toMatchObject({
    exitCode: 0,
    total: 1,
    devices: [{ owner: 'ada@example.org', tier: TIER, status: 'active' }],
  })
})
