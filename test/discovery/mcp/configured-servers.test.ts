import { launchForms } from '../../../src/discovery/launch/launch-forms.ts'
import { ConfiguredServers, type HomeServers } from '../../../src/discovery/mcp/configured-servers.ts'
import type { McpServerSighting } from '../../../src/protocol/sighting.ts'
import { findAgents } from '../../support/processes/find-agents.ts'
import { CLAUDE, CODEX, NODE, processRecord } from '../../support/processes/process-record.ts'

const KEY = 'k'
const WEATHER = ['npx', '-y', 'weather', '--x']
const RUNS = [NODE, '/usr/bin/npx', '-y', 'weather', '--x']

function configured(id: string, words: readonly string[], more: Partial<McpServerSighting> = {}): HomeServers {
  const forms = launchForms(words, KEY)
  const owner = more.scope === 'managed' ? {} : { user: { id: '1000', name: 'alice' } }
  return {
    sightings: [
      {
        kind: 'mcp-server',
        id,
        name: id,
        evidence: [],
        client: 'claude-code',
        scope: 'user',
        enabled: true,
        ...owner,
        configuration: '/c',
        transport: 'stdio',
        environment: [],
        unpinned: false,
        shell: false,
        cleartext: false,
        plaintextSecret: false,
        writableByOthers: false,
        launchHash: '0'.repeat(32),
        ...more,
      },
    ],
    launches: forms === undefined ? [] : [{ server: id, forms }],
  }
}

const find = (homes: readonly HomeServers[], argv = RUNS, workspace = '/w/app') =>
  new ConfiguredServers(homes, KEY).find(argv, { client: 'claude-code', userId: '1000', workspace })

test('a running server is that of the entry with the same command', () => {
  const homes = [configured('git', ['uvx', 'git']), configured('weather', WEATHER)]
  expect(find(homes)).toEqual({ id: 'weather', exact: true })
  expect(find(homes, [NODE, '/x/bin/weather', '--x'])).toBeUndefined()
})

test("a server after a wrapper is the wrapper's, unless it equals another whole entry", () => {
  const wrapper = configured('wrapper', ['/x/wrap.sh', 'a'])
  const firstArgv = ['/bin/bash', '/x/wrap.sh', 'a']
  const startedBy = (homes: readonly HomeServers[], first?: readonly string[]) =>
    new ConfiguredServers(homes, KEY).startedBy(
      { argv: RUNS, ...(first === undefined ? {} : { firstArgv: first }) },
      { client: 'claude-code', userId: '1000', workspace: '/w/app' },
    )
  expect(startedBy([wrapper], firstArgv)).toEqual({ id: 'wrapper', exact: true })
  expect(startedBy([wrapper])).toBeUndefined()
  expect(startedBy([wrapper, configured('weather', WEATHER)], firstArgv)?.id).toBe('weather')
  // Alike but for its arguments.
  const alike = configured('alike', [...WEATHER, '--more'])
  expect(startedBy([alike])).toEqual({ id: 'alike', exact: false })
  expect(startedBy([wrapper, alike], firstArgv)?.id).toBe('wrapper')
  expect(startedBy([alike], firstArgv)?.id).toBe('alike')
})

test('an entry counts for every client that reads its file', () => {
  const home = configured('a', WEATHER, { client: 'cursor' })
  const launches = home.launches?.map((launch) => ({ ...launch, alsoOf: ['codex', 'claude-code'] })) ?? []
  expect(find([home])).toBeUndefined()
  expect(find([{ ...home, launches }])).toEqual({ id: 'a', exact: true })
})

test('what is off for one client counts for the others that read its file', () => {
  const launchesFor = (alsoOf: string[], home: HomeServers) =>
    (home.launches ?? []).map((launch) => ({ ...launch, alsoOf }))
  const off = configured('a', WEATHER, { client: 'cursor', enabled: false })
  expect(find([{ ...off, launches: launchesFor(['claude-code'], off) }])).toEqual({ id: 'a', exact: true })
  const own = configured('a', WEATHER, { enabled: false })
  expect(find([{ ...own, launches: launchesFor(['cursor'], own) }])).toBeUndefined()
})

