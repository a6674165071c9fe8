import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../../src/discovery/discovery.ts'
import type { HomeReadRequest } from '../../../src/discovery/homes/home-reader.ts'
import type { ProcessDetails, ProcessStanding } from '../../../src/system/processes/process-details.ts'
import type { ProcessEvent, ProcessEvents } from '../../../src/system/processes/process-events.ts'
import type { ProcessEntry } from '../../../src/system/processes/process-table.ts'
import type { LocalUser } from '../../../src/system/users/users.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const signal = new AbortController().signal
const ALICE: LocalUser = { id: '1000', name: 'alice', home: '/home/alice', shell: '/bin/sh', kind: 'human' }
const BOB: LocalUser = { ...ALICE, id: '1001', name: 'bob', home: '/home/bob' }
const CHROMIUM = '/usr/lib/chromium/chromium'
const FIREFOX = '/usr/lib/firefox-esr/firefox-esr'
const STANDING: ProcessStanding = {
  cgroup: '/user.slice',
  loginUserId: '1000',
  auditSession: 1,
  pidNamespace: 'pid:[1]',
  rootMount: undefined,
  workingFolder: '/home/alice/code',
}
const chromium = (path: string, ...more: readonly string[]) => [
  CHROMIUM,
  '--headless',
  `--user-data-dir=${path}`,
  ...more,
]

/** A device whose events the test tells; what is running at a look is what it says runs. */
async function device() {
  const clock = new FakeClock()
  const read: HomeReadRequest[] = []
  const state = { asked: 0, running: [] as ProcessEntry[], pid: 100 }
  let tell: (events: ProcessEvents) => void = () => undefined
  const details: ProcessDetails = {
    streams: () => undefined,
    executableNow: () => undefined,
    activity: () => undefined,
    openFiles: () => new Map(),
    sockets: () => new Map(),
    logins: () => [],
    ownPidNamespace: 'pid:[1]',
    insideWsl: false,
    standing() {
      state.asked++
      return STANDING
    },
  }
  const discovery = createDiscovery(
    {
      processes: {
        bootId: async () => 'boot',
        scan: async () => state.running,
        entry: (pid) => state.running.find((each) => each.pid === pid),
        environmentNames: async () => undefined,
        surroundings: () => undefined,
      },
      details,
      homes: {
        async readHome(request) {
          read.push(request)
          return { sightings: [], sources: [] }
        },
      },
      systemFiles: {
        list: () => [],
        readText: () => '',
        read: () => new Uint8Array(),
        stat: () => {
          throw new Error('absent')
        },
      } as never,
      users: { list: async () => [ALICE, BOB] },
      clock,
      events: {
        watch(_, onEvents) {
          tell = onEvents
          return { filesFault: undefined, [Symbol.dispose]: () => undefined }
        },
      },
    },
    { catalogue: builtInCatalogue(), userId: '0' },
  )
  discovery.watch(() => undefined)
  await discovery.processes({ signal })
  const processOf = (executable: string, argv: readonly string[], userId = '1000', parentPid = 1): ProcessEntry => ({
    pid: ++state.pid,
    parentPid,
    startTicks: state.pid,
    userId,
    sessionId: 1,
    ttyNumber: 0,
    comm: 'x',
    executable,
    argv,
  })
  const startedBy = (before: readonly ProcessEvent[], process: ProcessEntry) => {
    const started = { ...process, environmentNames: [], sessionMarkers: {}, workingFolder: undefined }
    tell({ events: [...before, { kind: 'exec', pid: process.pid, process: started }], lost: false })
  }
  return {
    clock,
    state,
    processOf,
    start(executable: string, argv: readonly string[], userId?: string, parentPid?: number) {
      startedBy([], processOf(executable, argv, userId, parentPid))
    },
    /** Forked twice by `parentPid`, and let go before it runs anything: its parent is the first process then. */
    letGo(executable: string, argv: readonly string[], parentPid: number) {
      const between = ++state.pid
      const process = processOf(executable, argv)
      const forks: ProcessEvent[] = [
        { kind: 'fork', pid: between, parentPid },
        { kind: 'fork', pid: process.pid, parentPid: between },
        { kind: 'exit', pid: between },
      ]
      startedBy(forks, process)
    },
    /** Whose homes are read now, for what, with which folders. */
    async reads() {
      read.length = 0
      await discovery.profiles({ signal })
      return read.map(({ user, tasks, remember, profiles = [] }) => [
        ...[user.name, tasks.join(), remember],
        ...profiles.map(({ product, path }) => `${product} ${path}`),
      ])
    },
  }
}

const TASKS = 'chromium,firefox'
const times = (count: number, act: (at: number) => void) => Array.from({ length: count }, (_, at) => act(at))

test('reads the profiles of a person seconds after a browser with its own folder ran', async () => {
  const { start, clock, reads } = await device()
  start(CHROMIUM, chromium('/tmp/brief'))
  start(FIREFOX, ['firefox-esr', '--profile', '/home/alice/fox'])
  expect(await reads()).toEqual([])
  await clock.advance(5_000)
  expect(await reads()).toEqual([['alice', TASKS, false, 'chromium /tmp/brief', 'firefox /home/alice/fox']])
  expect(await reads()).toEqual([])
})

