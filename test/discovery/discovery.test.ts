import { SuretyError } from '../../src/base/errors.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { createDiscovery, type Discovered } from '../../src/discovery/discovery.ts'
import { DISCOVERY_TASKS, type HomeReader } from '../../src/discovery/home-reader.ts'
import { launchForms } from '../../src/discovery/mcp/launch-forms.ts'
import { readLaunchKey } from '../../src/discovery/mcp/launch-key.ts'
import type { AgentSighting, SourceReport, User } from '../../src/protocol/sighting.ts'
import type { DirectoryEntry, TrustedFileReader } from '../../src/system/files.ts'
import type { ProcessDetails } from '../../src/system/process-details.ts'
import type { ProcessEventSource, ProcessEvents } from '../../src/system/process-events.ts'
import type { ProcessEntry, ProcessTable } from '../../src/system/process-table.ts'
import type { LocalUser } from '../../src/system/users.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { mcpServerSighting } from '../support/sample-sightings.ts'

const signal = new AbortController().signal
const ROOT: LocalUser = { uid: 0, gid: 0, name: 'root', home: '/root', shell: '/bin/bash', kind: 'root' }
const ALICE: LocalUser = { uid: 1000, gid: 1000, name: 'alice', home: '/home/alice', shell: '/bin/bash', kind: 'human' }
const BOB: LocalUser = { ...ALICE, uid: 1001, name: 'bob', home: '/home/bob' }
const DAEMON: LocalUser = { ...ALICE, uid: 2, name: 'bin', home: '/bin', kind: 'system' }
const NOBODY: LocalUser = { ...ALICE, uid: 65_534, name: 'nobody', home: '/nonexistent' }

const NODE_TITLED_PI: ProcessEntry = {
  pid: 7,
  parentPid: 1,
  startTicks: 70,
  uid: 1000,
  sessionId: 7,
  ttyNumber: 1,
  comm: 'pi',
  executable: '/usr/bin/node',
  argv: ['pi', ''],
}

function processesOf(...entries: ProcessEntry[]): ProcessTable {
  return {
    bootId: async () => 'boot',
    scan: async () => entries,
    entry: () => undefined,
    environmentNames: async () => undefined,
    surroundings: () => undefined,
  }
}

/** Only `list` and `readText` of files that are given. */
function systemFilesOf(files: Readonly<Record<string, string>> = {}): TrustedFileReader {
  const absent = (path: string) => new SuretyError('FILE_ABSENT', `${path}: ENOENT`)
  const list = (path: string): readonly DirectoryEntry[] => {
    const below = Object.keys(files).filter((file) => file.startsWith(`${path}/`))
    if (below.length === 0) throw absent(path)
    const names = new Map(
      below.map((file) => file.slice(path.length + 1).split('/')).map(([name = '', ...more]) => [name, more.length]),
    )
    return [...names].map(([name, depth]) => ({ name, kind: depth === 0 ? 'file' : 'directory' }))
  }
  const readText = (path: string) => {
    const text = files[path]
    if (text === undefined) throw absent(path)
    return text
  }
  return {
    list: async (path) => list(path),
    readText: async (path) => readText(path),
    read: async (path) => new TextEncoder().encode(readText(path)),
    realPath: async (path) => path,
    stat: async () => undefined,
  }
}

function installed(catalogueId: string, user: User): AgentSighting {
  const common = { id: '1'.repeat(32), evidence: [], agentKind: 'cli-agent' }
  return { kind: 'agent', ...common, state: 'installed', name: catalogueId, catalogueId, user }
}

function homesOf(found: Readonly<Record<string, string>> = {}) {
  const asked: string[] = []
  const profiles: (readonly [user: string, path: string])[] = []
  const reader: HomeReader = {
    async readHome({ user, profiles: named = [] }) {
      asked.push(user.name)
      profiles.push(...named.map(({ path }) => [user.name, path] as const))
      const owner = { uid: user.uid, name: user.name }
      const entry = found[user.name]
      return {
        sightings: entry === undefined ? [] : [installed(entry, owner)],
        sources: [{ source: 'installed-agents', user: owner, state: 'parsed', items: 0, durationMs: 0 }],
      }
    },
  }
  return { reader, asked, profiles }
}

