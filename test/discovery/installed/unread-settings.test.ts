import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { readMachine } from '../../../src/discovery/homes/read-machine.ts'
import { combined } from '../../../src/discovery/installed/merge-agent-state.ts'
import type { Autonomy } from '../../../src/protocol/sighting.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeFileReader, type FakeNode } from '../../support/fake-file-reader.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

const BYPASS = { permissions: { defaultMode: 'bypassPermissions' } }
const UNREAD = 'settings that cannot be read'

/** Level and reasons, each as its name and the path within the home. */
function shown(home: FixtureHome, autonomy: Autonomy | undefined) {
  const because = autonomy?.because.map(({ name, path = '' }) => `${name} ${path.replace(`${home.path}/`, '')}`.trim())
  return [autonomy?.level, ...(because ?? [])]
}

async function look(home: FixtureHome, id: string) {
  const { sightings, states } = await scanHome(home, 'installed')
  const state = states?.find(({ catalogueId }) => catalogueId === id)
  const agent = sightings.find(({ catalogueId }) => catalogueId === id)
  return { state, installed: agent?.kind === 'agent' ? agent.autonomy : undefined }
}

test.each<[string, string, (home: FixtureHome) => void, readonly unknown[]]>([
  [
    'a link',
    'claude-code',
    (home) => {
      home.write('dot/s.json', BYPASS)
      home.link('.claude/settings.json', '../dot/s.json')
    },
    ['unknown', `${UNREAD} .claude/settings.json`],
  ],
  [
    'in a folder that is a link',
    'claude-code',
    (home) => {
      home.write('dot/claude/settings.json', BYPASS)
      home.link('.claude', 'dot/claude')
    },
    ['unknown', `${UNREAD} .claude/settings.json`],
  ],
  [
    'too long for what is no strict JSON',
    'claude-code',
    (home) => home.write('.claude/settings.json', `// c\n${JSON.stringify({ ...BYPASS, x: 'y'.repeat(1_100_000) })}`),
    ['unknown', `${UNREAD} .claude/settings.json`],
  ],
  [
    'longer than anything that is read',
    'claude-code',
    (home) => home.write('.claude/settings.json', JSON.stringify({ ...BYPASS, x: 'y'.repeat(16 * 1024 * 1024) })),
    ['unknown', `${UNREAD} .claude/settings.json`],
  ],
  [
    'cut in the middle',
    'claude-code',
    (home) => home.write('.claude/settings.json', '{"permissions":{"defaultMode":"bypassPermissions"},'),
    ['unknown', `${UNREAD} .claude/settings.json`],
  ],
  ['a folder', 'codex', (home) => home.write('.codex/config.toml/x', ''), ['unknown', `${UNREAD} .codex/config.toml`]],
  [
    'no TOML',
    'codex',
    (home) => home.write('.codex/config.toml', 'approval_policy = "never"\nx = \n'),
    ['unknown', `${UNREAD} .codex/config.toml`],
  ],
  [
    'unreadable beside others that say that it asks',
    'kilo',
    (home) => {
      home.write('.config/kilo/kilo.json', { permission: 'ask' })
      home.write('.config/kilo/kilo.jsonc', '{')
    },
    ['unknown', `${UNREAD} .config/kilo/kilo.jsonc`, 'permission=ask .config/kilo/kilo.json'],
  ],
  [
    'unreadable beside others that say that it acts',
    'kilo',
    (home) => {
      home.write('.config/kilo/kilo.json', { permission: 'allow' })
      home.write('.config/kilo/kilo.jsonc', '{')
    },
    ['autonomous', 'permission=allow .config/kilo/kilo.json', `${UNREAD} .config/kilo/kilo.jsonc`],
  ],
  [
    'unreadable, of one that acts by default',
    'opencode',
    (home) => home.write('.config/opencode/opencode.json', '{'),
    ['autonomous', 'acts without asking unless told otherwise', `${UNREAD} .config/opencode/opencode.json`],
  ],
  [
    'unreadable, of one that acts by default and is told to ask',
    'opencode',
    (home) => {
      home.write('.config/opencode/opencode.json', '{')
      home.write('.config/opencode/opencode.jsonc', { permission: 'ask' })
    },
    ['unknown', `${UNREAD} .config/opencode/opencode.json`, 'permission=ask .config/opencode/opencode.jsonc'],
  ],
  [
    'unreadable, of which nobody knows what it does by default',
    'amp',
    (home) => home.write('.config/amp/settings.json', '{'),
    ['unknown', `${UNREAD} .config/amp/settings.json`],
  ],
])('settings that are %s (%s)', async (_, id, write, told) => {
  using home = fixtureHome()
  write(home)
  expect(shown(home, (await look(home, id)).state?.autonomy)).toEqual(told)
})

test.each<[string, string, unknown]>([
  ['absent', '.claude/history.jsonl', '{}'],
  ['empty', '.claude/settings.json', {}],
  ['a file of which only what decides nothing is looked for', '.claude.json', '{'],
  ['of a profile, and decide nothing', '.codex/wild.config.toml', 'x = '],
])('settings that are %s leave it to the default', async (_, path, content) => {
  using home = fixtureHome()
  home.write(path, content)
  home.write('.codex/history.jsonl', '{}')
  for (const { autonomy } of (await scanHome(home, 'installed')).states ?? []) {
    expect(shown(home, autonomy)).toEqual(['asks', 'asks unless told otherwise'])
  }
})

