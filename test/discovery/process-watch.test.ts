import { type ProcessWatch, watchProcesses } from '../../src/discovery/process-watch.ts'
import type { ProcessEvent, ProcessEvents } from '../../src/system/process-events.ts'
import type { ProcessEntry } from '../../src/system/process-table.ts'

function processOf(pid: number, program: string, startTicks = pid): ProcessEntry {
  const executable = `/usr/bin/${program}`
  const common = { parentPid: 1, uid: 0, sessionId: pid, ttyNumber: 0, comm: program }
  return { pid, startTicks, ...common, executable, argv: [executable] }
}

/** A watch over a table that the test writes, where `claude` is an agent. */
function world() {
  const table = new Map<number, ProcessEntry>()
  let tell: (events: ProcessEvents) => void = () => undefined
  const seen = { changes: 0, kinds: [] as readonly string[], ended: 0 }
  const events = {
    watch(kinds: readonly ProcessEvent['kind'][], onEvents: typeof tell) {
      seen.kinds = kinds
      tell = onEvents
      return { [Symbol.dispose]: () => void seen.ended++ }
    },
  }
  const watch: ProcessWatch = watchProcesses(
    { events, processes: { entry: (pid) => table.get(pid) } },
    {
      isAgent: ({ argv }) => argv[0]?.endsWith('/claude') === true,
      onChange: () => void seen.changes++,
    },
  )
  return {
    table,
    seen,
    watch,
    start(process: ProcessEntry) {
      table.set(process.pid, process)
      tell({ events: [{ kind: 'exec', pid: process.pid }], lost: false })
    },
    tell: (list: readonly ProcessEvent[], lost = false) => tell({ events: list, lost }),
  }
}

test('an agent that starts and ends is a change each, anything else is none', () => {
  const { start, tell, seen } = world()
  start(processOf(10, 'claude'))
  start(processOf(11, 'ls'))
  tell([{ kind: 'exit', pid: 11 }])
  expect(seen.changes).toBe(1)
  tell([{ kind: 'exit', pid: 10 }])
  tell([{ kind: 'exit', pid: 10 }])
  expect(seen).toEqual({ changes: 2, kinds: ['exec', 'exit'], ended: 0 })
})

test('many events at once are one change', () => {
  const { table, tell, seen } = world()
  for (const pid of [1, 2, 3]) table.set(pid, processOf(pid, 'claude'))
  tell([1, 2, 3].map((pid) => ({ kind: 'exec', pid })))
  expect(seen.changes).toBe(1)
})

test('an agent that becomes another program is a change', () => {
  const { start, seen } = world()
  start(processOf(10, 'claude'))
  start(processOf(10, 'ls'))
  start(processOf(10, 'cat'))
  expect(seen.changes).toBe(2)
})

test('one that is gone before it can be looked at is none', () => {
  const { tell, seen } = world()
  tell([
    { kind: 'exec', pid: 10 },
    { kind: 'exit', pid: 10 },
  ])
  expect(seen.changes).toBe(0)
})

test('lost events are a change: only a look at everything helps', () => {
  const { tell, seen } = world()
  tell([], true)
  expect(seen.changes).toBe(1)
})

test('a command line overwritten after the start is seen as it was, and what else changed as it is', () => {
  const { start, watch } = world()
  start(processOf(10, 'claude'))
  const now = { ...processOf(10, 'claude'), argv: ['nothing to see'], parentPid: 7 }
  expect(watch.asStarted([now])).toEqual([{ ...processOf(10, 'claude'), parentPid: 7 }])
})

test('a pid that is used again is another process', () => {
  const { start, watch } = world()
  start(processOf(10, 'claude', 100))
  const other = processOf(10, 'ls', 200)
  expect(watch.asStarted([other])).toEqual([other])
})

test('agents from before the watch are watched from the first look on', () => {
  const { watch, tell, seen } = world()
  watch.asStarted([processOf(10, 'claude'), processOf(11, 'ls')])
  tell([{ kind: 'exit', pid: 11 }])
  expect(seen.changes).toBe(0)
  tell([{ kind: 'exit', pid: 10 }])
  expect(seen.changes).toBe(1)
})

test('what a look no longer shows is forgotten, though its end was lost', () => {
  const { start, watch, tell, seen } = world()
  start(processOf(10, 'claude'))
  watch.asStarted([])
  tell([{ kind: 'exit', pid: 10 }])
  expect(seen.changes).toBe(1)
})

test('disposing ends the watch', () => {
  const { watch, seen } = world()
  watch[Symbol.dispose]()
  expect(seen.ended).toBe(1)
})
