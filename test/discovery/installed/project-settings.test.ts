import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

describe('a project of Codex', () => {
  const trusted = (folder: string, level: string) => `[projects."${folder}"]\ntrust_level = "${level}"\n`
  /** Codex as installed in a home that works in `folder`, and what its projects say. */
  async function lookAt(files: Readonly<Record<string, unknown>>, folder: string, said: readonly [string, string][]) {
    using home = fixtureHome()
    home.write('.local/lib/node_modules/@openai/codex/package.json', { name: '@openai/codex', version: '1.0.0' })
    home.write('.claude.json', { projects: { [home.at(folder)]: {} } })
    home.write('.codex/config.toml', said.map(([at, level]) => trusted(home.at(at), level)).join(''))
    for (const [path, content] of Object.entries(files)) home.write(path, content)
    home.folder(folder)
    const { sightings, states } = await scanHome(home, 'installed')
    const agent = sightings.find(({ catalogueId }) => catalogueId === 'codex')
    const projects = states?.find(({ catalogueId }) => catalogueId === 'codex')?.projects ?? []
    return {
      installed: agent?.kind === 'agent' ? agent.autonomy?.level : undefined,
      // Codex has worked in those that it was told of, too.
      project: projects
        .filter(({ workspace }) => workspace === home.at(folder))
        .map(({ autonomy, trust }) => [
          autonomy.level,
          trust,
          ...autonomy.because.map(({ path = '' }) => path.slice(home.path.length + 1)),
        ])[0],
    }
  }
  const NEVER = 'approval_policy = "never"\n'
  const ASKS = 'approval_policy = "on-request"\n'
  const GIT = { 'w/p/.git/HEAD': 'x' }

  test.each<[string, Record<string, unknown>, string, [string, string][], string, unknown[] | undefined]>([
    [
      'that is trusted counts',
      { 'w/p/.codex/config.toml': NEVER },
      'w/p',
      [['w/p', 'trusted']],
      'autonomous',
      ['autonomous', 'given', 'w/p/.codex/config.toml'],
    ],
    [
      'that is not trusted says nothing',
      { 'w/p/.codex/config.toml': NEVER },
      'w/p',
      [['w/p', 'untrusted']],
      'asks',
      undefined,
    ],
    [
      'of which nobody said whether it is trusted may count',
      { 'w/p/.codex/config.toml': NEVER },
      'w/p',
      [['w/q', 'trusted']],
      'unknown',
      ['autonomous', 'unknown', 'w/p/.codex/config.toml'],
    ],
    [
      'that asks hangs on no trust',
      { 'w/p/.codex/config.toml': ASKS },
      'w/p',
      [],
      'asks',
      ['asks', undefined, 'w/p/.codex/config.toml'],
    ],
    [
      'below the root of its repository is told by that',
      { ...GIT, 'w/p/.codex/config.toml': NEVER },
      'w/p/sub/deep',
      [['w/p', 'trusted']],
      'autonomous',
      ['autonomous', 'given', 'w/p/.codex/config.toml'],
    ],
    [
      'below a root that is not trusted is not',
      { ...GIT, 'w/p/.codex/config.toml': NEVER, 'w/p/sub/.codex/config.toml': ASKS },
      'w/p/sub',
      [['w/p', 'untrusted']],
      'asks',
      undefined,
    ],
    [
      'below a root of which nothing is said may be told by that',
      { ...GIT, 'w/p/.codex/config.toml': NEVER },
      'w/p/sub',
      [['w/p/sub', 'trusted']],
      'unknown',
      ['autonomous', 'unknown', 'w/p/.codex/config.toml'],
    ],
    [
      'below a root is told by its own file, too',
      { ...GIT, 'w/p/.codex/config.toml': ASKS, 'w/p/sub/.codex/config.toml': NEVER },
      'w/p/sub',
      [['w/p', 'trusted']],
      'autonomous',
      ['autonomous', 'given', 'w/p/sub/.codex/config.toml', 'w/p/.codex/config.toml'],
    ],
    [
      'is not told by what lies above its repository',
      { ...GIT, 'w/.codex/config.toml': NEVER },
      'w/p/sub',
      [
        ['w', 'trusted'],
        ['w/p', 'trusted'],
      ],
      'autonomous',
      undefined,
    ],
    [
      'in no repository is not told by what lies above',
      { 'w/.codex/config.toml': NEVER },
      'w/p',
      [['w', 'trusted']],
      'autonomous',
      undefined,
    ],
    [
      'that is the home has no file beside that of the person',
      { '.codex/config.toml': NEVER },
      '',
      [],
      'autonomous',
      undefined,
    ],
  ])('%s', async (_, files, folder, said, installed, project) => {
    expect(await lookAt(files, folder, said)).toEqual({ installed, project })
  })
})

test('ignores settings of Claude Code above a project, and reads those of OpenCode', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('w/p/sub')]: {} } })
  home.write('w/p/.git/HEAD', 'x')
  home.write('w/p/.claude/settings.json', { permissions: { defaultMode: 'bypassPermissions' } })
  home.write('w/p/opencode.json', { permission: 'ask' })
  home.folder('w/p/sub')
  const { states } = await scanHome(home, 'installed')
  expect(states?.flatMap(({ catalogueId, projects = [] }) => projects.map((each) => [catalogueId, each]))).toEqual([
    [
      'opencode',
      {
        workspace: home.at('w/p/sub'),
        autonomy: {
          level: 'asks',
          because: [{ by: 'configuration', name: 'permission=ask', path: home.at('w/p/opencode.json') }],
        },
      },
    ],
  ])
})

test('a project that decides nothing leaves it to what the person has set', async () => {
  using home = fixtureHome()
  home.write('.local/lib/node_modules/opencode-ai/package.json', { name: 'opencode-ai', version: '1.0.0' })
  home.write('.claude.json', { projects: { [home.at('p')]: {} } })
  home.write('.config/opencode/opencode.json', { permission: 'ask' })
  home.write('p/opencode.json', { permission: { edit: 'allow' } })
  const [agent] = (await scanHome(home, 'installed')).sightings
  expect(agent?.kind === 'agent' && agent.autonomy?.level).toBe('asks')
})
