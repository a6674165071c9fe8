import type { AgentFileSighting } from '../../src/protocol/sighting.ts'
import { sightingRow } from '../../src/view/sighting-rows.ts'
import { extensionSighting } from '../support/sample-sightings.ts'

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