test('what runs besides is read with it, for a look replaces what was seen before', async () => {
  const { start, clock, state, processOf, reads } = await device()
  state.running.push(processOf(CHROMIUM, chromium('/tmp/old')), processOf(CHROMIUM, chromium('/tmp/new')))
  start(CHROMIUM, chromium('/tmp/new'))
  await clock.advance(5_000)
  expect(await reads()).toEqual([['alice', TASKS, false, 'chromium /tmp/new', 'chromium /tmp/old']])
})

test('reads a home once a minute, with all that started since, and delays no other', async () => {
  const { start, clock, reads } = await device()
  start(CHROMIUM, chromium('/tmp/1'))
  await clock.advance(5_000)
  expect((await reads()).length).toBe(1)
  start(CHROMIUM, chromium('/tmp/2'))
  start(CHROMIUM, chromium('/tmp/3'))
  start(CHROMIUM, chromium('/home/bob/4'), '1001')
  await clock.advance(5_000)
  expect(await reads()).toEqual([['bob', TASKS, false, 'chromium /home/bob/4']])
  await clock.advance(54_999)
  expect(await reads()).toEqual([])
  await clock.advance(1)
  expect(await reads()).toEqual([['alice', TASKS, false, 'chromium /tmp/2', 'chromium /tmp/3']])
})

test('looks for eight folders of thousands of browsers, and asks the system no more', async () => {
  const { start, clock, state, reads } = await device()
  for (let at = 0; at < 5_000; at++) start(CHROMIUM, chromium(`/tmp/${at}`))
  expect(state.asked).toBeLessThanOrEqual(8)
  await clock.advance(5_000)
  expect((await reads())[0]?.length).toBe(3 + 8)
})

const FAKE = '/home/alice/.cache/puppeteer/chrome/linux-1/chrome-linux64/chrome'
const REAL = 'chromium /home/alice/real'

test.each<[string, (crowd: Awaited<ReturnType<typeof device>>) => void]>([
  ['one program', ({ start }) => times(50, (at) => start(CHROMIUM, chromium(`/tmp/${at}`), '1000', 50))],
  [
    'one program that lets them go',
    ({ letGo, state, processOf }) => {
      const maker = processOf('/usr/bin/node', ['node', 'crowd.js'])
      state.running.push(maker)
      times(50, (at) => letGo(CHROMIUM, chromium(`/tmp/${at}`), maker.pid))
    },
  ],
  ['three programs', ({ start }) => times(60, (at) => start(CHROMIUM, chromium(`/tmp/${at}`), '1000', 50 + (at % 3)))],
  [
    'many programs, with what is called as a browser',
    ({ start }) => times(500, (at) => start(FAKE, ['chrome', `--user-data-dir=/tmp/${at}`], '1000', 500 + at)),
  ],
])("folders that %s names in a crowd take no place of another's browser", async (_, crowd) => {
  const all = await device()
  crowd(all)
  all.start(CHROMIUM, chromium('/home/alice/real'))
  expect(all.state.asked).toBeLessThanOrEqual(32)
  await all.clock.advance(5_000)
  const [read] = await all.reads()
  expect(read).toContain(REAL)
  expect(read?.length).toBeLessThanOrEqual(3 + 32)
})

test('folders that ended browsers named leave room for those of browsers that run', async () => {
  const { start, clock, state, processOf, reads } = await device()
  times(64, (at) => start(CHROMIUM, chromium(`/tmp/${at}`), '1000', 50 + (at % 8)))
  state.running.push(processOf(CHROMIUM, chromium('/home/alice/real')))
  await clock.advance(5_000)
  const [read] = await reads()
  expect([read?.length, read?.includes(REAL)]).toEqual([3 + 17, true])
})

test('what comes to nothing is looked at no more often, and has nothing read', async () => {
  const { start, clock, state, reads } = await device()
  for (let at = 0; at < 5_000; at++) start(CHROMIUM, chromium(`/${at}/${'x'.repeat(1_024)}`))
  expect(state.asked).toBeLessThanOrEqual(8)
  await clock.advance(5_000)
  expect(await reads()).toEqual([])
  start(CHROMIUM, chromium('/tmp/x'))
  await clock.advance(5_000)
  expect((await reads()).length).toBe(1)
})

test.each<[string, string, readonly string[], string?]>([
  ['without a folder of its own', CHROMIUM, [CHROMIUM, '--headless']],
  ['that a browser starts of itself', CHROMIUM, chromium('/tmp/x', '--type=renderer')],
  ['that is no known browser', '/opt/thing/electron', ['electron', '--user-data-dir=/home/alice/.config/thing']],
  ['that only has such an option', '/usr/bin/aws', ['aws', '--profile', '/home/alice/x']],
  ['that names what is no folder', CHROMIUM, chromium('/')],
  ['of nobody who has a home', CHROMIUM, chromium('/tmp/x'), '4242'],
])('a program %s has nothing read', async (_, executable, argv, userId = '1000') => {
  const { start, clock, reads } = await device()
  start(executable, argv, userId)
  await clock.advance(5_000)
  expect(await reads()).toEqual([])
})
