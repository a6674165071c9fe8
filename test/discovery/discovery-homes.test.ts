import { SuretyError } from '../../src/base/errors.ts'
import type { Discovered } from '../../src/discovery/discovery.ts'
import type { HomeReader } from '../../src/discovery/homes/home-reader.ts'
import { launchForms } from '../../src/discovery/launch/launch-forms.ts'
import { readLaunchKey } from '../../src/discovery/launch/launch-hash.ts'
import type { Autonomy, SourceReport } from '../../src/protocol/sighting.ts'
import type { ProcessDetails } from '../../src/system/processes/process-details.ts'
import type { ProcessEntry } from '../../src/system/processes/process-table.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { mcpServerSighting } from '../support/protocol/sample-sightings.ts'
import { ALICE, BOB, discoveryOf, homesOf, NODE_TITLED_PI, processesOf, systemFilesOf } from './discovered-device.ts'

const signal = new AbortController().signal

const NO_DETAILS: ProcessDetails = {
  standing: () => undefined,
  streams: () => undefined,
  executableNow: () => undefined,
  activity: () => undefined,
  openFiles: () => new Map(),
  sockets: () => new Map(),
  logins: () => [],
  ownPidNamespace: undefined,
  insideWsl: false,
}

test('root has the homes of all people and its own read', async () => {
  const { reader, asked } = homesOf()
  await discoveryOf({ homes: reader }).collect({ signal })
  expect(asked).toEqual(['root', 'alice', 'bob'])
})

