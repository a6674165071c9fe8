import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

/** Files that agents of today read, as their programs say: OpenCode 1.18, Kilo 7.7, @cline/shared 0.0.86, Gemini CLI 0.61, Qwen Code 0.15, Codex 0.171, Claude Code 2.1.332, pi 0.74, Kimi Code 2.1. */

/** In the home, and in a project below `app`. */
test.each<[client: string, kind: string, ...paths: string[]]>([
  ['opencode', 'skill', 'app/.opencode/skill/a/SKILL.md'],
  ['opencode', 'command', '.config/opencode/commands/a.md', 'app/.opencode/commands/a.md'],
  ['opencode', 'subagent', '.config/opencode/agents/a.md', 'app/.opencode/agents/a.md'],
  ['kilo', 'skill', '.kilo/skills/a/SKILL.md', 'app/.kilo/skills/a/SKILL.md', 'app/.kilocode/skills/a/SKILL.md'],
  ['kilo', 'command', '.config/kilo/command/a.md', 'app/.kilo/commands/a.md'],
  ['kilo', 'subagent', '.config/kilo/agents/a.md', 'app/.kilo/agent/a.md'],
  ['kilo', 'plugin', '.config/kilo/plugin/a.ts', 'app/.kilo/plugins/a.js'],
  [
    'cline-cli',
    'skill',
    '.cline/skills/a/SKILL.md',
    'app/.cline/skills/a/SKILL.md',
    'app/.clinerules/skills/a/SKILL.md',
  ],
  ['cline-cli', 'instructions', '.cline/rules/a.md', 'app/.cline/rules/a.md', 'Cline/Rules/a.md', '.agents/AGENTS.md'],
  ['cline-cli', 'hook', 'app/.cline/hooks/PreToolUse'],
  ['cline-cli', 'command', '.cline/workflows/a.md', 'Documents/Cline/Workflows/a.md', 'app/.clinerules/workflows/a.md'],
  ['cline-cli', 'subagent', '.cline/agents/a.yml', 'app/.cline/agents/a.yml'],
  ['cline-cli', 'plugin', '.cline/plugins/a.ts', '.cline/plugins/b/index.js', 'app/.cline/plugins/c/plugin.json'],
  ['gemini-cli', 'skill', 'app/.gemini/skills/a/SKILL.md'],
  ['gemini-cli', 'subagent', '.gemini/agents/a.md', 'app/.gemini/agents/a.md'],
  ['gemini-cli', 'command', '.gemini/commands/git/a.toml', 'app/.gemini/commands/git/a.toml'],
  ['qwen-code', 'skill', 'app/.qwen/skills/a/SKILL.md'],
  ['qwen-code', 'instructions', '.qwen/rules/a.md', 'app/.qwen/rules/a.md'],
  ['qwen-code', 'command', '.qwen/commands/a.md', 'app/.qwen/commands/git/a.toml'],
  ['codex', 'instructions', '.codex/AGENTS.override.md', 'app/AGENTS.override.md'],
  ['claude-code', 'instructions', '.claude/output-styles/a.md', 'app/.claude/output-styles/a.md'],
  ['pi', 'skill', 'app/.pi/skills/a/SKILL.md'],
  ['pi', 'instructions', '.pi/agent/SYSTEM.md', 'app/.pi/SYSTEM.md'],
  ['pi', 'command', '.pi/agent/prompts/a.md', 'app/.pi/prompts/a.md'],
  ['copilot-cli', 'instructions', '.copilot/copilot-instructions.md', '.copilot/instructions/a/b.instructions.md'],
  ['copilot-cli', 'instructions', 'app/.github/instructions/a/b.instructions.md'],
  ['auggie', 'skill', 'app/.augment/skills/a/SKILL.md'],
  ['auggie', 'instructions', '.augment/rules/a.md', 'app/.augment/rules/a.md'],
  ['auggie', 'command', '.augment/commands/a.md', 'app/.augment/commands/a.md'],
  ['auggie', 'subagent', '.augment/agents/a.md', 'app/.augment/agents/a.md'],
  ['vscode:rooveterinaryinc.roo-cline', 'instructions', '.roo/rules-code/a.md', 'app/.roo/rules-ask/a.txt'],
  ['vscode:rooveterinaryinc.roo-cline', 'instructions', '.roo/rules/more/a.md', 'app/.roo/rules/more/a.md'],
  ['windsurf', 'command', 'app/.windsurf/workflows/a.md'],
  ['windsurf', 'skill', 'app/.windsurf/skills/a/SKILL.md'],
  ['kimi-code', 'skill', '.kimi-code/skills/a/SKILL.md'],
  ['kimi-code', 'instructions', '.kimi-code/AGENTS.md', 'app/.kimi-code/AGENTS.md'],
])('%s: reports each %s', async (client, kind, ...paths) => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  home.folder('app')
  for (const path of paths) home.write(path, 'x')
  const { sightings } = await scanHome(home, 'agent-files')
  const files = sightings.flatMap((each) => (each.kind === 'agent-file' ? [each] : []))
  expect(files.map((each) => [each.client, each.fileKind, each.path]).sort()).toEqual(
    paths.map((path) => [client, kind, home.at(path)]).sort(),
  )
})

test('Auggie: reports its hooks and what they run', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  const hooks = (command: string) => ({
    hooks: { PreToolUse: [{ matcher: '.*', hooks: [{ type: 'command', command }] }] },
  })
  home.write('.augment/settings.json', hooks('~/.augment/mine.sh'))
  home.write('.augment/mine.sh', '')
  home.write('app/.augment/settings.local.json', hooks('./check.sh'))
  home.write('app/check.sh', '')
  const { sightings } = await scanHome(home, 'agent-files')
  const told = sightings.map((each) =>
    each.kind === 'agent-file' ? `${each.client} ${each.fileKind} ${each.name}` : '',
  )
  expect(told.sort()).toEqual(
    ['check.sh', 'mine.sh', 'settings.json', 'settings.local.json'].map((name) => `auggie hook ${name}`),
  )
})

test.each([
  ['opencode', '.config/opencode/config.json'],
  ['kilo', '.config/kilo/config.json'],
  ['kilo', '.config/kilo/opencode.json'],
  ['kilo', '.config/kilo/opencode.jsonc'],
])('%s: reports servers in %s', async (client, path) => {
  using home = fixtureHome()
  home.write(path, { mcp: { a: { type: 'local', command: ['npx', '-y', 'some-mcp'], enabled: true } } })
  const { sightings } = await scanHome(home, 'mcp')
  expect(sightings).toMatchObject([{ client, name: 'a', enabled: true, package: { name: 'some-mcp' } }])
})

test('OpenCode: reports what its oldest file allows, and the plugins it names', async () => {
  using home = fixtureHome()
  home.write('.config/opencode/config.json', { permission: 'allow', plugin: ['some-plugin@1.0.0'] })
  const { states } = await scanHome(home, 'installed')
  expect(states?.map(({ catalogueId, autonomy }) => [catalogueId, autonomy?.level])).toEqual([
    ['opencode', 'autonomous'],
  ])
  const { sightings } = await scanHome(home, 'agent-files')
  expect(sightings).toMatchObject([
    {
      client: 'opencode',
      fileKind: 'plugin',
      evidence: ['settings of OpenCode with 1 plugins', 'plugin some-plugin@1.0.0'],
    },
  ])
})
