import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ProcessEntry, ProcessTable, ProgramFile } from '../../src/system/processes/process-table.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

/**
 * The contract of every process table, with real processes.
 *
 * @param init.program source of a module that exports a `table`. It runs where file descriptors are scarce.
 */
export function describeProcessTable(name: string, table: ProcessTable, init: { readonly program: string }): void {
  const find = async (pid: number) => (await table.scan({})).find((entry) => entry.pid === pid)
  describe(`${name} keeps the ProcessTable contract`, () => {
    test('finds a child with its parent, owner, executable and arguments', async () => {
      const args = ['', 'two words', 'line\nbreak', 'ünïcode']
      const entry = await withChild(args, {}, find)
      expect(entry).toEqual({
        pid: entry?.pid,
        parentPid: process.pid,
        startTicks: expect.any(Number),
        userId: String(process.geteuid?.()),
        sessionId: expect.any(Number),
        ttyNumber: expect.any(Number),
        comm: 'sh',
        executable: expect.stringMatching(/^\/usr\/bin\/(da|ba)?sh$/),
        argv: ['/bin/sh', '-c', 'echo ready; read line', ...args],
        stackStart: expect.any(Number),
        // A table without the addon does not tell it.
        ...(entry?.programFile === undefined ? {} : { programFile: programFileOf('/bin/sh') }),
      })
    })

    test('finds its own process, and no process twice', async () => {
      const pids = (await table.scan({})).map(({ pid }) => pid)
      expect(pids).toContain(process.pid)
      expect(new Set(pids).size).toBe(pids.length)
    })

    asRoot('(root) reports the user of an undumpable process, not root', async () => {
      // Changing user makes a process undumpable until it executes a program. This one executes none after `setuid`.
      const script = 'process.setuid(4242); console.log("ready"); process.stdin.resume()'
      const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
      await once(child.stdout, 'data')
      expect((await find(child.pid ?? 0))?.userId).toBe('4242')
      child.kill('SIGKILL')
      await once(child, 'close')
    })

    test('returns names of environment variables and no values', async () => {
      const env = { CLAUDECODE: '1', TOKEN: 'hush\nFAKE=1' }
      const names = await withChild([], { env }, (pid) => table.environmentNames(pid))
      expect(names?.toSorted()).toEqual(['CLAUDECODE', 'TOKEN'])
    })

    test('returns undefined for the environment of a missing process', async () => {
      expect(await table.environmentNames(2 ** 22 + 1)).toBeUndefined()
    })

    test('returns folder, names of variables and requested values of a process', async () => {
      const env = { THREAD: '0199', TOKEN: 'hush' }
      const look = async (pid: number) => [await find(pid), table.surroundings(pid, new Set(['THREAD']))] as const
      const [entry, found] = await withChild([], { env, cwd: '/usr' }, look)
      expect({ ...found, environmentNames: found?.environmentNames?.toSorted() }).toEqual({
        startTicks: entry?.startTicks,
        environmentNames: ['THREAD', 'TOKEN'],
        sessionMarkers: { THREAD: '0199' },
        workingFolder: '/usr',
      })
      expect(table.surroundings(2 ** 22 + 1, new Set())).toBeUndefined()
    })

    test('notices by its stack that a process executed another program', async () => {
      const child = spawn('/bin/sh', ['-c', 'echo a; read x; echo b; read x; exec /bin/sh -c "echo c; read x"'])
      const starts: (number | undefined)[] = []
      for (let turn = 0; turn < 3; turn++) {
        await once(child.stdout, 'data')
        starts.push((await find(child.pid ?? 0))?.stackStart)
        child.stdin.write('\n')
      }
      await once(child, 'close')
      expect(starts[1]).toBe(starts[0])
      expect(starts[2]).not.toBe(starts[0])
    })

    test('stops an aborted scan', async () => {
      await expect(table.scan({ signal: AbortSignal.abort(new TypeError('enough')) })).rejects.toThrow('enough')
    })

    test('returns the boot id of the kernel', async () => {
      expect(await table.bootId()).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
    })

    test('cuts very long arguments, always at the same point', async () => {
      const long = 'x'.repeat(100_000)
      const entry = await withChild([long, long], {}, find)
      const bytes = (entry?.argv ?? []).reduce((sum, argument) => sum + argument.length + 1, 0)
      expect(bytes - 1).toBeLessThanOrEqual(128 * 1024)
      expect(entry?.argv.slice(0, 4)).toEqual(['/bin/sh', '-c', 'echo ready; read line', long])
    })

    test('reads a name with brackets, line breaks and invalid UTF-8 to its end', async () => {
      const name = 'a) R 1\n(b'
      const script = `require('node:fs').writeFileSync('/proc/self/comm', ${JSON.stringify(name)}); console.log(''); process.stdin.resume()`
      const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
      await once(child.stdout, 'data')
      expect(await find(child.pid ?? 0)).toEqual(expect.objectContaining({ comm: name, parentPid: process.pid }))
      child.kill('SIGKILL')
      await once(child, 'close')
    })

    test('returns no arguments and no executable of a zombie', async () => {
      // The shell executes a program that never waits for the child of the shell.
      const script = '(read line <&3) & echo $!; exec sleep 60 3<&-'
      const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] })
      if (child.stdout === null) throw new TypeError('stdout is no pipe')
      const [pid] = await once(child.stdout, 'data')
      const until = (wanted: number, holds: (entry: ProcessEntry) => boolean) =>
        waitFor(`process ${wanted}`, () => find(wanted), {
          until: (entry) => entry === undefined || holds(entry),
          everyMs: 1,
        })
      await until(child.pid ?? 0, ({ comm }) => comm === 'sleep')
      child.stdio[3]?.destroy()
      const ended = await until(Number(pid), ({ executable }) => executable === undefined)
      expect(ended).toEqual(expect.objectContaining({ parentPid: child.pid, argv: [], executable: undefined }))
      child.kill('SIGKILL')
      await once(child, 'close')
    })

    test('removes the kernel mark from the path of a replaced executable', async () => {
      using folder = temporaryFolder()
      const path = join(folder.path, 'agent')
      copyFileSync('/usr/bin/sleep', path)
      const child = spawn(path, ['60'], { stdio: 'ignore' })
      await once(child, 'spawn')
      rmSync(path)
      expect((await find(child.pid ?? 0))?.executable).toBe(path)
      child.kill('SIGKILL')
      await once(child, 'close')
    })

    test('returns no executable and no arguments of a kernel thread', async () => {
      const [threads] = [(await table.scan({})).filter(({ parentPid, pid }) => parentPid === 2 && pid !== 2)]
      expect(threads.filter(({ executable, argv }) => executable !== undefined || argv.length > 0)).toEqual([])
    })

    test('fails a scan without file descriptors, because an empty list would look clean', async () => {
      const scan = `
        import { closeSync, openSync } from 'node:fs'
        ${init.program}
        await table.scan({})
        const held = []
        try { for (;;) held.push(openSync('/dev/null')) } catch {}
        const whole = (found) => found.find(({ pid }) => pid === process.pid)?.argv.length > 0
        const say = () =>
          table.scan({}).then((found) => console.log(whole(found) ? 'whole' : 'a part'), (error) => console.log(error.code))
        for (let free = 0; free < 8; free++, closeSync(held.pop())) await say()`
      const command = 'ulimit -n 64; exec "$0" --disable-warning=ExperimentalWarning --input-type=module -e "$1"'
      const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command, process.execPath, scan])
      // The number it needs depends on how many threads read at once.
      expect(stdout).toMatch(/^(FILE_UNREADABLE\n){2}((FILE_UNREADABLE|whole)\n)*(whole\n){2}$/)
    })
  })
}

const asRoot = process.geteuid?.() === 0 ? test : test.skip

async function withChild<T>(
  args: readonly string[],
  options: { env?: Record<string, string>; uid?: number; cwd?: string },
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

function programFileOf(path: string): ProgramFile {
  const { dev, ino, uid } = statSync(path)
  return { device: dev, inode: ino, born: expect.any(Number), ownerId: String(uid) }
}
