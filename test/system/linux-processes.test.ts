import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { environmentNamesIn, linuxProcesses, parseStat } from '../../src/system/linux-processes.ts'

const table = linuxProcesses()

async function withChild<T>(
  args: readonly string[],
  options: { env?: Record<string, string>; uid?: number },
  look: (pid: number) => Promise<T>,
): Promise<T> {
  const child = spawn('/bin/sh', ['-c', 'echo ready; read line', ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    ...options,
  })
  await once(child.stdout, 'data')
  try {
    return await look(child.pid ?? 0)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
}

const find = async (pid: number) => (await table.scan({})).find((entry) => entry.pid === pid)

test('a scan sees a child with its parent, owner, executable and arguments as they are', async () => {
  const args = ['', 'two words', 'line\nbreak', 'ünïcode']
  const entry = await withChild(args, {}, find)
  expect(entry).toEqual({
    pid: entry?.pid,
    parentPid: process.pid,
    startTicks: expect.any(Number),
    uid: process.geteuid?.(),
    sessionId: expect.any(Number),
    ttyNumber: expect.any(Number),
    comm: 'sh',
    executable: expect.stringMatching(/^\/usr\/bin\/(da|ba)?sh$/),
    argv: ['/bin/sh', '-c', 'echo ready; read line', ...args],
  })
})

test('a scan sees ourselves, and no process twice', async () => {
  const pids = (await table.scan({})).map(({ pid }) => pid)
  expect(pids).toContain(process.pid)
  expect(new Set(pids).size).toBe(pids.length)
})

const asRoot = process.geteuid?.() === 0 ? test : test.skip
asRoot('(root) the owner of a process that forbids being dumped is its user, not root', async () => {
  // Changing user makes a process undumpable until it executes a program; this one never does after `setuid`.
  const script = 'process.setuid(4242); console.log("ready"); process.stdin.resume()'
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  expect((await find(child.pid ?? 0))?.uid).toBe(4242)
  child.kill('SIGKILL')
  await once(child, 'close')
})

test('environment names are told, values are not', async () => {
  const env = { CLAUDECODE: '1', TOKEN: 'hush\nFAKE=1' }
  const names = await withChild([], { env }, (pid) => table.environmentNames(pid))
  expect(names?.toSorted()).toEqual(['CLAUDECODE', 'TOKEN'])
})

test('the environment of a process that is not there is undefined', async () => {
  expect(await table.environmentNames(2 ** 22 + 1)).toBeUndefined()
})

test('a scan that is called off stops', async () => {
  await expect(table.scan({ signal: AbortSignal.abort(new TypeError('enough')) })).rejects.toThrow('enough')
})

test('the boot has the name that the kernel gives it', async () => {
  expect(await table.bootId()).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
})

const FIELDS = '1 2 3 4 5 0 7 8 9 10 11 12 13 14 15 16 17 18 555'

test.each(['sh', 'a) b (c', '((sd-pam))', ''])('a process that calls itself %j is read', (name) => {
  expect(parseStat(`77 (${name}) S ${FIELDS} 20\n`)).toEqual({
    parentPid: 1,
    sessionId: 3,
    ttyNumber: 4,
    startTicks: 555,
    comm: name,
    kernelThread: false,
  })
})

test('parseStat never throws, whatever it reads', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseStat(text)
      return parsed === undefined || Number.isSafeInteger(parsed.startTicks)
    }),
  )
})

test('no value of an environment is among its names', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const [line = ''] = value.split('\0')
      return environmentNamesIn(`NAME=${line}\0`).join() === 'NAME'
    }),
  )
})

test('a scan that runs out of descriptors fails: it must not look as if nothing ran', async () => {
  const scan = `
    import { closeSync, openSync } from 'node:fs'
    import { linuxProcesses } from ${JSON.stringify(join(import.meta.dirname, '../../src/system/linux-processes.ts'))}
    const table = linuxProcesses()
    await table.scan({})
    const held = []
    try { for (;;) held.push(openSync('/dev/null')) } catch {}
    const say = () => table.scan({}).then(() => console.log('nothing runs'), (error) => console.log(error.code))
    await say()
    closeSync(held.pop())
    await say()`
  const command = 'ulimit -n 64; exec "$0" --disable-warning=ExperimentalWarning --input-type=module -e "$1"'
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command, process.execPath, scan])
  expect(stdout).toBe('FILE_UNREADABLE\nFILE_UNREADABLE\n')
})