const NO_DETAILS: ProcessDetails = {
  ...{ standing: () => undefined, streams: () => undefined, openFiles: () => new Map(), sockets: () => new Map() },
  ...{ logins: () => [], ownPidNamespace: undefined, insideWsl: false },
}

function discoveryOf(init: {
  processes?: ProcessTable
  homes?: HomeReader
  files?: TrustedFileReader
  users?: () => Promise<readonly LocalUser[]>
  uid?: number
  events?: ProcessEventSource
  details?: ProcessDetails
  clock?: FakeClock
}) {
  return createDiscovery(
    {
      processes: init.processes ?? processesOf(),
      homes: init.homes ?? homesOf().reader,
      systemFiles: init.files ?? systemFilesOf(),
      users: { list: init.users ?? (async () => [ROOT, ALICE, BOB, DAEMON, NOBODY]) },
      clock: init.clock ?? new FakeClock(),
      events: init.events,
      details: init.details,
    },
    { catalogue: builtInCatalogue(), uid: init.uid ?? 0 },
  )
}

test('root has the homes of all people and its own read', async () => {
  const { reader, asked } = homesOf()
  await discoveryOf({ homes: reader }).collect({ signal })
  expect(asked).toEqual(['root', 'alice', 'bob'])
})

test('whose process named a folder of profiles has it read with their home', async () => {
  const browser = (pid: number, uid: number, folder: string) => ({
    ...{ ...NODE_TITLED_PI, pid, uid, executable: '/usr/lib/chromium/chromium' },
    argv: ['chromium', `--user-data-dir=${folder}`],
  })
  const processes = processesOf(
    browser(1, 1000, '/home/alice/p'),
    browser(2, 1001, '/home/alice/p'),
    browser(3, 1001, '/tmp/p'),
    browser(4, 2, '/tmp/q'),
  )
  const { reader, profiles } = homesOf()
  await discoveryOf({ homes: reader, processes }).collect({ signal })
  expect(profiles).toEqual([
    ['alice', '/home/alice/p'],
    ['bob', '/tmp/p'],
  ])
})

test('homes are read though processes cannot be looked at', async () => {
  const scan = async () => {
    throw new SuretyError('FILE_UNREADABLE', 'no descriptors left')
  }
  const { reader, asked } = homesOf()
  await discoveryOf({ homes: reader, processes: { ...processesOf(), scan } }).collect({ signal })
  expect(asked).toEqual(['root', 'alice', 'bob'])
})

test('accounts that name no home of their own are said, and one with two names is read once', async () => {
  const users = [
    ALICE,
    { ...ALICE, name: 'alias' },
    { ...BOB, home: '' },
    { ...BOB, uid: 1002, name: 'eve', home: '/' },
  ]
  const { reader, asked } = homesOf()
  const { sources } = await discoveryOf({ homes: reader, users: async () => users }).collect({ signal })
  expect(asked).toEqual(['alias'])
  const none = 'the account names no home of its own'
  expect(
    sources.filter(({ source }) => source === 'home').map(({ user, path, reason }) => [user?.name, path, reason]),
  ).toEqual([
    ['bob', undefined, none],
    ['eve', '/', none],
  ])
})

test('a process that keeps its readers waiting is told, and the rest is seen', async () => {
  const hanging: ProcessEntry = { ...NODE_TITLED_PI, pid: 8, argv: [], argumentsUnread: true }
  const discovery = discoveryOf({
    processes: processesOf(hanging, NODE_TITLED_PI),
    homes: homesOf({ alice: 'pi' }).reader,
  })
  const { sightings, sources } = await discovery.collect({ signal })
  expect(sightings.map(({ name }) => name)).toContain('pi coding agent')
  expect(sources.filter(({ state }) => state === 'timed-out').map(({ source, path }) => [source, path])).toEqual([
    ['processes', '/proc/8'],
  ])
})

