import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { loadNativeAddon } from '../../../../../src/system/native/native-addon.ts'
import { RECORD_ROOM } from '../../../../../src/system/processes/linux/event-records.ts'
import { linuxProcessEvents } from '../../../../../src/system/processes/linux/process-events.ts'
import type { ProcessEvent } from '../../../../../src/system/processes/process-events.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'
import { hasFilter, IS_ROOT, watching } from './watched-processes.ts'

const whenRoot = IS_ROOT ? test : test.skip
const whenFiltered = IS_ROOT && hasFilter(release()) ? test : test.skip

function sleeper() {
  return disposable(spawn('/bin/sleep', ['60'], { stdio: 'ignore' }))
}

function disposable(child: ChildProcess): ChildProcess & Disposable {
  return Object.assign(child, { [Symbol.dispose]: () => void child.kill() })
}

/** Nobody may have waited for it yet. */
function hasEnded(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
  } catch {
    return true
  }
}

async function endedChild(): Promise<number> {
  const child = spawn('/bin/true', { stdio: 'ignore' })
  await once(child, 'exit')
  return child.pid ?? 0
}

whenFiltered('an end waits until it is taken, or until a watched process ends', async () => {
  // No program that begins tells of the rest.
  using watch = watching({ kinds: ['exit'], taking: false })
  const isTold = (pid: number | undefined) => watch.events.some((event) => event.pid === pid)
  /** Where something was lost, all is told. */
  const waits = async () => {
    let pid = 0
    do {
      watch.take()
      pid = await endedChild()
      await setTimeout(60)
    } while (isTold(pid))
    return pid
  }
  const first = await waits()
  watch.take()
  expect(isTold(first)).toBe(true)

  using minded = sleeper()
  watch.watchProcess(minded.pid ?? 0)
  const second = await waits()
  minded.kill()
  await watch.until(() => isTold(minded.pid))
  expect(isTold(second)).toBe(true)

  const third = await waits()
  watch.watchProcess(third)
  await watch.until(() => isTold(third))
})

whenFiltered('reports the forks and ends of a process at once where asked for', async () => {
  using watch = watching({ kinds: ['fork', 'exit'], taking: false })
  const isTold = (of: number, wanted: ProcessEvent['kind']) =>
    watch.events.some(({ kind, pid }) => pid === of && kind === wanted)
  using shell = disposable(spawn('/bin/sh', ['-c', 'while read line; do /bin/sleep 60 >/dev/null & echo $!; done']))
  const forked = async () => {
    watch.take()
    shell.stdin?.write('\n')
    return Number(String(await once(shell.stdout ?? shell, 'data')))
  }
  const unminded = await forked()
  expect(isTold(unminded, 'fork')).toBe(false)
  watch.watchProcess(shell.pid ?? 0)
  const alone = await forked()
  expect(isTold(alone, 'fork')).toBe(false)
  watch.watchProcess(shell.pid ?? 0, { forks: true })
  const minded = await forked()
  await watch.until(() => isTold(minded, 'fork'))
  watch.take()
  process.kill(unminded)
  process.kill(alone)
  await watch.until(() => hasEnded(unminded) && hasEnded(alone))
  expect([isTold(unminded, 'exit'), isTold(alone, 'exit')]).toEqual([false, false])
  process.kill(minded)
  await watch.until(() => isTold(minded, 'exit'))
})