test('whose process named a folder of profiles has it read with their home', async () => {
  const browser = (pid: number, userId: string, folder: string) => ({
    ...NODE_TITLED_PI,
    pid,
    userId,
    executable: '/usr/lib/chromium/chromium',
    argv: ['chromium', `--user-data-dir=${folder}`],
  })
  const processes = processesOf(
    browser(1, '1000', '/home/alice/p'),
    browser(2, '1001', '/home/alice/p'),
    browser(3, '1001', '/tmp/p'),
    browser(4, '2', '/tmp/q'),
  )
  const { reader, profiles } = homesOf()
  await discoveryOf({ homes: reader, processes }).collect({ signal })
  expect(profiles).toEqual([
    ['alice', '/home/alice/p'],
    // With the rights of Bob, which may not be enough.
    ['bob', '/home/alice/p'],
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

describe('does not claim that an agent asks if its home was not read', () => {
  const claude = (uid: number): ProcessEntry => ({
    ...NODE_TITLED_PI,
    pid: 100 + uid,
    userId: String(uid),
    sessionId: 100 + uid,
    executable: '/usr/lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe',
    argv: ['claude'],
  })
  const levels = ({ sightings }: Discovered) =>
    sightings.flatMap((each) => (each.kind === 'agent' && each.process ? [[each.user?.id, each.autonomy?.level]] : []))

  test('before the first look, and where the look failed', async () => {
    const { reader } = homesOf()
    const homes: HomeReader = {
      async readHome(request, options) {
        const findings = await reader.readHome(request, options)
        const isBob = request.user.name === 'bob'
        return {
          ...findings,
          sources: findings.sources.map((each) => (isBob ? { ...each, state: 'timed-out' } : each)),
        }
      },
    }
    const discovery = discoveryOf({ homes, processes: processesOf(claude(1000), claude(1001), claude(2)) })
    expect(levels(await discovery.processes({ signal }))).toEqual([
      ['1000', 'unknown'],
      ['1001', 'unknown'],
      ['2', 'unknown'],
    ])
    await discovery.collect({ signal })
    expect(levels(await discovery.processes({ signal }))).toEqual([
      ['1000', 'asks'],
      ['1001', 'unknown'],
      // A program's own account, whose home nobody looks into.
      ['2', 'unknown'],
    ])
  })

  test('where only root may look', async () => {
    const discovery = discoveryOf({ userId: '1000', processes: processesOf(claude(1000), claude(1001)) })
    expect(levels(await discovery.collect({ signal }))).toEqual([
      ['1000', 'asks'],
      ['1001', 'unknown'],
    ])
  })
})

test.each([
  ['plan', 'asks', ['permissions.defaultMode=plan']],
  ['bypassPermissions', 'autonomous', ['permissions.defaultMode=bypassPermissions']],
  ['canary', 'asks', ['asks unless told otherwise']],
  [undefined, 'unknown', ['settings that cannot be read', 'asks unless told otherwise']],
])('what an administrator set for everybody counts for what lies in a home, too: %s', async (mode, level, names) => {
  const managed = mode === undefined ? '{' : JSON.stringify({ permissions: { defaultMode: mode } })
  const files = systemFilesOf({ '/etc/claude-code/managed-settings.json': managed })
  const { reader } = homesOf({ alice: 'claude-code', bob: 'codex' })
  const because: Autonomy['because'] = [{ by: 'default', name: 'asks unless told otherwise' }]
  const homes: HomeReader = {
    async readHome(request, options) {
      const findings = await reader.readHome(request, options)
      const sightings = findings.sightings.map((each) => ({ ...each, autonomy: { level: 'asks' as const, because } }))
      return { ...findings, sightings }
    },
  }
  const { sightings } = await discoveryOf({ homes, files }).collect({ signal })
  const told = sightings.flatMap((each) => (each.kind === 'agent' ? [each] : []))
  const [claude, codex] = ['claude-code', 'codex'].map((id) => told.find(({ catalogueId }) => catalogueId === id))
  expect([claude?.autonomy?.level, claude?.autonomy?.because.map(({ name }) => name)]).toEqual([
    level,
    expect.arrayContaining(names),
  ])
  expect(codex?.autonomy).toEqual({ level: 'asks', because })
})

test('reports accounts without a home of their own, and reads one with two names once', async () => {
  const users = [
    ALICE,
    { ...ALICE, name: 'alias' },
    { ...BOB, home: '' },
    { ...BOB, id: '1002', name: 'eve', home: '/' },
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

test('without root rights only the own home is read, and it is said of the others', async () => {
  const { reader, asked } = homesOf()
  const { sources } = await discoveryOf({ homes: reader, userId: '1000' }).collect({ signal })
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

test("an installation of one person does not support another person's process", async () => {
  const discovery = discoveryOf({ processes: processesOf(NODE_TITLED_PI), homes: homesOf({ bob: 'pi' }).reader })
  const { sightings } = await discovery.collect({ signal })
  expect(sightings.map(({ name }) => name)).toEqual(['pi'])
})

test('reads the configuration of a home again for a server that it does not explain', async () => {
  const claude = { ...NODE_TITLED_PI, pid: 20, startTicks: 200, executable: '/usr/local/bin/claude', argv: ['claude'] }
  const child = { ...NODE_TITLED_PI, pid: 21, parentPid: 20, startTicks: 210, sessionId: 7 }
  const server = { ...child, executable: '/usr/bin/node', argv: ['node', '/srv/notes.mjs', '--store', 'x'] }
  const running: ProcessEntry[] = [claude]
  const files = systemFilesOf()
  const forms = launchForms(server.argv, await readLaunchKey(files))
  const notes = mcpServerSighting('5', { client: 'claude-code', user: { id: '1000', name: 'alice' } })
  const tasks: (readonly string[])[] = []
  const configured = { sightings: [notes], launches: forms === undefined ? [] : [{ server: notes.id, forms }] }
  let state: SourceReport['state'] = 'unreadable'
  const homes: HomeReader = {
    async readHome(request) {
      tasks.push([request.user.name, `${request.remember}`, ...request.tasks])
      const user = { id: request.user.id, name: request.user.name }
      const sources = [{ source: 'mcp-servers', user, state, items: 1, durationMs: 0 }]
      return request.tasks.length === 1 ? { ...configured, sources } : { sightings: [], sources: [] }
    },
  }
  const clock = new FakeClock()
  const discovery = discoveryOf({
    homes,
    clock,
    users: async () => [ALICE, BOB],
    files,
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
