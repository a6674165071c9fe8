import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AllowedCommand } from '../../../src/system/program/allowed-commands.ts'
import { commandRunner, startProgram } from '../../../src/system/program/command.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A shell in place of an allowed program, so that a test can say what it does. */
const shell = commandRunner({ paths: { nft: ['/absent', '/bin/sh'] } })
const run = (script: string, options: { timeoutMs?: number; maxOutputBytes?: number; signal?: AbortSignal } = {}) =>
  shell.run('nft', ['-c', script], { timeoutMs: scaledMs(60_000), ...options })

/** Until it is dead; init may take its time to bury it. */
function gone(pid: number): Promise<unknown> {
  return waitFor(`the end of ${pid}`, () => !isAlive(pid), { everyMs: 5 })
}

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

test('a program that ends tells its code and what it wrote', async () => {
  expect(await run('echo out; echo err >&2; exit 3')).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' })
})

test('nothing of our environment, folder or input reaches it', async () => {
  process.env.NODE_OPTIONS = '--no-warnings'
  const { stdout } = await run('/usr/bin/env; pwd; readlink /proc/self/fd/0')
  delete process.env.NODE_OPTIONS
  expect(stdout.split('\n').toSorted()).toEqual(
    ['', '/', '/dev/null', 'LC_ALL=C.UTF-8', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'PWD=/'].toSorted(),
  )
})

test('an argument is never read by a shell', async () => {
  const echo = commandRunner({ paths: { ufw: ['/bin/echo'] } })
  expect((await echo.run('ufw', ['$(id)', '; id'], { timeoutMs: scaledMs(60_000) })).stdout).toBe('$(id) ; id\n')
})

test('a program that hangs is killed with its children', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'pids')
  const script = `sleep 1000 & echo $! >${file}; sleep 1000 & echo $! >>${file}; wait`
  expect(await codeThrown(() => run(script, { timeoutMs: scaledMs(1_000, { times: 5 }) }))).toBe('COMMAND_TIMED_OUT')
  const pids = readFileSync(file, 'utf8').trim().split('\n').map(Number)
  expect(pids).toHaveLength(2)
  await Promise.all(pids.map(gone))
})

test('what a program leaves running is killed when it ends', async () => {
  const { stdout } = await run('sleep 1000 & echo $!')
  await gone(Number(stdout))
})

test('a grandchild that left the group cannot keep us waiting', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'pid')
  const script = `/usr/bin/setsid sh -c 'echo $$ >${file}; exec sleep 1000'`
  expect(await codeThrown(() => run(`${script} & wait`, { timeoutMs: scaledMs(2_000, { times: 5 }) }))).toBe(
    'COMMAND_TIMED_OUT',
  )
  process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL')
})

test.each([
  ['endless output', 'exec yes', 'COMMAND_OUTPUT_TOO_LARGE'],
  ['endless errors', 'exec yes >&2', 'COMMAND_OUTPUT_TOO_LARGE'],
  ['a death by signal', 'kill -9 $$', 'COMMAND_FAILED'],
])('%s is refused', async (_, script, code) => {
  expect(await codeThrown(() => run(script, { maxOutputBytes: 10_000 }))).toBe(code)
})

test('the caller can end it', async () => {
  const stop = new AbortController()
  const running = run('sleep 1000', { signal: stop.signal })
  stop.abort(new TypeError('enough'))
  await expect(running).rejects.toThrow('enough')
})

test.each([
  ['is not installed', 'zfs', { zfs: ['/absent'] }, 'COMMAND_ABSENT'],
  ['is not on the list', 'rm', {}, 'COMMAND_NOT_ALLOWED'],
  ['is a name of Object', 'constructor', {}, 'COMMAND_NOT_ALLOWED'],
])('a program that %s is refused', async (_, name, paths, code) => {
  const runner = commandRunner({ paths })
  // A caller in JavaScript could ask for any name.
  expect(await codeThrown(() => runner.run(name as AllowedCommand, [], { timeoutMs: scaledMs(2_000) }))).toBe(code)
})

test('a folder in place of a program is COMMAND_FAILED', async () => {
  const runner = commandRunner({ paths: { zfs: ['/usr'] } })
  expect(await codeThrown(() => runner.run('zfs', [], { timeoutMs: scaledMs(2_000) }))).toBe('COMMAND_FAILED')
})

test('a program of ours talks through its pipes and tells its end', async () => {
  await using program = await startProgram({ path: '/bin/cat', args: [], stdin: 'pipe', stdout: 'pipe' })
  program.stdin?.end('hello')
  const chunks: Buffer[] = []
  for await (const chunk of program.stdout ?? []) chunks.push(chunk)
  expect([Buffer.concat(chunks).toString(), await program.exit]).toEqual(['hello', { exitCode: 0, signal: undefined }])
})

test('disposing of a program ends it and its group', async () => {
  let grandchild = 0
  {
    await using program = await startProgram({
      path: '/bin/sh',
      args: ['-c', 'sleep 1000 & echo $!; wait'],
      stdout: 'pipe',
    })
    const [line] = await once(program.stdout ?? process.stdin, 'data')
    grandchild = Number(line)
  }
  await gone(grandchild)
})

test('a signal after the end of a program reaches no other program', async () => {
  const program = await startProgram({ path: '/bin/true', args: [] })
  await program.exit
  const bystander = spawn('/bin/sleep', ['1000'], { detached: true })
  program.kill('SIGKILL')
  expect(bystander.kill('SIGKILL')).toBe(true)
})

test.each([
  ['relative', 'sh', 'COMMAND_NOT_ALLOWED'],
  ['absent', '/absent/program', 'COMMAND_FAILED'],
])('a program whose path is %s is refused', async (_, path, code) => {
  expect(await codeThrown(() => startProgram({ path, args: [] }))).toBe(code)
})
