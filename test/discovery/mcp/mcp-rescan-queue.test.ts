import { UnexplainedServers } from '../../../src/discovery/mcp/mcp-rescan-queue.ts'
import type { AgentPart, AgentSighting } from '../../../src/protocol/sighting.ts'

const ALICE = { id: '1000', name: 'alice' }
const part = (pid: number, more: Partial<AgentPart> = {}): AgentPart => ({
  role: 'mcp-server',
  pid,
  startTicks: pid * 10,
  parentPid: 1,
  executable: '/x',
  because: 'child',
  ...more,
})
const agent = (parts: AgentPart[], user: AgentSighting['user'] = ALICE): AgentSighting => ({
  kind: 'agent',
  id: '1'.repeat(32),
  name: 'a',
  evidence: [],
  state: 'running',
  agentKind: 'cli-agent',
  parts,
  ...(user === undefined ? {} : { user }),
})

/** Whose homes are due at this time, after a look that showed these. */
function due(servers: UnexplainedServers, nowMs: number, ...agents: AgentSighting[]): string[] {
  servers.see(agents)
  return [...servers.take(nowMs)]
}

test('a server that no entry explains has the home of its agent read once', () => {
  const servers = new UnexplainedServers()
  expect(due(servers, 0, agent([part(7)]))).toEqual(['1000'])
  expect(due(servers, 600_000, agent([part(7)]))).toEqual([])
  // Another process with its number.
  expect(due(servers, 600_000, agent([part(7, { startTicks: 71 })]))).toEqual(['1000'])
})

test.each<[string, AgentSighting]>([
  ['one that is explained', agent([part(7, { server: '2'.repeat(32) })])],
  ['a tool', agent([part(7, { role: 'tool' })])],
  ['a helper', agent([part(7, { role: 'helper' })])],
  ['one of nobody', { ...agent([part(7)]), user: undefined } as unknown as AgentSighting],
])('%s is no reason', (_, seen) => {
  expect(due(new UnexplainedServers(), 0, seen)).toEqual([])
})

test('what nothing explained when everything was read is no reason later', () => {
  const servers = new UnexplainedServers()
  servers.allRead([agent([part(7)])])
  expect(due(servers, 0, agent([part(7)]))).toEqual([])
  expect(due(servers, 0, agent([part(7), part(8)]))).toEqual(['1000'])
})

test('reads a home once a minute for any number of servers, and forgets no waiting one', () => {
  const servers = new UnexplainedServers()
  const parts: AgentPart[] = []
  const reads: number[] = []
  for (let second = 0; second <= 180; second++) {
    if (second < 100) parts.push(part(100 + second))
    if (due(servers, second * 1000, agent(parts), agent([part(5)], { id: '1001', name: 'bob' })).includes('1000'))
      reads.push(second)
  }
  expect(reads).toEqual([0, 60, 120])
})

test('keeps a limited number of owners of a crowd', () => {
  const servers = new UnexplainedServers()
  const crowd = Array.from({ length: 10_000 }, (_, uid) => agent([part(uid)], { id: `${uid}`, name: `${uid}` }))
  expect(due(servers, 0, ...crowd)).toHaveLength(4_096)
})