test('without root rights only the own home is read, and it is said of the others', async () => {
  const { reader, asked } = homesOf()
  const { sources } = await discoveryOf({ homes: reader, uid: 1000 }).collect({ signal })
  expect(asked).toEqual(['alice'])
  const others = sources.filter(({ source }) => source === 'home')
  expect(others.map(({ user, state, reason }) => [user?.name, state, reason])).toEqual([
    ['root', 'unreadable', 'only root may read the homes of others'],
    ['bob', 'unreadable', 'only root may read the homes of others'],
  ])
})

test('what lies in a home supports a process that shows too little', async () => {
  const discovery = discoveryOf({ processes: processesOf(NODE_TITLED_PI), homes: homesOf({ alice: 'pi' }).reader })
  expect((await discovery.processes({ signal })).sightings).toEqual([])
  const { sightings } = await discovery.collect({ signal })
  expect(sightings.map((each) => [each.name, each.kind === 'agent' && each.state])).toEqual([
    ['pi coding agent', 'running'],
    ['pi', 'installed'],
  ])
  expect((await discovery.processes({ signal })).sightings).toHaveLength(1)
})

test("an installation of another person supports nobody else's process", async () => {
  const discovery = discoveryOf({ processes: processesOf(NODE_TITLED_PI), homes: homesOf({ bob: 'pi' }).reader })
  const { sightings } = await discovery.collect({ signal })
  expect(sightings.map(({ name }) => name)).toEqual(['pi'])
})

test('what serves models is told, running and installed, and its own account has its models read and nothing else', async () => {
  const ollama: LocalUser = { ...DAEMON, uid: 998, name: 'ollama', home: '/usr/share/ollama' }
  const tasks: [string, readonly string[]][] = []
  const homes: HomeReader = {
    async readHome(request) {
      tasks.push([request.user.name, request.tasks])
      return { sightings: [], sources: [] }
    },
  }
  const server = {
    ...NODE_TITLED_PI,
    ...{ uid: 998, comm: 'ollama', executable: '/usr/local/bin/ollama', argv: ['ollama', 'serve'] },
  }
  const init = { homes, processes: processesOf(server), files: systemFilesOf({ '/usr/local/bin/ollama': '' }) }
  const users = async () => [ALICE, ollama]
  const { sightings } = await discoveryOf({ ...init, users }).collect({ signal })
  expect(
    sightings.map((each) => [each.kind, each.catalogueId, 'state' in each && each.state, each.user?.name]),
  ).toEqual([
    ['model-runtime', 'ollama', 'running', 'ollama'],
    ['model-runtime', 'ollama', 'installed', undefined],
  ])
  expect(tasks).toEqual([
    ['alice', DISCOVERY_TASKS],
    ['ollama', ['runtimes']],
  ])
  // Only root can become somebody else.
  tasks.length = 0
  await discoveryOf({ ...init, users, uid: 1000 }).collect({ signal })
  expect(tasks.map(([name]) => name)).toEqual(['alice'])
})

test('the model that a runner was given is told by the name that its store has for it', async () => {
  const ollama: LocalUser = { ...DAEMON, uid: 998, name: 'ollama', home: '/usr/share/ollama' }
  const path = `/usr/share/ollama/.ollama/models/blobs/sha256-${'a'.repeat(64)}`
  const homes: HomeReader = {
    async readHome({ user }) {
      return { sightings: [], sources: [], ...(user === ollama ? { blobs: [{ path, name: 'llama3.2:3b' }] } : {}) }
    },
  }
  const runner = {
    ...NODE_TITLED_PI,
    ...{ uid: 998, comm: 'ollama', executable: '/usr/local/bin/ollama' },
    argv: ['/usr/local/bin/ollama', 'runner', '--model', path, '--port', '34429'],
  }
  const discovery = discoveryOf({ homes, processes: processesOf(runner), users: async () => [ollama] })
  const models = (found: Discovered) => found.sightings.map((each) => each.kind === 'model-runtime' && each.models)
  expect(models(await discovery.processes({ signal }))).toEqual([[]])
  expect(models(await discovery.collect({ signal }))).toEqual([['llama3.2:3b']])
  expect(models(await discovery.processes({ signal }))).toEqual([['llama3.2:3b']])
})

