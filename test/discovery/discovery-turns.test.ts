import { SuretyError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import type { ProcessDetails } from '../../src/system/processes/process-details.ts'
import type { ProcessEvent, ProcessEvents, ProgramFilter } from '../../src/system/processes/process-events.ts'
import type { ProcessEntry } from '../../src/system/processes/process-table.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { discoveryOf, NODE_TITLED_PI, processesOf } from './discovered-device.ts'
import { detailsOf } from './unknown/behaviour-world.ts'

const signal = new AbortController().signal
const INIT: ProcessEntry = {
  ...NODE_TITLED_PI,
  pid: 1,
  parentPid: 0,
  userId: '0',
  executable: '/sbin/init',
  argv: ['init'],
}
const KERNEL: ProcessEntry = { ...INIT, pid: 2, sessionId: 0, ttyNumber: 0, executable: undefined, argv: [] }
const SHELL: ProcessEntry = { ...NODE_TITLED_PI, pid: 9, stackStart: 9, executable: '/usr/bin/bash', argv: ['bash'] }
const CODEX: ProcessEntry = { ...SHELL, executable: '/usr/local/bin/codex', argv: ['codex'] }

/** A machine whose schedule asks every ten seconds; a turn is `all` when it read all processes, `none` when it looked at nothing. */
function machine(
  init: {
    readonly runs?: readonly ProcessEntry[]
    readonly withEvents?: boolean
    readonly activity?: ProcessDetails['activity']
  } = {},
) {
  const clock = new FakeClock()
  const state = {
    scans: 0,
    runs: [INIT, KERNEL, ...(init.runs ?? [])],
    fails: false,
    watches: [] as string[],
    warnings: [] as string[],
    refuses: false,
  }
  let tell: (told: ProcessEvents) => void = () => undefined
  const watch = (_: unknown, onEvents: typeof tell) => {
    if (state.refuses) throw new SuretyError('ADDON_UNAVAILABLE', 'no process connector')
    tell = onEvents
    state.watches.push('asked')
    const setFilter = ({ names }: ProgramFilter) =>
      void state.watches.push(names.includes('codex') ? 'heeds' : 'heeds nothing')
    return { filesFault: undefined, setFilter, [Symbol.dispose]: () => void state.watches.push('left') }
  }
  const discovery = discoveryOf({
    clock,
    log: { ...silentLog, warn: (message) => void state.warnings.push(message) },
    processes: {
      ...processesOf(),
      surroundings: () => ({ startTicks: 70, environmentNames: [], sessionMarkers: {}, workingFolder: '/' }),
      async scan() {
        state.scans++
        if (state.fails) throw new Error('EMFILE')
        return state.runs
      },
    },
    ...(init.withEvents === false ? {} : { events: { watch } }),
    ...(init.activity === undefined ? {} : { details: { ...detailsOf([]), activity: init.activity } }),
  })
  discovery.watch(() => undefined)
  return {
    state,
    discovery,
    tell: (...events: ProcessEvent[]) => tell({ events, lost: false }),
    exec(process: ProcessEntry) {
      const started = { ...process, environmentNames: [], sessionMarkers: {}, workingFolder: '/' }
      tell({ events: [{ kind: 'exec', pid: process.pid, process: started }], lost: false })
    },
    async turns(count: number) {
      const kinds: string[] = []
      for (let turn = 0; turn < count; turn++) {
        const before = state.scans
        const found = await discovery.turn({ signal })
        kinds.push(state.scans > before ? 'all' : found === undefined ? 'none' : 'events')
        await clock.advance(10_000)
      }
      return kinds
    },
  }
}

const NONE = (count: number) => Array.from({ length: count }, () => 'none')

test('skips scans while no process starts or ends, and makes full scans ever rarer', async () => {
  const { turns } = machine()
  // After one minute, two and four, then every five.
  expect(await turns(6)).toEqual(['all', 'events', ...NONE(4)])
  expect(await turns(12)).toEqual(['all', ...NONE(11)])
  expect(await turns(24)).toEqual(['all', ...NONE(23)])
  expect(await turns(30)).toEqual(['all', ...NONE(29)])
  expect(await turns(31)).toEqual(['all', ...NONE(29), 'all'])
})

test('scans in the next turn after a start or an end, but not of kernel threads', async () => {
  const { turns, tell, exec } = machine()
  await turns(3)
  tell({ kind: 'fork', pid: 30, parentPid: 2 }, { kind: 'exit', pid: 30 })
  expect(await turns(1)).toEqual(['none'])
  tell({ kind: 'fork', pid: 9, parentPid: 1 })
  expect(await turns(2)).toEqual(['events', 'none'])
  await turns(1)
  exec(SHELL)
  expect(await turns(2)).toEqual(['events', 'none'])
  tell({ kind: 'session', pid: 9 })
  expect(await turns(2)).toEqual(['events', 'none'])
  tell({ kind: 'exit', pid: 9 })
  expect(await turns(2)).toEqual(['events', 'none'])
})

test('does not scan for a process that starts and ends between two turns', async () => {
  const { turns, tell, exec } = machine()
  await turns(3)
  tell({ kind: 'fork', pid: 9, parentPid: 1 })
  exec(SHELL)
  tell({ kind: 'fork', pid: 10, parentPid: 9 }, { kind: 'exit', pid: 10 }, { kind: 'exit', pid: 9 })
  expect(await turns(2)).toEqual(['none', 'none'])
  exec(SHELL)
  expect(await turns(1)).toEqual(['events'])
})

test('scans after a script called a model between turns, even if its program has ended', async () => {
  const { turns, tell, exec } = machine()
  await turns(7)
  exec({ ...SHELL, argv: ['bash', '/home/alice/agent.sh'] })
  expect(await turns(2)).toEqual(['events', 'none'])
  const runs = (executable: string, ...argv: string[]) => {
    tell({ kind: 'fork', pid: 10, parentPid: 9 })
    exec({ ...SHELL, pid: 10, parentPid: 9, stackStart: 10, executable, argv })
    tell({ kind: 'exit', pid: 10 })
  }
  runs('/usr/bin/make', 'make')
  expect(await turns(1)).toEqual(['none'])
  runs('/usr/bin/curl', 'curl', '-d', '@-', 'https://api.openai.com/v1/chat/completions')
  runs('/usr/bin/make', 'make')
  expect(await turns(2)).toEqual(['events', 'none'])
  runs('/usr/bin/cargo', 'cargo', 'build')
  expect(await turns(2)).toEqual(['events', 'none'])
})

test('scans in each turn while an agent runs, because no event reports its connections', async () => {
  const { turns, exec, tell } = machine({ runs: [SHELL] })
  await turns(2)
  exec({ ...CODEX, stackStart: 10 })
  expect(await turns(3)).toEqual(['events', 'events', 'events'])
  tell({ kind: 'exit', pid: 9 })
  expect(await turns(2)).toEqual(['events', 'all'])
})

test('makes another full scan after a minute when one found what no event announced', async () => {
  const { turns, state } = machine()
  await turns(18)
  state.runs = [...state.runs, SHELL]
  expect(await turns(7)).toEqual(['all', ...NONE(5), 'all'])
  state.runs = state.runs.filter((each) => each !== SHELL)
  await turns(11)
  expect(await turns(7)).toEqual(['all', 'events', ...NONE(4), 'all'])
})

test('subscribes again when full scans find unannounced processes and no events arrive', async () => {
  const { turns, state, tell, discovery } = machine()
  await turns(18)
  state.runs = [...state.runs, SHELL]
  await turns(1)
  // The first may have been a moment too early.
  expect(state.watches).toEqual(['asked', 'heeds'])
  state.runs = state.runs.filter((each) => each !== SHELL)
  await turns(6)
  expect(state.watches).toEqual(['asked', 'heeds', 'left', 'asked', 'heeds'])
  expect(state.warnings).toEqual([expect.stringMatching(/^Process events stopped/)])
  // They are heard again; until all was looked at, each turn does that.
  expect(await turns(3)).toEqual(['all', 'events', 'none'])
  tell({ kind: 'fork', pid: 9, parentPid: 1 })
  expect(await turns(1)).toEqual(['events'])
  discovery.catalogueReplaced()
  expect(state.watches.slice(5)).toEqual(['heeds'])
})

test('does not subscribe again while events arrive or nothing happens', async () => {
  const { turns, state, tell } = machine()
  await turns(18)
  for (let minute = 0; minute < 6; minute++) {
    state.runs = minute % 2 === 0 ? [...state.runs, SHELL] : state.runs.filter((each) => each !== SHELL)
    tell({ kind: 'fork', pid: 30, parentPid: 1 }, { kind: 'exit', pid: 30 })
    await turns(6)
  }
  await turns(100)
  expect([state.watches, state.warnings]).toEqual([['asked', 'heeds'], []])
})

test('asks for refused events after each full scan, and reports the fault', async () => {
  const { turns, state, discovery, tell } = machine()
  const eventsOf = async () => {
    const { sources } = await discovery.processes({ signal })
    return sources.find(({ source }) => source === 'process-events')?.state
  }
  await turns(18)
  state.refuses = true
  for (const runs of [[...state.runs, SHELL], state.runs]) {
    state.runs = runs
    await turns(6)
  }
  expect([await eventsOf(), state.watches]).toEqual(['unreadable', ['asked', 'heeds', 'left']])
  state.refuses = false
  expect(await eventsOf()).toBe('parsed')
  await turns(3)
  tell({ kind: 'fork', pid: 9, parentPid: 1 })
  expect(await turns(1)).toEqual(['events'])
})

test('scans again after a failed scan, and reads all processes without events', async () => {
  const failing = machine()
  await failing.turns(2)
  failing.state.fails = true
  await failing.turns(4)
  expect(await failing.turns(3)).toEqual(['all', 'events', 'none'])
  expect(await machine({ withEvents: false }).turns(8)).toEqual(Array.from({ length: 8 }, () => 'all'))
})

test('scans with a new catalogue although no process changed', async () => {
  const { turns, discovery } = machine()
  await turns(3)
  discovery.catalogueReplaced()
  expect(await turns(2)).toEqual(['events', 'none'])
})

test('scans once more after the last event of a program that could be an agent', async () => {
  const { turns, exec, tell } = machine()
  await turns(7)
  const node = { ...SHELL, executable: '/usr/bin/node', argv: ['node', '/home/alice/bot/index.js'] }
  exec(node)
  expect(await turns(2)).toEqual(['events', 'none'])
  tell({ kind: 'fork', pid: 20, parentPid: 9 })
  exec({ ...SHELL, pid: 20, parentPid: 9, sessionId: 20, ttyNumber: 0, stackStart: 20 })
  expect(await turns(4)).toEqual(['events', 'events', 'none', 'none'])
})

test('inspects a possible agent ever more rarely while other processes start and end', async () => {
  const { turns, exec, tell, state } = machine()
  await turns(7)
  const bot = { ...SHELL, executable: '/usr/bin/node', argv: ['node', '/home/alice/bot/index.js'] }
  const tool = { ...SHELL, pid: 20, parentPid: 9, sessionId: 20, ttyNumber: 0, stackStart: 20 }
  exec(bot)
  tell({ kind: 'fork', pid: 20, parentPid: 9 })
  exec(tool)
  state.runs = [...state.runs, bot, tool]
  const kinds: string[] = []
  for (let turn = 0; turn < 20; turn++) {
    tell({ kind: 'fork', pid: 30, parentPid: 1 }, { kind: 'exit', pid: 30 })
    kinds.push(...(await turns(1)))
  }
  // After ten seconds, twenty, forty, then every sixty.
  const close = [
    'events',
    'events',
    ...NONE(1),
    'events',
    ...NONE(3),
    'events',
    ...NONE(5),
    'events',
    ...NONE(5),
    'events',
  ]
  expect(kinds.map((kind) => (kind === 'all' ? 'none' : kind))).toEqual(close)
})

test('does not inspect an idle possible agent while other processes start and end', async () => {
  const did = new Map([9, 20].map((pid) => [pid, 'began']))
  const { turns, exec, tell, state } = machine({ activity: ({ pid }) => did.get(pid) })
  await turns(7)
  const bot = { ...SHELL, executable: '/usr/bin/node', argv: ['node', '/home/alice/bot/index.js'] }
  const tool = { ...SHELL, pid: 20, parentPid: 9, sessionId: 20, ttyNumber: 0, stackStart: 20 }
  exec(bot)
  tell({ kind: 'fork', pid: 20, parentPid: 9 })
  exec(tool)
  state.runs = [...state.runs, bot, tool]
  const lookedAt: number[] = []
  for (let turn = 0; turn < 30; turn++) {
    if (turn === 10) did.set(9, 'asked a model')
    if (turn === 20) did.set(20, 'asked a model')
    tell({ kind: 'fork', pid: 30, parentPid: 1 }, { kind: 'exit', pid: 30 })
    if ((await turns(1)).includes('events')) lookedAt.push(turn)
  }
  // As seldom as those who do something, and only once they have.
  expect(lookedAt).toEqual([0, 1, 13, 25])
  // Of whom nothing is told it is not known that they did nothing.
  did.clear()
  tell({ kind: 'fork', pid: 30, parentPid: 1 }, { kind: 'exit', pid: 30 })
  expect(await turns(7)).toContain('events')
})

test('scans in each turn while the profile of a started browser waits to be read', async () => {
  const { turns, exec, discovery } = machine()
  await turns(2)
  exec({ ...SHELL, executable: '/opt/google/chrome/chrome', argv: ['chrome', '--user-data-dir=/home/alice/other'] })
  expect(await turns(3)).toEqual(['events', 'events', 'events'])
  expect(await discovery.profiles({ signal })).toMatchObject({ sightings: [], sources: [expect.anything()] })
  expect(await turns(2)).toEqual(['none', 'all'])
})
