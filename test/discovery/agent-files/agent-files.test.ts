import { createHash } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { ALICE, scanHome } from '../../support/homes/scan-home.ts'

async function look(home: FixtureHome) {
  const { sightings, sources } = await scanHome(home, 'agent-files')
  const files = sightings.flatMap((sighting) => (sighting.kind === 'agent-file' ? [sighting] : []))
  const found = files.map(({ client, fileKind, scope, path }) => [
    client,
    fileKind,
    scope,
    path.replace(home.path, '~'),
  ])
  const told = sources.map(({ state, path, reason }) => [state, path?.replace(home.path, '~'), reason])
  return { files, found: found.sort(), told, json: JSON.stringify([sightings, sources]) }
}

test('reports a file of instructions by owner, size and hash, and never its content', async () => {
  using home = fixtureHome()
  const text = 'canary: always say yes\n'
  home.write('.claude/CLAUDE.md', text)
  const { files, json } = await look(home)
  expect(files).toEqual([
    {
      kind: 'agent-file',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'CLAUDE.md',
      catalogueId: 'claude-code',
      vendor: 'Anthropic',
      user: ALICE,
      evidence: ['instructions of Claude Code'],
      fileKind: 'instructions',
      client: 'claude-code',
      scope: 'user',
      path: home.at('.claude/CLAUDE.md'),
      owner: ALICE.id,
      sizeBytes: text.length,
      sha256: createHash('sha256').update(text).digest('hex'),
      invisibleUnicode: false,
      writableByOthers: false,
    },
  ])
  expect(json).not.toContain('canary')
})

test('finds files of every kind: of the person, of projects and of the folders above', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('code/app')]: {} } })
  for (const path of [
    ...['.claude/skills/pdf/SKILL.md', '.claude/commands/deploy.md', '.claude/agents/reviewer.md'],
    ...['.agents/skills/shared/SKILL.md', '.gemini/extensions/sec/gemini-extension.json'],
    ...['.config/opencode/plugin/log.ts', '.claude/plugins/cache/market/tool/1.0/.claude-plugin/plugin.json'],
    ...[
      'code/AGENTS.md',
      'code/app/CLAUDE.md',
      'code/app/.cursor/rules/style.mdc',
      'code/app/.github/copilot-instructions.md',
    ],
    '.gemini/policies/mine.toml',
    ...['code/app/.clinerules/one.md', '.claude/plugins/cache/market/tool/1.0/skills/x/SKILL.md'],
  ]) {
    home.write(path, 'text')
  }
  const { found } = await look(home)
  expect(found).toEqual(
    [
      ['claude-code', 'skill', 'user', '~/.claude/skills/pdf/SKILL.md'],
      ['claude-code', 'command', 'user', '~/.claude/commands/deploy.md'],
      ['claude-code', 'subagent', 'user', '~/.claude/agents/reviewer.md'],
      ['claude-code', 'plugin', 'plugin', '~/.claude/plugins/cache/market/tool/1.0/.claude-plugin/plugin.json'],
      ['claude-code', 'skill', 'plugin', '~/.claude/plugins/cache/market/tool/1.0/skills/x/SKILL.md'],
      ['claude-code', 'instructions', 'project', '~/code/app/CLAUDE.md'],
      ['codex', 'skill', 'user', '~/.agents/skills/shared/SKILL.md'],
      ['codex', 'instructions', 'project', '~/code/AGENTS.md'],
      ['gemini-cli', 'plugin', 'plugin', '~/.gemini/extensions/sec/gemini-extension.json'],
      ['gemini-cli', 'policy', 'user', '~/.gemini/policies/mine.toml'],
      ['opencode', 'plugin', 'user', '~/.config/opencode/plugin/log.ts'],
      ['cursor', 'instructions', 'project', '~/code/app/.cursor/rules/style.mdc'],
      ['copilot-cli', 'instructions', 'project', '~/code/app/.github/copilot-instructions.md'],
      ['cline-cli', 'instructions', 'project', '~/code/app/.clinerules/one.md'],
    ].sort(),
  )
})

test('reports hooks by the settings that name them and their files, not their commands', async () => {
  using home = fixtureHome()
  const hook = (command: string) => ({ matcher: 'canary', hooks: [{ type: 'command', command }] })
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  home.write('bin/guard.sh', 'x')
  home.write('app/check.py', 'x')
  home.write('.claude/settings.json', {
    hooks: {
      PreToolUse: [hook(`~/bin/guard.sh --token canary`), hook('curl https://canary.example')],
      Stop: [hook('$HOME/absent.sh'), hook('cat /etc/passwd ~/../bin/x')],
    },
  })
  home.write('app/.claude/settings.json', { hooks: { Stop: [hook('python3 "$CLAUDE_PROJECT_DIR"/check.py')] } })
  home.write('.gemini/settings.json', { hooks: {} })
  const { found, files, json } = await look(home)
  expect(found).toEqual([
    ['claude-code', 'hook', 'project', '~/app/.claude/settings.json'],
    ['claude-code', 'hook', 'project', '~/app/check.py'],
    ['claude-code', 'hook', 'user', '~/.claude/settings.json'],
    ['claude-code', 'hook', 'user', '~/bin/guard.sh'],
  ])
  expect(files.find(({ path }) => path.endsWith('.claude/settings.json'))?.evidence).toEqual([
    'settings of Claude Code with 4 hooks',
  ])
  expect(json).not.toContain('canary')
})

test.each<[string, (home: FixtureHome) => void, unknown[]]>([
  ['a link', (home) => home.link('.claude/CLAUDE.md', '/etc/passwd'), ['unreadable', '~/.claude/CLAUDE.md']],
  [
    'too much text',
    (home) => home.write('.claude/CLAUDE.md', 'x'.repeat(3 * 1024 * 1024)),
    ['too-large', '~/.claude/CLAUDE.md'],
  ],
  [
    'settings cut in the middle',
    (home) => home.write('.claude/settings.json', '{"hooks":{"Stop":[{"co'),
    ['malformed', '~/.claude/settings.json'],
  ],
])('reports %s as a fault of its source', async (_, plant, fault) => {
  using home = fixtureHome()
  plant(home)
  const { told } = await look(home)
  expect(told[0]?.slice(0, 2)).toEqual(fault)
})

test('reports a file that is too large without a hash, and one that others may write', async () => {
  using home = fixtureHome()
  home.write('.claude/CLAUDE.md', 'x'.repeat(3 * 1024 * 1024))
  home.write('.codex/AGENTS.md', 'x')
  chmodSync(home.at('.codex/AGENTS.md'), 0o666)
  const { files } = await look(home)
  expect(files.map(({ client, sha256, writableByOthers }) => [client, sha256?.length, writableByOthers])).toEqual([
    ['claude-code', undefined, false],
    ['codex', 64, true],
  ])
})

test('of a file with invisible text that is said, and nothing of the text', async () => {
  using home = fixtureHome()
  home.write('.claude/CLAUDE.md', `\u00e9${'\u200c\u200d'.repeat(100)}`)
  home.write('.codex/AGENTS.md', 'caf\u00e9')
  const { files } = await look(home)
  expect(files.map(({ client, invisibleUnicode }) => [client, invisibleUnicode])).toEqual([
    ['claude-code', true],
    ['codex', false],
  ])
})
