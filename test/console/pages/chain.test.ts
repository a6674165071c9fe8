import { type ChainFacts, chainOf, walk } from '../../../src/console/pages/agents/chain.ts'
import type { McpServerSighting } from '../../../src/protocol/sighting.ts'
import { ADA, AGENT, REGISTRATION } from '../seen/an-agent.ts'

const FACTS: ChainFacts = {
  agent: AGENT,
  sighting: undefined,
  servers: [],
  device: undefined,
  registration: undefined,
}

function server(number: number, more: Partial<McpServerSighting> = {}): McpServerSighting {
  return {
    kind: 'mcp-server',
    id: String(number).padStart(32, '0'),
    name: `server ${number}`,
    evidence: [],
    client: 'deskbot',
    scope: 'user',
    configuration: '/home/ada/.deskbot/mcp.json',
    enabled: true,
    transport: 'stdio',
    environment: [],
    unpinned: false,
    shell: false,
    cleartext: false,
    plaintextSecret: false,
    writableByOthers: false,
    launchHash: '0'.repeat(32),
    ...more,
  }
}

const personOf = (facts: ChainFacts) => chainOf(facts, true).nodes[0]
const { human: _, ...UNNAMED } = AGENT
const { proposedOwner: __, ...OF_NOBODY } = UNNAMED

test('the owner of the registration answers, on any account', () => {
  const registration = { ...REGISTRATION, owner: 'hum_BBBBBBBBBBBBBBBBBBBBBA', ownerName: 'Bob Kask' }
  expect(personOf({ ...FACTS, registration })).toMatchObject({ name: 'Bob Kask', known: 'decided' })
})

test('a confirmed account is decided', () => {
  expect(personOf(FACTS)).toMatchObject({ name: 'Ada Lind', known: 'decided', href: `/people/${ADA}` })
})

test.each([
  ['an account that is not confirmed', { ...AGENT, human: { id: ADA, name: 'Ada Lind', confirmed: false } }],
  ['the owner of the device', UNNAMED],
  ['a name that no person has', OF_NOBODY],
] as const)('%s is not shown as decided', (_name, agent) => {
  expect(personOf({ ...FACTS, agent })).not.toHaveProperty('known')
})

test('a device whose key is not known to be in hardware is not shown as proven', () => {
  expect(chainOf(FACTS, true).nodes[1]).toMatchObject({ kind: 'device', known: 'reported' })
})

test('a frozen agent looks frozen', () => {
  const agent = { ...AGENT, frozen: 1 }
  expect(chainOf({ ...FACTS, agent }, true).nodes[2]).toMatchObject({ about: 'FROZEN', state: 'frozen' })
})

test('a server says its worst risk, unless it is switched off', () => {
  const servers = [
    server(1, { plaintextSecret: true, unpinned: true }),
    server(2, { plaintextSecret: true, enabled: false }),
    server(3, { package: { ecosystem: 'npm', name: 'server-files' } }),
  ]
  const [, , , ...shown] = chainOf({ ...FACTS, servers }, true).nodes
  expect(shown.map(({ about, state }) => [about, state])).toEqual([
    ['secret in clear text', 'risky'],
    ['switched off', undefined],
    ['stdio · server-files', undefined],
  ])
})

test('a server has the tools that the settings name, by what may happen to them', () => {
  const tools = [
    { name: 'rm', state: 'disabled' },
    { name: '*', state: 'allowed' },
    { name: 'ls', state: 'allowed' },
  ] as const
  const servers = [server(1, { tools: [...tools], moreToolsCount: 3 }), server(2)]
  const [, , , ...shown] = chainOf({ ...FACTS, servers }, true).nodes
  expect(shown.map(({ more }) => more)).toEqual([['without asking: all, ls', 'off: rm', '3 more named'], undefined])
})

test('the picture has ten servers at most and counts the rest; the table has all', () => {
  const servers = Array.from({ length: 12 }, (_one, number) => server(number))
  const picture = chainOf({ ...FACTS, servers }, false)
  expect(picture.nodes.filter(({ kind }) => kind === 'server')).toHaveLength(9)
  expect(picture.nodes.at(-1)).toMatchObject({ kind: 'more', name: 'and 3 more' })
  expect(chainOf({ ...FACTS, servers }, true).nodes.filter(({ kind }) => kind === 'server')).toHaveLength(12)
})

const CHAIN = chainOf({ ...FACTS, servers: [server(1), server(2)] }, false)
const [FIRST, SECOND] = CHAIN.nodes.slice(3).map(({ id }) => id)

test.each([
  ['person', 'ArrowRight', 'device'],
  ['device', 'ArrowRight', 'agent'],
  ['agent', 'ArrowRight', FIRST],
  ['agent', 'ArrowLeft', 'device'],
  [FIRST, 'ArrowDown', SECOND],
  [SECOND, 'ArrowUp', FIRST],
  [SECOND, 'ArrowLeft', 'agent'],
  [SECOND, 'Home', 'person'],
  ['person', 'ArrowLeft', undefined],
  ['person', 'ArrowDown', undefined],
  [SECOND, 'ArrowDown', undefined],
  [FIRST, 'ArrowUp', undefined],
  [FIRST, 'ArrowRight', undefined],
  ['agent', 'Enter', undefined],
])('from %s %s leads to %s', (at = '', key = '', to) => {
  expect(walk(CHAIN, at, key)).toBe(to)
})
