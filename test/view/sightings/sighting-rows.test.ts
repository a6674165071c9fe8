import type { AgentFileSighting, McpServerSighting } from '../../../src/protocol/sighting.ts'
import { agentCounts, reachOf, sightingRow } from '../../../src/view/sightings/sighting-rows.ts'
import {
  agentSighting,
  extensionSighting,
  mcpServerSighting,
  unknownAgent,
} from '../../support/protocol/sample-sightings.ts'

const STATE = 4

test.each([
  [{ enabled: true }, 'enabled'],
  [{ enabled: false, enabledIn: ['/srv/app'] }, 'disabled, on in /srv/app'],
  [{ enabled: true, disabledIn: ['/srv/a', '/srv/b', '/srv/c'] }, 'enabled, off in /srv/a and 2 more'],
  [{ enabled: 'unknown', enabledIn: ['/srv/a'], disabledIn: ['/srv/b'] }, 'not known, on in /srv/a, off in /srv/b'],
] as const)('shows the state of an extension: %j', (changes, words) => {
  const { enabledIn, disabledIn } = { enabledIn: undefined, disabledIn: undefined, ...changes }
  const folders = {
    ...(enabledIn === undefined ? {} : { enabledIn: [...enabledIn] }),
    ...(disabledIn === undefined ? {} : { disabledIn: [...disabledIn] }),
  }
  expect(sightingRow(extensionSighting('1', { enabled: changes.enabled, ...folders })).cells[STATE]).toBe(words)
})

const BY = { stop: `stop_${'A'.repeat(22)}`, by: 'grace', reason: 'incident 42' }

test.each([
  ['one stop', agentSighting('1', { frozenBy: [BY] }), 'FROZEN by grace (incident 42)'],
  ['without a reason', agentSighting('1', { frozenBy: [{ ...BY, reason: '' }] }), 'FROZEN by grace'],
  ['by two', agentSighting('1', { frozenBy: [BY, BY] }), 'FROZEN by grace (incident 42) and 1 more'],
  ['an unrecognised one', unknownAgent('1', { frozenBy: [BY] }), 'UNRECOGNISED, FROZEN by grace (incident 42)'],
  [
    'a long reason',
    agentSighting('1', { frozenBy: [{ ...BY, reason: 'x'.repeat(99) }] }),
    `FROZEN by grace (${'x'.repeat(59)}…)`,
  ],
  ['none', agentSighting('1'), 'running'],
])('says of a frozen agent who froze it: %s', (_name, agent, words) => {
  const { cells, tone } = sightingRow(agent)
  expect(cells[1]).toBe(words)
  expect(tone === 'bad').toBe(agent.frozenBy !== undefined)
})

test('counts frozen agents among the running ones', () => {
  expect(
    agentCounts([
      agentSighting('1', { frozenBy: [BY] }),
      agentSighting('2'),
      agentSighting('3', { state: 'installed' }),
    ]),
  ).toBe('2 running, 1 installed; of these 1 FROZEN')
})

test('warns of an AI extension that is enabled in one folder', () => {
  const reaching = { ai: true, broadHosts: true, enabled: false }
  const toneOf = (enabledIn: string[]) => sightingRow(extensionSighting('1', { ...reaching, enabledIn })).tone
  expect([toneOf([]), toneOf(['/srv/app'])]).toEqual([undefined, 'warning'])
})

const SKILL: AgentFileSighting = {
  kind: 'agent-file',
  id: '1'.repeat(32),
  name: 'deploy',
  evidence: [],
  fileKind: 'skill',
  client: 'claude-code',
  scope: 'plugin',
  path: '/home/alice/.claude/plugins/cache/acme/tools/1.2.0/skills/deploy/SKILL.md',
  owner: '1000',
  sizeBytes: 6,
  invisibleUnicode: true,
  writableByOthers: false,
}

test.each([
  [undefined, 'skill', 'warning'],
  [true, 'skill', 'warning'],
  [false, 'skill, disabled', undefined],
  ['unknown', 'skill, not known', 'warning'],
] as const)('shows a file of a plugin that is %s', (enabled, words, tone) => {
  const { cells, tone: told } = sightingRow({ ...SKILL, ...(enabled === undefined ? {} : { enabled }) })
  expect([cells[1], told]).toEqual([words, tone])
})

test.each<[Partial<McpServerSighting>, string]>([
  [{ command: 'npx', package: { ecosystem: 'npm', name: 'a' } }, 'npm a'],
  [
    { command: 'npx', package: { ecosystem: 'npm', name: 'mcp-remote' }, endpoint: 'https://h' },
    'npm mcp-remote https://h',
  ],
  [{ command: 'node', runs: { kind: 'script', name: 'a.js' } }, 'node script a.js'],
  [
    { command: 'npx', package: { ecosystem: 'npm', name: 'a' }, runs: { kind: 'address', name: 'evil.example' } },
    'npm a address evil.example',
  ],
  [{ command: 'mcp-remote', endpoint: 'https://h' }, 'https://h'],
  [{ command: '/opt/a' }, '/opt/a'],
  [{}, '-'],
])('shows what an MCP server starts or reaches: %j is %s', (changes, reach) => {
  const { command: _, ...server } = mcpServerSighting('1')
  expect(reachOf({ ...server, ...changes })).toBe(reach)
})

describe('counts what the rows show', () => {
  const autonomous = { autonomy: { level: 'autonomous' as const, because: [] } }
  const asks = { autonomy: { level: 'asks' as const, because: [] } }
  test.each([
    [[], '0 running, 0 installed'],
    [[agentSighting('1'), agentSighting('2', { state: 'installed', ...asks })], '1 running, 1 installed'],
    [[agentSighting('1', { state: 'installed', ...autonomous })], '0 running, 1 installed; of these 1 AUTONOMOUS'],
    [
      [
        agentSighting('1', autonomous),
        agentSighting('2', { state: 'installed', ...autonomous }),
        unknownAgent('3', autonomous),
        unknownAgent('4', { state: 'installed' }),
      ],
      '2 running, 2 installed; of these 2 UNRECOGNISED, 3 AUTONOMOUS',
    ],
  ])('%#', (agents, counts) => {
    expect(agentCounts(agents)).toBe(counts)
    const rows = agents.map((agent) => sightingRow(agent).cells.join(' '))
    for (const word of ['UNRECOGNISED', 'AUTONOMOUS']) {
      const count = rows.filter((row) => row.includes(word)).length
      expect(counts.includes(word) ? counts : `0 ${word}`).toContain(`${count} ${word}`)
    }
  })
})
