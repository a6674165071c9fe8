import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { loadNativeAddon } from '../../../../../src/system/native/native-addon.ts'
import { linuxProcessEvents } from '../../../../../src/system/processes/linux/process-events.ts'
import type { ProcessEvent, StartedProcess } from '../../../../../src/system/processes/process-events.ts'
import { sayMissing } from '../../../../hostile-device/hostile-program.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'
import { waitFor } from '../../../../support/wait-for.ts'
import { withSmallQueue } from './watched-processes.ts'

/** What is known of programs at their exec, by the real kernel. */

const missing = whatIsMissing()
if (missing !== undefined) sayMissing('what processes are at their exec', missing)
const whenPossible = missing === undefined ? test : test.skip
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const brief = join(folder.path, 'brief')
if (missing === undefined) compile(brief)

function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return 'root on Linux'
  if (!existsSync('/usr/bin/gcc')) return 'gcc (apt install gcc libc6-dev)'
  return existsSync(join(import.meta.dirname, '../../../../../native/build/surety-native.node'))
    ? undefined
    : 'the native addon'
}

/** Ends at once, or when its input does; overwrites its own command line if asked to; runs others many times over. */
function compile(path: string): void {
  execFileSync('/usr/bin/gcc', ['-O1', '-o', path, join(import.meta.dirname, 'brief.c')])
}

interface WatchingInit {
  readonly variables?: ReadonlySet<string>
  readonly withoutFiles?: boolean
}

function watching(init: WatchingInit = {}) {
  const events: ProcessEvent[] = []
  const state = { lost: 0 }
  const source = linuxProcessEvents({ addon: loadNativeAddon() }, { release: release(), ...init })
  const watch = source.watch(
    ['fork', 'exec', 'session', 'exit'],
    (told) => {
      events.push(...told.events)
      if (told.lost) state.lost++
    },
    { variables: init.variables ?? new Set() },
  )
  return {
    events,
    state,
    watch,
    until: <T>(found: () => T | undefined) =>
      waitFor(`what ${found} finds`, found, { everyMs: 2, show: () => events.slice(-20) }),
    /** Once it is known: only then may it end. */
    async started(pid: number | undefined) {
      return await this.until(() => events.find((event) => event.kind === 'exec' && event.pid === pid))
    },
    async execsOf(pid: number) {
      await this.until(() => events.find((event) => event.kind === 'exit' && event.pid === pid))
      return events.filter((event) => event.kind === 'exec' && event.pid === pid)
    },
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  }
}

/** However it is known. */
function executableOf({ process, executable }: ProcessEvent): string | undefined {
  return typeof process === 'object' ? process.executable : executable
}

function readOf(event: ProcessEvent | undefined): StartedProcess {
  if (typeof event?.process !== 'object') throw new TypeError(`it was ${event?.process}`)
  return event.process
}

whenPossible('the executable of every program is known, however briefly it lives', async () => {
  using watch = watching()
  expect(watch.watch.filesFault).toBeUndefined()
  const output = execFileSync(brief, ['run', '500', brief], { encoding: 'utf8' })
  const pids = output.trim().split('\n').map(Number)
  await watch.execsOf(pids.at(-1) ?? 0)
  const found = new Map(watch.events.filter(({ kind }) => kind === 'exec').map((event) => [event.pid, event]))
  expect(pids.map((pid) => found.get(pid)).map((event) => event && executableOf(event))).toEqual(pids.map(() => brief))
})

