import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { parseEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { runDirectory, serveForAll } from '../../support/directory/directory-process.ts'
import { nextAck, ScriptedDevice } from '../../support/directory/scripted-device.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** The way of an auditor: export from a directory, then verify without daemon and directory. */

const SURETY = resolve(import.meta.dirname, '../../../src/main-cli.ts')
const directory = serveForAll()
const folder = temporaryFolder()
const file = join(folder.path, 'evidence')
let device: ScriptedDevice
let pin = ''
afterAll(() => folder[Symbol.dispose]())

beforeAll(async () => {
  const profile = profileOf(directory.path)
  const request = { owner: 'ada@example.org', minimumTier: 'software' }
  const { enrolment } = await apiClient(profile).ask('POST', '/tokens', createdTokenReader, request)
  const { ca, root } = parseEnrolmentString(enrolment)
  pin = root
  const url = `wss://localhost:${new URL(directory.server.devices).port}`
  device = new ScriptedDevice({ url, ca: profile.ca, pins: { ca } })
  const { wire } = await device.enrol(enrolment)
  for (let i = 0; i < 12; i++) {
    wire.send(await device.batch())
    await nextAck(wire)
  }
  wire.close()
})

const exportTo = (path: string, id = device.id ?? '') =>
  runDirectory(['evidence', 'export', id, '--out', path, '--data', directory.path])

/** Away from any daemon, and with no environment to find one. */
function verify(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SURETY, 'verify', ...args], {
    encoding: 'utf8',
    cwd: folder.path,
    env: { PATH: process.env.PATH },
  })
  return { status, stdout, stderr }
}

test('an export verifies, in words and as JSON, and names the root of its directory', async () => {
  expect(await exportTo(file)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/batches +12\n/),
    stderr: '',
  })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const words = verify(file, '--root', pin)
  expect(words).toMatchObject({ status: 0, stderr: '' })
  expect(words.stdout).toMatch(/^VERIFIED: .*\n\nDevice {4}dev_/)
  expect(words.stdout).toMatch(/Epoch 1 {3}12 batches, up to 12, unbroken; device clock /)
  expect(verify(file).stdout).toContain('compare the root key with --root PIN')
  const json = verify(file, '--json')
  expect({ ...json, stdout: JSON.parse(json.stdout) }).toMatchObject({
    status: 0,
    stdout: {
      schema: 'surety/evidence-report@1',
      ok: true,
      device: device.id,
      root: { pin, compared: false },
      epochs: [{ epoch: 1, batches: 12 }],
    },
  })
})

test.each<[string, () => readonly string[], number, RegExp]>([
  ['a changed byte', () => [spoilt()], 7, /^NOT VERIFIED: \d problems?\n/],
  ['another root', () => [file, '--root', 'A'.repeat(43)], 7, /another directory made this file/],
  ['no such file', () => [join(folder.path, 'nowhere')], 1, /^$/],
  ['a folder', () => [folder.path], 1, /^$/],
  ['no file', () => [], 2, /^$/],
  ['a pin that is none', () => [file, '--root', 'short'], 2, /^$/],
])('%s: its exit code, and what is wrong', (_, args, status, words) => {
  const ended = verify(...args())
  expect(ended).toEqual({
    status,
    stdout: expect.stringMatching(words),
    stderr: status === 7 ? '' : expect.stringMatching(/./),
  })
})

function spoilt(): string {
  const path = join(folder.path, 'spoilt')
  const bytes = readFileSync(file)
  const at = bytes.length - 100
  writeFileSync(path, bytes.fill((bytes[at] ?? 0) === 65 ? 66 : 65, at, at + 1))
  return path
}

test.each<[string, () => ReturnType<typeof exportTo>, RegExp]>([
  ['a file that exists', () => exportTo(file), /exists already, and is not overwritten/],
  ['a device that nobody knows', () => exportTo(join(folder.path, 'new'), 'dev_AAAAAAAAAAAAAAAAAAAAAA'), /dev_AAAA/],
])('%s: nothing is written', async (_, run, words) => {
  const before = readFileSync(file)
  expect(await run()).toEqual({ exitCode: 1, stdout: '', stderr: expect.stringMatching(words) })
  expect(readFileSync(file).equals(before)).toBe(true)
  expect(existsSync(join(folder.path, 'new'))).toBe(false)
})

test('the evidence of all devices is a folder of files that verify', async () => {
  const all = join(folder.path, 'all')
  const exportAll = (...args: readonly string[]) =>
    runDirectory(['evidence', 'export', '--all', '--out', all, '--data', directory.path, ...args])
  const answer = await exportAll('--since', '1h', '--json')
  expect(answer).toMatchObject({ exitCode: 0, stderr: '' })
  const { devices, batches } = JSON.parse(answer.stdout)
  const file = `${device.id}.evidence`
  expect(devices).toEqual([{ device: device.id, file, batches }])
  expect(batches).toBeGreaterThanOrEqual(12)
  expect(verify(join('all', file), '--root', pin)).toMatchObject({ status: 0 })
  expect(await exportAll()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('exists already') })
  expect(readdirSync(folder.path).filter((name) => name.startsWith('all'))).toEqual(['all'])
})

test.each([
  [['lap-1', '--all'], 'name a device or give --all, not both'],
  [[], 'name a device, or give --all'],
  [['lap-1', '--since', '1d'], '--since goes with --all'],
])('an export of %j is refused before anything is asked', async (args, words) => {
  const path = join(folder.path, 'refused')
  const answer = await runDirectory(['evidence', 'export', ...args, '--out', path, '--data', directory.path])
  expect(answer).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(words) })
  expect(existsSync(path)).toBe(false)
})