test('a server that nothing explains has the configuration of that home read again, and is then explained', async () => {
  const claude = { ...NODE_TITLED_PI, pid: 20, startTicks: 200, executable: '/usr/local/bin/claude', argv: ['claude'] }
  const child = { ...NODE_TITLED_PI, pid: 21, parentPid: 20, startTicks: 210, sessionId: 7 }
  const server = { ...child, executable: '/usr/bin/node', argv: ['node', '/srv/notes.mjs', '--store', 'x'] }
  const running: ProcessEntry[] = [claude]
  const files = systemFilesOf()
  const forms = launchForms(server.argv, await readLaunchKey(files))
  const notes = mcpServerSighting('5', { client: 'claude-code', user: { uid: 1000, name: 'alice' } })
  const tasks: (readonly string[])[] = []
  const configured = { sightings: [notes], launches: forms === undefined ? [] : [{ server: notes.id, forms }] }
  let state: SourceReport['state'] = 'unreadable'
  const homes: HomeReader = {
    async readHome(request) {
      tasks.push([request.user.name, `${request.remember}`, ...request.tasks])
      const user = { uid: request.user.uid, name: request.user.name }
      const sources = [{ source: 'mcp-servers', user, state, items: 1, durationMs: 0 }]
      return request.tasks.length === 1 ? { ...configured, sources } : { sightings: [], sources: [] }
    },
  }
  const clock = new FakeClock()
  const discovery = discoveryOf({
    ...{ homes, clock, users: async () => [ALICE, BOB], files },
    processes: { ...processesOf(), scan: async () => running },
    details: { ...NO_DETAILS, streams: () => ['socket', 'socket', 'socket'] },
  })
  const serverOf = async () => {
    const { sightings } = await discovery.processes({ signal })
    const agent = sightings.find((each) => each.kind === 'agent')
    return agent?.kind === 'agent' ? agent.parts?.find(({ role }) => role === 'mcp-server')?.server : undefined
  }
  await discovery.collect({ signal })
  expect(await discovery.servers({ signal })).toBeUndefined()
  tasks.length = 0
  running.push(server)
  expect(await serverOf()).toBeUndefined()
  // What could not be read explains nothing.
  await discovery.servers({ signal })
  expect(await serverOf()).toBeUndefined()
  state = 'parsed'
  running.push({ ...server, pid: 22, startTicks: 220 })
  await serverOf()
  expect(await discovery.servers({ signal })).toBeUndefined()
  await clock.advance(60_000)
  expect((await discovery.servers({ signal }))?.sightings).toEqual(configured.sightings)
  expect(await serverOf()).toBe(notes.id)
  expect(await discovery.servers({ signal })).toBeUndefined()
  expect(tasks).toEqual([
    ['alice', 'false', 'mcp'],
    ['alice', 'false', 'mcp'],
  ])
})

test('what is installed for everybody has no user', async () => {
  const files = systemFilesOf({
    '/usr/lib/node_modules/cline/package.json': '{"name":"cline","version":"3.0.65"}',
    '/usr/bin/claude': '',
    '/usr/bin/goose': '',
    '/usr/bin/vim': '',
  })
  const { sightings } = await discoveryOf({ files }).collect({ signal })
  expect(sightings.map((each) => [each.catalogueId, each.version, each.user])).toEqual([
    ['cline-cli', '3.0.65', undefined],
    ['claude-code', undefined, undefined],
  ])
})

