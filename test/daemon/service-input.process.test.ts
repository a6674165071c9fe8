import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { daemonProcess } from '../support/daemon/daemon-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

/** `suretyd run --service-input`, as surety-service starts it. The host itself is tested in test/windows. */

const MAIN = resolve(import.meta.dirname, '../../src/main-daemon.ts')

function hostedDaemon(folder: string) {
  const socket = join(folder, 'run', 'control.sock')
  const args = [
    ...['--disable-warning=ExperimentalWarning', MAIN, 'run', '--service-input', '--ready-json'],
    ...['--state-folder', join(folder, 'state'), '--socket', socket, '--enrolment-file', join(folder, 'enrolment')],
    ...['--keys', 'software', '--posture-skip', 'os.security-updates'],
  ]
  const child = spawn(process.execPath, args, { stdio: 'pipe', env: { PATH: '/usr/bin:/bin' } })
  let [said, logged] = ['', '']
  child.stdin.on('error', () => undefined)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    logged += text
  })
  const ended = once(child, 'close').then(([code]) => code)
  return {
    child,
    socket,
    ended,
    lines: () => said.split('\n').slice(0, -1),
    logged: () => logged,
    waitForLine: (line: string) =>
      waitFor(line, () => said.split('\n').includes(line), { show: () => logged.slice(-2_000) }),
    waitForLog: (words: RegExp) =>
      waitFor(String(words), () => words.test(logged), { show: () => logged.slice(-2_000) }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

test('says when it answers, hears of sleep and sessions, and ends with its input', async () => {
  using folder = temporaryFolder()
  await using daemon = hostedDaemon(folder.path)
  await daemon.waitForLine('READY=1')
  expect(existsSync(daemon.socket)).toBe(true)
  // It listens for events a moment after it is ready.
  await waitFor(
    'the first event',
    () => daemon.child.stdin.write('POWER=suspend\n') && daemon.logged().includes('the system announced kind=suspend'),
    { everyMs: 200, show: () => daemon.logged().slice(-2_000) },
  )
  daemon.child.stdin.write('POWER=resume\nSESSION=logon 2\nnonsense\n')
  await daemon.waitForLog(/resumed after sleep or a clock change jumpMs=\d+/)
  await daemon.waitForLog(/the system announced .*kind=logon.* session=2|session=2 .*kind=logon/)
  await daemon.waitForLog(/the service host said something unknown line=nonsense/)
  daemon.child.stdin.end()
  expect(await daemon.ended).toBe(0)
  expect(existsSync(daemon.socket)).toBe(false)
  expect(daemon.lines().filter((line) => line.includes('='))).toEqual(['READY=1', 'STOPPING=1'])
})

test('ends on a signal although its input stays open', async () => {
  using folder = temporaryFolder()
  await using daemon = hostedDaemon(folder.path)
  await daemon.waitForLine('READY=1')
  daemon.child.kill('SIGTERM')
  expect(await daemon.ended).toBe(0)
})

test('ends when its input has ended before it was ready', async () => {
  using folder = temporaryFolder()
  await using daemon = daemonProcess({ folder: folder.path, args: ['--keys', 'software', '--service-input'] })
  expect(await daemon.exit).toBe(0)
})

test('continues when its output is no longer read', async () => {
  using folder = temporaryFolder()
  await using daemon = hostedDaemon(folder.path)
  daemon.child.stdout.destroy()
  await daemon.waitForLog(/suretyd starts/)
  await waitFor('the socket', () => existsSync(daemon.socket))
  daemon.child.stdin.end()
  expect(await daemon.ended).toBe(0)
})
