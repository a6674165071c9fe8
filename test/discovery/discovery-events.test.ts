import { SuretyError } from '../../src/base/errors.ts'
import type { ProcessEventSource, ProcessEvents } from '../../src/system/processes/process-events.ts'
import type { ProcessTable } from '../../src/system/processes/process-table.ts'
import { ALICE, discoveryOf, NODE_TITLED_PI, processesOf } from './discovered-device.ts'

const signal = new AbortController().signal

test.each(['quick', 'byEvents'])('a look that is %s uses events, and reads no process', async (kind) => {
  const codex = { ...NODE_TITLED_PI, pid: 9, executable: '/usr/local/bin/codex', argv: ['codex'], stackStart: 9 }
  const state = { scans: 0 }
  let tell: (told: ProcessEvents) => void = () => undefined
  const processes: ProcessTable = {
    ...processesOf(),
    scan: async () => {
      state.scans++
      return []
    },
  }
  const discovery = discoveryOf({
    processes,
    events: {
      watch(_, onEvents) {
        tell = onEvents
        return { [Symbol.dispose]: () => undefined }
      },
    },
  })
  const changes: string[] = []
  using _watch = discovery.watch((change) => changes.push(change))
  const names = async () => {
    const { sightings, sources } = await discovery.processes({ signal, [kind]: true })
    expect(sources.filter(({ source }) => source.startsWith('process-')).map((each) => each.state)).toEqual(['parsed'])
    return sightings.map(({ name }) => name)
  }
  // The first one has nothing to go by.
  expect([await names(), state.scans]).toEqual([[], 1])
  const started = { environmentNames: [], sessionMarkers: {}, workingFolder: '/' }
  tell({
    events: [
      { kind: 'fork', pid: 1, parentPid: 0 },
      { kind: 'exec', pid: 1, process: { ...NODE_TITLED_PI, ...started, pid: 1, executable: '/sbin/init' } },
      { kind: 'exec', pid: 9, process: { ...codex, ...started } },
    ],
    lost: false,
  })
  expect([await names(), state.scans, changes]).toEqual([['Codex CLI'], 1, ['started']])
  tell({ events: [{ kind: 'exit', pid: 9 }], lost: false })
  expect([await names(), state.scans]).toEqual([[], 1])
  tell({ events: [], lost: true })
  expect([await names(), state.scans, changes]).toEqual([[], 2, ['started', 'ended', 'lost']])
})

test('judges an unknown agent by events, but not in a quick look', async () => {
  let tell: (told: ProcessEvents) => void = () => undefined
  const discovery = discoveryOf({
    processes: processesOf(),
    events: {
      watch(_, onEvents) {
        tell = onEvents
        return { [Symbol.dispose]: () => undefined }
      },
    },
  })
  using _watch = discovery.watch(() => undefined)
  await discovery.processes({ signal })
  const exec = (pid: number, parentPid: number, executable: string, argv: readonly string[], more: object) => {
    const process = {
      ...NODE_TITLED_PI,
      pid,
      parentPid,
      startTicks: pid,
      sessionId: 7,
      executable,
      argv,
      stackStart: pid,
    }
    const surroundings = { environmentNames: [], sessionMarkers: {}, workingFolder: '/' }
    return [
      { kind: 'fork' as const, pid, parentPid },
      { kind: 'exec' as const, pid, process: { ...process, ...surroundings, ...more } },
    ]
  }
  const tool = { sessionId: 101, ttyNumber: 0, environmentNames: ['AI_AGENT'] }
  const events = [
    ...exec(1, 0, '/sbin/init', ['init'], { userId: '0' }),
    ...exec(100, 1, '/usr/bin/node', ['node', '/home/alice/robo/index.js'], {}),
    ...exec(101, 100, '/usr/bin/bash', ['bash', '-c', 'true'], tool),
  ]
  tell({ events, lost: false })
  const names = async (how: object) => (await discovery.processes({ signal, ...how })).sightings.map(({ name }) => name)
  expect([await names({ quick: true }), await names({ byEvents: true }), await names({ quick: true })]).toEqual([
    [],
    ['robo'],
    ['robo'],
  ])
})

test('reports refused events for each source separately', async () => {
  const refused = new SuretyError('NOT_PERMITTED', 'only root is told')
  const sourcesOf = async (events: ProcessEventSource) => {
    const discovery = discoveryOf({ events, userId: '1000', users: async () => [ALICE] })
    using _watch = discovery.watch(() => undefined)
    const { sources } = await discovery.processes({ signal })
    return sources.map(({ source, state, reason }) => [source, state, reason])
  }
  const none: ProcessEventSource = {
    watch() {
      throw refused
    },
  }
  expect(await sourcesOf(none)).toEqual([
    ['processes', 'parsed', undefined],
    ['process-events', 'unreadable', 'only root is told'],
    ['executed-files', 'unreadable', 'only root is told'],
  ])
  const half: ProcessEventSource = { watch: () => ({ filesFault: refused, [Symbol.dispose]: () => undefined }) }
  expect(await sourcesOf(half)).toEqual([
    ['processes', 'parsed', undefined],
    ['process-events', 'parsed', undefined],
    ['executed-files', 'unreadable', 'only root is told'],
  ])
})

test('reports the current fault of a watch that changes how it learns of processes', async () => {
  let fault: SuretyError | undefined = new SuretyError('NOT_SUPPORTED', 'they are listed')
  const events: ProcessEventSource = {
    watch: () => ({
      get fault() {
        return fault
      },
      [Symbol.dispose]: () => undefined,
    }),
  }
  const discovery = discoveryOf({ events, userId: '1000', users: async () => [ALICE] })
  using _watch = discovery.watch(() => undefined)
  const reasonNow = async () => {
    const { sources } = await discovery.processes({ signal })
    return sources.find(({ source }) => source === 'process-events')?.reason
  }
  expect(await reasonNow()).toBe('they are listed')
  fault = undefined
  expect(await reasonNow()).toBeUndefined()
})