test('a process table that fails is a source that could not be read, and the rest is told', async () => {
  const broken: ProcessTable = {
    ...processesOf(),
    scan: async () => {
      throw new SuretyError('FILE_UNREADABLE', '/proc: EACCES')
    },
  }
  const { sources } = await discoveryOf({
    processes: broken,
    homes: homesOf().reader,
    uid: 1000,
    users: async () => [ALICE],
  }).collect({ signal })
  expect(sources.map(({ source, state, reason }) => [source, state, reason])).toEqual([
    ['users', 'parsed', undefined],
    ['processes', 'unreadable', '/proc: EACCES'],
    ['process-events', 'absent', 'not told by event: processes are looked at by schedule'],
    ['executed-files', 'absent', 'not told by event: processes are looked at by schedule'],
    ['installed-agents', 'parsed', undefined],
    ['mcp-servers', 'parsed', undefined],
    ['agent-files', 'parsed', undefined],
    ['model-runtimes', 'parsed', undefined],
    ['installed-agents', 'parsed', undefined],
  ])
})

test('a list of users that cannot be read is said, and processes are told all the same', async () => {
  const process = { ...NODE_TITLED_PI, executable: '/usr/local/bin/codex', argv: ['codex'] }
  const users = async () => {
    throw new SuretyError('FILE_UNREADABLE', '/etc/passwd: EIO')
  }
  const { sightings, sources } = await discoveryOf({ processes: processesOf(process), users }).collect({ signal })
  expect(sightings.map(({ name, user }) => [name, user])).toEqual([['Codex CLI', { uid: 1000, name: '1000' }]])
  expect(sources.map(({ source, state }) => [source, state])).toEqual([
    ['users', 'unreadable'],
    ['processes', 'parsed'],
    ['process-events', 'absent'],
    ['executed-files', 'absent'],
    ['installed-agents', 'parsed'],
    ['mcp-servers', 'parsed'],
    ['agent-files', 'parsed'],
    ['model-runtimes', 'parsed'],
  ])
})

test('people who were known stay known while their list cannot be read', async () => {
  const process = { ...NODE_TITLED_PI, executable: '/usr/local/bin/codex', argv: ['codex'] }
  let readable = true
  const users = async () => {
    if (readable) return [ALICE]
    throw new SuretyError('FILE_UNREADABLE', '/etc/passwd: EIO')
  }
  const discovery = discoveryOf({ processes: processesOf(process), users })
  const before = await discovery.collect({ signal })
  readable = false
  const { sightings, sources } = await discovery.collect({ signal })
  expect(sightings).toEqual(before.sightings)
  expect(sightings[0]).toMatchObject({ user: { name: 'alice' } })
  expect(sources[0]).toMatchObject({ source: 'users', state: 'unreadable' })
})

test('aborting rejects with its reason', async () => {
  await expect(discoveryOf({}).collect({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
})

test('another catalogue is used from the next look on', async () => {
  const node: ProcessEntry = { ...NODE_TITLED_PI, pid: 9, executable: '/usr/bin/claude', argv: ['claude'] }
  let catalogue = builtInCatalogue()
  const discovery = createDiscovery(
    {
      ...{
        processes: processesOf(node),
        homes: homesOf().reader,
        systemFiles: systemFilesOf(),
        clock: new FakeClock(),
      },
      users: { list: async () => [ALICE] },
    },
    {
      get catalogue() {
        return catalogue
      },
      uid: 0,
    },
  )
  const seen = async () => (await discovery.processes({ signal })).sightings.map(({ catalogueId }) => catalogueId)
  expect(await seen()).toEqual(['claude-code'])
  catalogue = { ...catalogue, entries: catalogue.entries.filter(({ id }) => id !== 'claude-code') }
  expect(await seen()).toEqual(['claude-code'])
  discovery.catalogueReplaced()
  expect(await seen()).toEqual([])
})

test.each(['quick', 'byEvents'])('a look that is %s is what events told, and looks at no process', async (kind) => {
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

test('an agent that no catalogue knows is judged by what events told, but not in a quick look', async () => {
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
    ...exec(1, 0, '/sbin/init', ['init'], { uid: 0 }),
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

test('events that are refused are said, each source by itself', async () => {
  const refused = new SuretyError('NOT_PERMITTED', 'only root is told')
  const sourcesOf = async (events: ProcessEventSource) => {
    const discovery = discoveryOf({ events, uid: 1000, users: async () => [ALICE] })
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