whenPossible('reads at exec what a program gets: arguments, names, values, folder and session', async () => {
  using watch = watching({ variables: new Set(['THREAD', 'OTHER']) })
  const args = ['wait', '', 'two words', 'line\nbreak', '\u001b[2J', 'ünïcode']
  const env = { THREAD: '0199-a', OTHER: 'no identifier', TOKEN: 'hush', EMPTY: '' }
  const child = spawn(brief, args, { env, cwd: '/usr', detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const exec = await watch.started(child.pid)
  child.stdin.end()
  expect(readOf(exec)).toEqual({
    pid: child.pid,
    parentPid: process.pid,
    sessionId: child.pid,
    ttyNumber: 0,
    startTicks: expect.any(Number),
    stackStart: expect.any(Number),
    userId: '0',
    comm: 'brief',
    executable: brief,
    programFile: expect.objectContaining({ inode: statSync(brief).ino, ownerId: '0' }),
    argv: [brief, ...args],
    environmentNames: ['THREAD', 'OTHER', 'TOKEN', 'EMPTY'],
    sessionMarkers: { THREAD: '0199-a' },
    workingFolder: '/usr',
  })
  expect(JSON.stringify(watch.events)).not.toMatch(/hush|no identifier/)
})

whenPossible('a title that is overwritten later changes nothing', async () => {
  using watch = watching()
  const child = spawn(brief, ['title', '--yolo'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const exec = await watch.started(child.pid)
  child.stdin.write('.')
  await once(child.stdout, 'data')
  expect(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8')).toMatch(/^harmless\0*$/)
  expect(readOf(exec).argv).toEqual([brief, 'title', '--yolo'])
  child.stdin.end()
  expect(await watch.execsOf(child.pid ?? 0)).toEqual([exec])
})

whenPossible('arguments of 128 KB, and names as long, are cut and cost nothing else', async () => {
  using watch = watching()
  const long = 'x'.repeat(100_000)
  const child = spawn(brief, ['wait', long, long], {
    env: { [long]: '1', B: '2' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const exec = await watch.started(child.pid)
  child.stdin.end()
  const { argv, environmentNames } = readOf(exec)
  expect(argv.slice(0, 3)).toEqual([brief, 'wait', long])
  expect(argv.join('\0').length).toBeLessThanOrEqual(128 * 1024)
  expect(environmentNames).toEqual([long, 'B'])
})

whenPossible('a script is its interpreter, and each program in one process is its own event', async () => {
  using watch = watching()
  const script = join(folder.path, 'script')
  writeFileSync(script, `#!${brief} run\n`)
  chmodSync(script, 0o755)
  const found = spawnSync(script, { stdio: 'ignore' })
  expect((await watch.execsOf(found.pid)).map(executableOf)).toEqual([brief])
  let programs: (string | undefined)[] = []
  // Three programs within a millisecond: on a busy machine the last can be gone unread; a bug lasts.
  for (let tries = 0; tries < 5 && programs.at(-1) === undefined; tries++) {
    const chain = spawnSync('/bin/sh', ['-c', `exec /usr/bin/env ${brief} end`], { stdio: 'ignore' })
    programs = (await watch.execsOf(chain.pid)).map(executableOf)
    expect(programs).toHaveLength(3)
  }
  // One that became another before it was looked at is unknown, or is what was read: the one that it had become.
  expect(programs.at(-1)).toBe(brief)
  expect(programs.every((program) => program === undefined || /\/(dash|bash|env|brief)$/.test(program))).toBe(true)
})

whenPossible('does not mistake a program that could not run for the one after it', async () => {
  using watch = watching()
  const other = join(folder.path, 'other')
  linkSync(brief, other)
  // It opens `other` as a program, fails for its arguments are too long, and runs `brief` then.
  const child = spawnSync(brief, ['fail', other, brief], { stdio: 'ignore' })
  const execs = await watch.execsOf(child.pid)
  expect(execs).toHaveLength(2)
  expect(execs.map(executableOf).every((path) => path === brief || path === undefined)).toBe(true)
})

whenPossible('what is mounted after the start is watched too', async () => {
  using watch = watching()
  const place = join(folder.path, 'mounted')
  mkdirSync(place)
  execFileSync('/usr/bin/mount', ['-t', 'tmpfs', 'none', place])
  try {
    const program = join(place, 'brief')
    copyFileSync(brief, program)
    chmodSync(program, 0o755)
    const output = execFileSync(brief, ['run', '50', program], { encoding: 'utf8' })
    const last = Number(output.trim().split('\n').at(-1))
    const [exec] = await watch.execsOf(last)
    expect(exec && executableOf(exec)).toBe(program)
  } finally {
    execFileSync('/usr/bin/umount', [place])
  }
})

const isThere = (event: ProcessEvent) => event.kind === 'exec' && executableOf(event) === '/mnt/brief'
const isGoneThere = (event: ProcessEvent) => isThere(event) && event.process === 'gone'

whenPossible('uses our process ids in other namespaces, and learns of files mounted only there', async () => {
  const script = `mount -t tmpfs none /mnt && cp ${brief} /mnt/brief && sleep 1 | /mnt/brief wait; /mnt/brief run 200 /mnt/brief; sleep 1`
  let events: readonly ProcessEvent[] = []
  // On an idle machine all of them may be seen alive; a bug lasts.
  for (let tries = 0; tries < 10 && !events.some(isGoneThere); tries++) {
    using watch = watching()
    const child = spawn('/usr/bin/unshare', ['--mount', '--pid', '--fork', '/bin/sh', '-c', script])
    expect(await once(child, 'exit')).toEqual([0, null])
    await watch.execsOf(child.pid ?? 0)
    // A busy machine may start more than the kernel keeps: then who was forked is not known.
    if (watch.state.lost === 0) events = watch.events
  }
  const there = events.filter(isThere)
  // Once one of them was seen alive, others are known that were gone before anybody could look.
  expect(there.some(isGoneThere)).toBe(true)
  // Inside they count from 1.
  const forked = new Set(events.filter(({ kind }) => kind === 'fork').map(({ pid }) => pid))
  expect(there.filter(({ pid }) => !forked.has(pid))).toEqual([])
  expect(Math.min(...there.map(({ pid }) => pid))).toBeGreaterThan(50)
})

/** Whether fanotify looks at the file system with this device number, as `stat` says it. */
function isLookedAt(device: number): boolean {
  const open = readdirSync('/proc/self/fdinfo').map((fd) => `/proc/self/fdinfo/${fd}`)
  // One of them was what listed the folder.
  const marks = open
    .filter(existsSync)
    .flatMap((path) => readFileSync(path, 'utf8').match(/^fanotify sdev:\S+/gm) ?? [])
  // Mounts of no disk have the major 0. The C library spreads the bits of the minor.
  const minor = (device & 0xff) | (Math.floor(device / 2 ** 12) & 0xfffff00)
  return marks.includes(`fanotify sdev:${minor.toString(16)}`)
}

whenPossible.each([
  ['/mnt/a', true],
  // The user who mounts it may serve its files: the kernel opens them for us, and would wait for that user.
  ['/mnt/over', false],
])('of what is mounted elsewhere alone, that of %s is looked at: %s', async (place, looked) => {
  const program = `${place}/brief`
  const script = `mount -t tmpfs none /mnt && mkdir /mnt/a /mnt/b /mnt/over && cp ${brief} /mnt/a/brief &&
    mount -t overlay none -o lowerdir=/mnt/a:/mnt/b /mnt/over && exec ${program} wait`
  using watch = watching()
  // What is mounted goes with the last who sees it.
  const child = spawn('/usr/bin/unshare', ['--mount', '/bin/sh', '-c', script], { stdio: ['pipe', 'ignore', 'ignore'] })
  const isProgram = (event: ProcessEvent) => event.kind === 'exec' && executableOf(event) === program
  await watch.until(() => watch.events.find(isProgram))
  const found = isLookedAt(statSync(`/proc/${child.pid}/root${place}`).dev)
  child.stdin.end()
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(found).toBe(looked)
})

whenPossible('without fanotify, reports all but the executable of a process that has ended', async () => {
  using watch = watching({ withoutFiles: true })
  const child = spawn(brief, ['wait'], { stdio: ['pipe', 'ignore', 'ignore'] })
  const exec = await watch.started(child.pid)
  child.stdin.end()
  expect(readOf(exec).executable).toBe(brief)
})

whenPossible('reports five thousand processes that fork and end at once, in bounded memory', async () => {
  using watch = watching()
  const before = process.memoryUsage().rss
  const output = execFileSync(brief, ['bomb', '5000'], { encoding: 'utf8' })
  expect(output).toBe('5000\n')
  const forks = () => watch.events.filter(({ kind }) => kind === 'fork').length
  const exits = () => watch.events.filter(({ kind }) => kind === 'exit').length
  await watch.until(() => (watch.state.lost > 0 || (forks() >= 5_000 && exits() >= 5_000) ? true : undefined))
  expect(watch.state.lost).toBe(0)
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
})

whenPossible('reports files that the kernel dropped as lost, and continues with later ones', async () => {
  using watch = withSmallQueue(watching)
  execFileSync(brief, ['run', '200', brief])
  await watch.until(() => (watch.state.lost > 0 ? true : undefined))
  const child = spawnSync(brief, ['end'])
  expect(await watch.execsOf(child.pid)).toHaveLength(1)
})
