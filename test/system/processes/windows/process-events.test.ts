import { SuretyError } from '../../../../src/base/errors.ts'
import type { ProcessIdentity } from '../../../../src/system/processes/polled-events.ts'
import type { ProcessEvents } from '../../../../src/system/processes/process-events.ts'
import type { ProcessEntry } from '../../../../src/system/processes/process-table.ts'
import {
  type WindowsTrace,
  type WindowsTraceAddon,
  windowsProcessEvents,
} from '../../../../src/system/processes/windows/process-events.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

/** Decisions about Windows Management Instrumentation, with an addon that says what a test wants it to say. */

type Callback = Parameters<WindowsTraceAddon['traceProcesses']>[0]

class FakeTraces implements WindowsTraceAddon {
  readonly open = new Map<WindowsTrace, Callback>()
  count = 0
  failing = false

  traceProcesses(callback: Callback): WindowsTrace {
    this.count++
    if (this.failing) throw new Error('CreateThread')
    const trace = {}
    this.open.set(trace, callback)
    return trace
  }

  traceClose(trace: WindowsTrace): void {
    this.open.delete(trace)
  }

  say(state: number | undefined, events?: readonly number[]): void {
    for (const callback of this.open.values())
      callback(state, events === undefined ? undefined : Float64Array.from(events))
  }
}

const entryOf = (pid: number, startTicks = pid * 10): ProcessEntry => ({
  pid,
  parentPid: 4,
  startTicks,
  userId: 'S-1-5-21-1-2-3-1001',
  sessionId: 1,
  ttyNumber: 0,
  comm: 'a.exe',
  executable: 'C:/a.exe',
  argv: ['a.exe'],
})

function watched({ failing = false }: { readonly failing?: boolean } = {}) {
  const clock = new FakeClock()
  const addon = new FakeTraces()
  addon.failing = failing
  const state = {
    list: [] as ProcessIdentity[],
    entries: new Map<number, ProcessEntry>(),
    listFails: false,
    started: 0,
  }
  const told: ProcessEvents[] = []
  const processes = {
    identities() {
      if (state.listFails) throw new SuretyError('FILE_UNREADABLE', 'no list')
      return state.list
    },
    entry: (pid: number) => state.entries.get(pid),
    surroundings(pid: number) {
      const startTicks = state.started || state.entries.get(pid)?.startTicks
      return startTicks === undefined
        ? undefined
        : { startTicks, environmentNames: ['PATH'], sessionMarkers: {}, workingFolder: 'C:/x' }
    },
  }
  const source = windowsProcessEvents({ addon, processes, clock }, { everyMs: 1_000 })
  const watch = source.watch(['fork', 'exec', 'exit'], (events) => told.push(events))
  return { addon, clock, state, told, watch }
}

test('lists processes until Windows announces them, and reports the fault', async () => {
  const { clock, state, told, watch } = watched()
  state.list = [{ pid: 8, parentPid: 4, startTicks: 80 }]
  await clock.advance(1_000)
  expect(told).toEqual([
    {
      events: [
        { kind: 'fork', pid: 8, parentPid: 4 },
        { kind: 'exec', pid: 8 },
      ],
      lost: false,
    },
  ])
  expect(watch.fault).toMatchObject({ code: 'NOT_SUPPORTED', message: expect.stringContaining('every 1000 ms') })
  expect(watch.filesFault?.code).toBe('FILE_ABSENT')
  watch[Symbol.dispose]()
})

test('stops listing once processes are announced, and asks for a scan to catch up', async () => {
  const { addon, clock, state, told, watch } = watched()
  addon.say(0)
  expect([told, watch.fault]).toEqual([[{ events: [], lost: true }], undefined])
  state.list = [{ pid: 8, parentPid: 4, startTicks: 80 }]
  await clock.advance(10_000)
  expect(told).toHaveLength(1)
  state.entries.set(12, entryOf(12))
  addon.say(undefined, [1, 12, 8, 1, 2, 8, 4, 1])
  expect(told[1]).toEqual({
    events: [
      { kind: 'fork', pid: 12, parentPid: 8 },
      {
        kind: 'exec',
        pid: 12,
        process: { ...entryOf(12), environmentNames: ['PATH'], sessionMarkers: {}, workingFolder: 'C:/x' },
      },
      { kind: 'exit', pid: 8 },
    ],
    lost: false,
  })
  watch[Symbol.dispose]()
})

test('an ended process is gone, and one whose number is used again is not read', () => {
  const { addon, state, told, watch } = watched()
  addon.say(0)
  addon.say(undefined, [1, 16, 8, 1])
  state.entries.set(20, entryOf(20))
  state.started = 999
  addon.say(undefined, [1, 20, 8, 1])
  const execs = told.flatMap(({ events }) => events).filter(({ kind }) => kind === 'exec')
  expect(execs.map(({ process }) => process)).toEqual(['gone', 'unread'])
  watch[Symbol.dispose]()
})

test('what is cut or of another kind is left out', () => {
  const { addon, told, watch } = watched()
  addon.say(0)
  addon.say(undefined, [7, 16, 8, 1])
  addon.say(undefined, [2, 16, 8])
  addon.say(undefined, [])
  expect(told).toHaveLength(1)
  watch[Symbol.dispose]()
})

test.each<[string, number, string, boolean]>([
  ['are refused', 0x80041003, 'NOT_PERMITTED', false],
  ['are not built', 0x80004001, 'NOT_SUPPORTED', false],
  ['fail', 0x800706ba, 'NOT_SUPPORTED', true],
])('when announcements %s, processes are listed again', async (_, state, code, again) => {
  const { addon, clock, state: world, told, watch } = watched()
  addon.say(0)
  addon.say(state)
  expect(watch.fault).toMatchObject({ code, message: expect.stringContaining(state.toString(16).toUpperCase()) })
  // From announced to listed: a second loss.
  expect(told.map(({ lost }) => lost)).toEqual([true, true])
  world.list = [{ pid: 8, parentPid: 4, startTicks: 80 }]
  await clock.advance(1_000)
  expect(told[2]?.events).toHaveLength(2)
  await clock.advance(59_000)
  expect(addon.count).toBe(again ? 2 : 1)
  watch[Symbol.dispose]()
})

test('a refusal before any announcement loses nothing', () => {
  const { addon, told, watch } = watched()
  addon.say(0x80041003)
  expect([told, watch.fault?.code]).toEqual([[], 'NOT_PERMITTED'])
  watch[Symbol.dispose]()
})

test('without a thread it is tried again', async () => {
  const { addon, clock, watch } = watched({ failing: true })
  expect(watch.fault?.message).toContain('thread')
  addon.failing = false
  await clock.advance(60_000)
  addon.say(0)
  expect([addon.count, watch.fault]).toEqual([2, undefined])
  watch[Symbol.dispose]()
})

test('asks for a scan, and throws nothing, if the list fails as announcements end', () => {
  const { addon, state, told, watch } = watched()
  addon.say(0)
  state.listFails = true
  addon.say(0x800706ba)
  expect(told.at(-1)).toEqual({ events: [], lost: true })
  watch[Symbol.dispose]()
})

test('after the end, reports, lists and retries nothing', async () => {
  const { addon, clock, told, watch } = watched()
  const [callback] = addon.open.values()
  watch[Symbol.dispose]()
  callback?.(0, undefined)
  callback?.(undefined, Float64Array.of(1, 16, 8, 1))
  await clock.advance(120_000)
  expect({ told, open: addon.open.size, count: addon.count, sleeping: clock.sleeping }).toEqual({
    told: [],
    open: 0,
    count: 1,
    sleeping: 0,
  })
})
