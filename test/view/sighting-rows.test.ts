import type { AgentFileSighting, McpServerSighting } from '../../src/protocol/sighting.ts'
import { reachOf, sightingRow } from '../../src/view/sighting-rows.ts'
import { extensionSighting, mcpServerSighting } from '../support/sample-sightings.ts'

const STATE = 4

test.each([
  [{ enabled: true }, 'enabled'],
  [{ enabled: false, enabledIn: ['/srv/app'] }, 'disabled, on in /srv/app'],
  [{ enabled: true, disabledIn: ['/srv/a', '/srv/b', '/srv/c'] }, 'enabled, off in /srv/a and 2 more'],
  [{ enabled: 'unknown', enabledIn: ['/srv/a'], disabledIn: ['/srv/b'] }, 'unknown, on in /srv/a, off in /srv/b'],
] as const)('the state of an extension: %j', (changes, words) => {
  const { enabledIn, disabledIn } = { enabledIn: undefined, disabledIn: undefined, ...changes }
  const folders = {
    ...(enabledIn === undefined ? {} : { enabledIn: [...enabledIn] }),
    ...(disabledIn === undefined ? {} : { disabledIn: [...disabledIn] }),
  }
  expect(sightingRow(extensionSighting('1', { enabled: changes.enabled, ...folders })).cells[STATE]).toBe(words)
})

test('an AI extension that is on in one folder alone is pointed out like one that is on', () => {
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
  ownerUid: 1000,
  sizeBytes: 6,
  invisibleUnicode: true,
  writableByOthers: false,
}

test.each([
  [undefined, 'skill', 'warning'],
  [true, 'skill', 'warning'],
  [false, 'skill, disabled', undefined],
  ['unknown', 'skill, unknown', 'warning'],
] as const)('a file of a plugin that is %s', (enabled, words, tone) => {
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
  [{ command: 'mcp-remote', endpoint: 'https://h' }, 'https://h'],
  [{ command: '/opt/a' }, '/opt/a'],
  [{}, '-'],
])('an MCP server with %j starts or reaches %s', (changes, reach) => {
  const { command: _, ...server } = mcpServerSighting('1')
  expect(reachOf({ ...server, ...changes })).toBe(reach)
})