test.each<[string, HomeServers]>([
  ['another client', configured('a', WEATHER, { client: 'codex' })],
  ['another user', configured('a', WEATHER, { user: { id: '1001', name: 'bob' } })],
  ['another project', configured('a', WEATHER, { scope: 'project', workspace: '/w/application' })],
  ['one that is switched off', configured('a', WEATHER, { enabled: false })],
  ['a launch without its entry', { ...configured('a', WEATHER), sightings: [] }],
])('the entry of %s is not taken', (_, home) => expect(find([home])).toBeUndefined())

test('what one home says of an entry of another counts for nothing', () => {
  const { launches = [] } = configured('git', WEATHER)
  expect(find([configured('git', ['uvx', 'git']), { sightings: [], launches }])).toBeUndefined()
})

test("of equal entries, takes the nearest project's, then the user's or the machine's", () => {
  const user = configured('user', WEATHER)
  const machine = configured('machine', WEATHER, { scope: 'managed' })
  const above = configured('above', WEATHER, { scope: 'project', workspace: '/w' })
  const project = configured('project', WEATHER, { scope: 'project', workspace: '/w/app' })
  expect(find([machine, user, above, project])?.id).toBe('project')
  expect(find([machine, user, above])?.id).toBe('above')
  expect(find([machine, user])?.id).toBe('user')
  expect(find([machine])?.id).toBe('machine')
})

test('where several of one rank only resemble it none is taken', () => {
  const one = configured('one', ['npx', 'weather', '$A'])
  const other = configured('other', ['npx', 'weather', '$B'])
  expect(find([one])).toEqual({ id: 'one', exact: false })
  expect(find([one, other])).toBeUndefined()
})

test('two clients with one command: each server belongs to the entry of who started it', () => {
  const servers = new ConfiguredServers(
    [configured('of-claude', WEATHER), configured('of-codex', WEATHER, { client: 'codex' })],
    KEY,
  )
  const records = [
    processRecord(100, CLAUDE, ['claude']),
    processRecord(101, NODE, RUNS, { parentPid: 100 }),
    processRecord(102, NODE, ['node', '/x/.bin/weather', '--x'], { parentPid: 101 }),
    processRecord(200, CODEX, ['codex'], { sessionId: 60 }),
    processRecord(201, NODE, RUNS, { parentPid: 200, sessionId: 60 }),
  ]
  const told = findAgents(records, { servers }).map(({ parts = [] }) =>
    parts.map(({ role, pid, server }) => [role, pid, server]),
  )
  expect(told).toEqual([
    [
      ['agent', 100, undefined],
      ['mcp-server', 101, 'of-claude'],
      ['mcp-server', 102, 'of-claude'],
    ],
    [
      ['agent', 200, undefined],
      ['mcp-server', 201, 'of-codex'],
    ],
  ])
})

test('a tool that runs a server with other arguments is a tool, and no server', () => {
  const servers = new ConfiguredServers([configured('weather', WEATHER)], KEY)
  const role = (argv: readonly string[]) =>
    findAgents(
      [
        processRecord(100, CLAUDE, ['claude']),
        processRecord(101, NODE, argv, { parentPid: 100, sessionId: 101, ttyNumber: 0 }),
      ],
      { servers },
    )[0]?.parts?.[1]?.role
  expect([role(RUNS), role([...RUNS, '--help'])]).toEqual(['mcp-server', 'tool'])
})

test('what one home says now replaces what it said, and nothing of others', () => {
  const servers = new ConfiguredServers(
    [configured('git', ['uvx', 'git']), configured('machine', ['npx', 'all'], { scope: 'managed' })],
    KEY,
  )
  const who = { client: 'claude-code', userId: '1000', workspace: '/w' }
  const idOf = (...argv: string[]) => servers.find(argv, who)?.id
  servers.replace('1001', configured('other', WEATHER, { user: { id: '1001', name: 'bob' } }))
  expect([idOf('uvx', 'git'), idOf(...RUNS)]).toEqual(['git', undefined])
  servers.replace('1000', configured('weather', WEATHER))
  expect([idOf('uvx', 'git'), idOf(...RUNS), idOf('npx', 'all')]).toEqual([undefined, 'weather', 'machine'])
})