describe('once it was said which programs are heeded', () => {
  const LIVES_MS = 100
  const HEEDED = { names: ['heeded', 'like*'], parts: ['/heeded-part-'], arguments: ['--heeded='] }

  /** A watch, and a folder of programs: copies of a shell that waits for a line. */
  function heeding() {
    const folder = temporaryFolder()
    const watch = watching({ kinds: ['exec'], taking: false })
    const isTold = (pid: number) => watch.events.some((event) => event.pid === pid)
    const run = async (path: string, ...args: string[]) => {
      const program = join(folder.path, path)
      mkdirSync(dirname(program), { recursive: true })
      copyFileSync('/bin/sh', program)
      watch.take()
      const child = spawn(program, ['-c', 'read line', ...args], { stdio: ['pipe', 'ignore', 'ignore'] })
      // Of one that is gone before it is read, nobody knows the arguments.
      await setTimeout(LIVES_MS)
      child.stdin.end()
      await once(child, 'exit')
      return child.pid ?? 0
    }
    return {
      watch,
      isTold,
      run,
      /** On a busy machine others are told at times, and all with them. */
      async waits(path: string, ...args: string[]) {
        let pid = 0
        do {
          pid = await run(path, ...args)
          await setTimeout(60)
        } while (isTold(pid))
        return pid
      },
      [Symbol.dispose]() {
        watch[Symbol.dispose]()
        folder[Symbol.dispose]()
      },
    }
  }

  whenFiltered.each([
    ['by the name of the file', 'heeded'],
    ['by how its name begins', 'likewise'],
    ['by a part of its path', 'heeded-part-of/program'],
    ['by how an argument begins', 'program', 'one', '--heeded=this'],
  ])('reports one at once %s, with those that waited', async (_, path, ...args) => {
    using heeds = heeding()
    heeds.watch.setFilter(HEEDED)
    const other = await heeds.waits('other', '--other=--heeded=this')
    const heeded = await heeds.run(path, ...args)
    await heeds.watch.until(() => heeds.isTold(heeded))
    await heeds.watch.until(() => heeds.isTold(other))
  })

  whenFiltered.each([
    ['is called almost so', 'heededs'],
    ['is called so with something before it', 'alike'],
    ['lies in a folder that is called so', 'heeded-folder/like/program'],
    ['has it in an argument', 'program', 'a--heeded=this'],
    ['has it beyond 512 arguments', 'program', ...Array.from({ length: 600 }, () => ''), '--heeded=this'],
  ])('one waits that %s, and is reported when it is taken', async (_, path, ...args) => {
    using heeds = heeding()
    heeds.watch.setFilter(HEEDED)
    const pid = await heeds.waits(path, ...args)
    heeds.watch.take()
    expect(heeds.isTold(pid)).toBe(true)
  })

  whenFiltered('reports at once a watched one, a session leader without terminal, and any 16', async () => {
    using heeds = heeding()
    heeds.watch.setFilter(HEEDED)
    await heeds.waits('other')
    using minded = disposable(
      spawn('/bin/sh', ['-c', 'read line; exec /bin/sleep 60'], { stdio: ['pipe', 'ignore', 'ignore'] }),
    )
    heeds.watch.watchProcess(minded.pid ?? 0)
    heeds.watch.take()
    const before = heeds.watch.events.length
    minded.stdin?.write('\n')
    await heeds.watch.until(() => heeds.watch.events.slice(before).some(({ pid }) => pid === minded.pid))
    using leader = disposable(spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' }))
    await heeds.watch.until(() => heeds.isTold(leader.pid ?? 0))
    const first = await heeds.run('other')
    for (let more = 0; more < 15; more++) execFileSync('/bin/true')
    await heeds.watch.until(() => heeds.isTold(first))
  })

  whenFiltered('others may be said later, and none at all', async () => {
    using heeds = heeding()
    heeds.watch.setFilter({ names: [], parts: [], arguments: [] })
    await heeds.waits('heeded')
    heeds.watch.setFilter(HEEDED)
    const heeded = await heeds.run('heeded')
    await heeds.watch.until(() => heeds.isTold(heeded))
  })
})

whenRoot('an ended watch takes and watches nothing; a call on anything else is refused', () => {
  const ended = loadNativeAddon().watchProcesses(new Uint8Array(RECORD_ROOM), 0, 65_536, '', false, () => undefined)
  ended.close()
  const calls = [ended.take(), ended.watchProcess(1, true), ended.setFilter('', '', ''), ended.close()]
  expect(calls).toEqual([undefined, undefined, undefined, undefined])
  const { take, watchProcess, setFilter, close } = ended
  const others = [
    () => take.call({}),
    () => watchProcess.call({}, 1, true),
    () => setFilter.call({}, '', '', ''),
    () => close.call({}),
  ]
  for (const call of others) {
    expect(call).toThrow('expected a watch of processes')
  }
  expect(() => Reflect.apply(watchProcess, ended, ['1', true])).toThrow('expected a process id')
  expect(() => Reflect.apply(watchProcess, ended, [1])).toThrow('expected a process id')
  for (const given of [[], ['', ''], ['', '', 1]]) {
    expect(() => Reflect.apply(setFilter, ended, given)).toThrow('expected names, parts of paths')
  }
})

whenRoot('a process id beyond all is watched without harm', () => {
  using watch = watching()
  watch.watchProcess(2 ** 32 - 1, { forks: true })
  watch.watchProcess(4 * 1024 * 1024, { forks: true })
  watch.take()
})

whenFiltered('keeps events of several parts in order, though more is taken between two parts', async () => {
  const events: ProcessEvent[] = []
  let calls = 0
  const source = linuxProcessEvents({ addon: loadNativeAddon() }, { release: release() })
  using watch = source.watch(['exec'], (told) => {
    calls++
    events.push(...told.events)
    // As a look does that waited for this.
    queueMicrotask(() => watch.take?.())
  })
  watch.take?.()
  await setTimeout(20)
  const before = calls
  const script = `n=0; while :; do /bin/true $((n += 1)) ${'x'.repeat(100_000)}; done`
  using _shell = disposable(spawn('/bin/sh', ['-c', script], { stdio: 'ignore' }))
  // The loop stands still until there is more than is told at once, and programs go on to begin.
  for (let times = 0; times < 5; times++) {
    const until = performance.now() + 100
    while (performance.now() < until);
    await setTimeout(20)
  }
  expect(calls - before).toBeGreaterThan(5)
  const told = events.flatMap((event) => {
    const [program, number] =
      event.kind === 'exec' && typeof event.process === 'object' ? (event.process.argv ?? []) : []
    return program === '/bin/true' ? [Number(number)] : []
  })
  expect(told.length).toBeGreaterThan(20)
  expect(told).toEqual([...told].sort((a, b) => a - b))
})