test('reports a profile of an editor that is a link, or too many, as unread settings', async () => {
  using home = fixtureHome()
  home.write('dot/settings.json', { 'chat.tools.global.autoApprove': true })
  home.folder('.config/Code/User/profiles')
  home.link('.config/Code/User/profiles/-1a2b', '../../../../dot')
  const autonomy = (await look(home, 'vscode')).state?.autonomy
  expect(shown(home, autonomy)).toEqual(['unknown', `${UNREAD} .config/Code/User/profiles/-1a2b`])
  using crowded = fixtureHome()
  for (let i = 0; i < 300; i++) crowded.folder(`.config/Code/User/profiles/${i}`)
  const many = (await look(crowded, 'vscode')).state?.autonomy
  expect(shown(crowded, many)).toEqual(['unknown', `${UNREAD} .config/Code/User/profiles`])
})

describe('a project where', () => {
  const ASKS = { permissions: { defaultMode: 'plan' } }
  async function lookAt(write: (home: FixtureHome) => void) {
    using home = fixtureHome()
    home.write('.local/lib/node_modules/@anthropic-ai/claude-code/package.json', {
      name: '@anthropic-ai/claude-code',
      version: '2.1.0',
    })
    home.write('.claude.json', { projects: { [home.at('p')]: {} } })
    home.folder('p')
    write(home)
    const { state, installed } = await look(home, 'claude-code')
    const project = state?.projects?.find(({ workspace }) => workspace === home.at('p'))
    return { project: shown(home, project?.autonomy), installed: shown(home, installed) }
  }

  test('the settings are a link leaves open whether the agent acts', async () => {
    const found = await lookAt((home) => {
      home.write('dot.json', BYPASS)
      home.link('p/.claude/settings.json', '../../dot.json')
    })
    expect(found.project).toEqual(['unknown', `${UNREAD} p/.claude/settings.json`])
    expect(found.installed).toEqual([...['unknown', `${UNREAD} p/.claude/settings.json`, 'asks unless told otherwise']])
  })

  test('one file is cut, and the other says that it asks, does too', async () => {
    const found = await lookAt((home) => {
      home.write('p/.claude/settings.json', '{')
      home.write('p/.claude/settings.local.json', ASKS)
    })
    expect(found.project[0]).toBe('unknown')
    expect(found.installed[0]).toBe('unknown')
  })

  test('one file is cut, and the other says that it acts, acts', async () => {
    const found = await lookAt((home) => {
      home.write('p/.claude/settings.json', '{')
      home.write('p/.claude/settings.local.json', BYPASS)
    })
    expect([found.project[0], found.installed[0]]).toEqual(['autonomous', 'autonomous'])
  })

  test('nothing could be read says nothing of an agent that acts everywhere', async () => {
    const found = await lookAt((home) => {
      home.write('p/.claude/settings.json', '{')
      home.write('.claude/settings.json', BYPASS)
    })
    expect(found.installed).toEqual(['autonomous', 'permissions.defaultMode=bypassPermissions .claude/settings.json'])
  })

  test('the agent must not trust it decides nothing', async () => {
    using home = fixtureHome()
    home.write('.claude.json', { projects: { [home.at('p')]: {} } })
    home.write('.codex/config.toml', `[projects."${home.at('p')}"]\ntrust_level = "untrusted"\n`)
    home.write('p/.codex/config.toml', 'approval_policy = \n')
    expect((await look(home, 'codex')).state?.projects).toBeUndefined()
  })
})

describe('settings of an administrator', () => {
  const PATH = '/etc/claude-code/managed-settings.json'
  const lookAt = async (nodes: Readonly<Record<string, FakeNode>>) => {
    const { trusted } = new FakeFileReader(nodes)
    const init = { catalogue: builtInCatalogue() }
    const { states } = await readMachine({ files: trusted, clock: new FakeClock() }, init)
    return states?.find(({ catalogueId }) => catalogueId === 'claude-code')?.autonomy
  }
  const unread: Autonomy = { level: 'unknown', because: [{ by: 'configuration', name: UNREAD, path: PATH }] }

  test.each<[string, Record<string, FakeNode>, Autonomy | undefined]>([
    ['are closed to us', { [PATH]: { fails: 'FILE_UNREADABLE' } }, unread],
    ['are cut', { [PATH]: '{' }, unread],
    ['are not there', {}, undefined],
    ['were there a moment ago', { [PATH]: { fails: 'FILE_ABSENT' } }, undefined],
    [
      'are behind a link, as root has it',
      { [PATH]: { link: '/opt/s.json' }, '/opt/s.json': JSON.stringify({ permissions: { defaultMode: 'plan' } }) },
      { level: 'asks', because: [{ by: 'configuration', name: 'permissions.defaultMode=plan', path: PATH }] },
    ],
  ])('that %s', async (_, nodes, autonomy) => expect(await lookAt(nodes)).toEqual(autonomy))

  const because: Autonomy['because'] = [{ by: 'configuration', name: 'own=1' }]
  test.each<[string, Autonomy, Autonomy | undefined, string]>([
    ['leave open that it asks', unread, { level: 'asks', because }, 'unknown'],
    ['leave open what it does by default', unread, undefined, 'unknown'],
    ['do not hide that it acts', unread, { level: 'autonomous', because }, 'autonomous'],
    ['that say that it asks win over a file that cannot be read', { level: 'asks', because }, unread, 'asks'],
  ])('%s', (_, managed, own, level) => expect(combined(managed, own)?.level).toBe(level))
})
