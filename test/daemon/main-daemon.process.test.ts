import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { formatEnrolmentString } from '../../src/protocol/messages/enrolment-string.ts'
import { daemonProcess } from '../support/daemon/daemon-process.ts'
import { canRunServiceManager, startServiceManager } from '../support/processes/service-manager.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const whenBuilt = existsSync(join(import.meta.dirname, '../../native/build/surety-native.node')) ? test : test.skip
const CLOSE_ON_EXEC = 0o2000000
/** Names a directory that does not exist. */
const enrolment = formatEnrolmentString({
  url: 'wss://localhost:1',
  ca: 'A'.repeat(43),
  root: 'A'.repeat(43),
  token: `tok_${'A'.repeat(22)}`,
  secret: 'A'.repeat(43),
  minimumTier: 'simulated',
})

whenBuilt('does not pass descriptors of its parent on to its children', async () => {
  using folder = temporaryFolder()
  const descriptor = openSync(import.meta.filename, 'r')
  await using daemon = daemonProcess({ folder: folder.path, descriptor })
  closeSync(descriptor)
  await daemon.listening()
  const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/${daemon.pid}/fdinfo/3`, 'utf8'))?.[1]
  expect(Number.parseInt(flags ?? '', 8) & CLOSE_ON_EXEC).toBe(CLOSE_ON_EXEC)
})

const whenNotified = canRunServiceManager ? whenBuilt : test.skip
whenNotified('tells its service manager that it answers, and that it stops', async () => {
  using folder = temporaryFolder()
  const socket = join(folder.path, 'notify')
  await using manager = await startServiceManager(socket)
  await using daemon = daemonProcess({ folder: folder.path, env: { NOTIFY_SOCKET: socket } })
  await waitFor('READY=1', () => manager.received().includes('READY=1'), { show: () => daemon.stderr() })
  expect(existsSync(join(folder.path, 'run', 'control.sock'))).toBe(true)
  daemon.kill('SIGTERM')
  expect(await daemon.exit).toBe(0)
  await manager.ended
  expect(manager.received()).toEqual(['READY=1', 'STOPPING=1'])
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends cleanly on %s and removes its socket', async (signal) => {
  using folder = temporaryFolder()
  await using daemon = daemonProcess({ folder: folder.path })
  await daemon.listening()
  daemon.kill(signal)
  expect([await daemon.exit, existsSync(join(folder.path, 'run', 'control.sock'))]).toEqual([0, false])
})

test('logs an unhandled rejection and ends with exit code 1', async () => {
  using folder = temporaryFolder()
  const fault = 'setTimeout(() => Promise.reject(new TypeError("boom")), 1_500)'
  await using daemon = daemonProcess({
    folder: folder.path,
    nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(`if (process.argv[2] === 'run') ${fault}`)}`],
  })
  expect(await daemon.exit).toBe(1)
  expect(daemon.stderr()).toMatch(/error suretyd failed reason=boom/)
})

test('ends with exit code 1 when the event loop runs empty', async () => {
  using folder = temporaryFolder()
  const never =
    '{ setEncoding: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }) }'
  const fault = `Object.defineProperty(process, 'stdin', { value: ${never} })`
  await using daemon = daemonProcess({
    folder: folder.path,
    args: ['--enrolment-stdin'],
    nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(fault)}`],
  })
  expect(await daemon.exit).toBe(1)
})

test('refuses a malformed schedule first, and names the setting and its origin', async () => {
  using folder = temporaryFolder()
  const args = ['--keys', 'software', '--schedules-posture', '61 * * * *']
  await using daemon = daemonProcess({ folder: folder.path, args })
  expect(await daemon.exit).toBe(2)
  expect(daemon.stderr()).toMatch(
    /^suretyd: --schedules-posture: schedules\.posture: "61 \* \* \* \*": .*\[CONFIG_INVALID\]$/m,
  )
  expect(existsSync(join(folder.path, 'state'))).toBe(false)
})

test('ends although a TPM never answers', async () => {
  using folder = temporaryFolder()
  const socket = join(folder.path, 'tpm')
  const contacted = Promise.withResolvers<void>()
  const silent = createServer((connection) => {
    connection.on('error', () => undefined).on('data', () => contacted.resolve())
  })
  await new Promise<void>((resolve) => silent.listen(socket, resolve))
  writeFileSync(join(folder.path, 'enrolment'), enrolment, { mode: 0o600 })
  await using daemon = daemonProcess({
    folder: folder.path,
    args: ['--keys', 'tpm', '--tpm-simulator', `unix:${socket}`],
  })
  await contacted.promise
  daemon.kill('SIGTERM')
  expect(await daemon.exit).toBe(0)
  silent.close()
})

test.each([
  [enrolment, /this device could not enrol code=DIRECTORY_UNREACHABLE/],
  ['half a stri', /this device could not enrol code=ENROLMENT_STRING_INVALID/],
  ['x'.repeat(100_000), /this device could not enrol code=ENROLMENT_STRING_INVALID/],
])('reads the enrolment string from standard input: %.20s', async (input, words) => {
  using folder = temporaryFolder()
  const args = ['--keys', 'software', '--enrolment-stdin']
  await using daemon = daemonProcess({ folder: folder.path, args, input })
  await daemon.said(words)
})
