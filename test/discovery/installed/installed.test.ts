import { compareVersions } from '../../../src/discovery/installed/programs.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { ALICE, scanHome } from '../../support/homes/scan-home.ts'

async function look(home: FixtureHome) {
  const { sightings, sources } = await scanHome(home, 'installed')
  const found = sightings.map((each) =>
    each.kind === 'agent' ? [each.catalogueId, each.version, each.path?.replace(home.path, '~')] : [each.kind],
  )
  return { sightings, found, sources }
}

test('reports an installed agent with its version, its place and why', async () => {
  using home = fixtureHome()
  home.write('.npm-global/lib/node_modules/@google/gemini-cli/package.json', {
    name: '@google/gemini-cli',
    version: '0.61.0',
  })
  const { sightings, sources } = await look(home)
  const path = home.at('.npm-global/lib/node_modules/@google/gemini-cli')
  expect(sightings).toEqual([
    {
      kind: 'agent',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'Gemini CLI',
      catalogueId: 'gemini-cli',
      vendor: 'Google',
      version: '0.61.0',
      user: ALICE,
      evidence: [`npm package @google/gemini-cli at ${path}`],
      state: 'installed',
      agentKind: 'cli-agent',
      path,
      autonomy: { level: 'asks', because: [{ by: 'default', name: 'asks unless told otherwise' }] },
    },
  ])
  expect(sources).toEqual([
    { source: 'installed-agents', path: home.path, user: ALICE, state: 'parsed', items: 1, durationMs: 0 },
  ])
})

test('agents are found wherever the usual installers put them', async () => {
  using home = fixtureHome()
  const npm = (root: string, name: string, version: string) =>
    home.write(`${root}/${name}/package.json`, { name, version })
  npm('.nvm/versions/node/v24.1.0/lib/node_modules', '@openai/codex', '0.169.0')
  npm('.volta/tools/image/packages/opencode-ai/lib/node_modules', 'opencode-ai', '1.18.33')
  npm('.bun/install/global/node_modules', '@qwen-code/qwen-code', '0.24.4')
  npm('.claude/local/node_modules', '@anthropic-ai/claude-code', '2.0.1')
  home.link('.local/share/pnpm/global/5/node_modules/cline', '.pnpm/cline@3.0.65/node_modules/cline')
  home.folder('.local/share/pnpm/global/5/node_modules/.pnpm/cline@3.0.65')
  home.write('.local/share/cursor-agent/versions/2026.9.1/index.js', '')
  home.write('.local/share/cursor-agent/versions/2026.10.2/index.js', '')
  home.folder('.local/share/pipx/venvs/aider-chat/lib/python3.13/site-packages/aider_chat-0.86.2.dist-info')
  home.folder('.local/share/uv/tools/kimi-cli/lib/python3.13/site-packages/kimi_cli-1.2.dist-info')
  home.folder('.local/lib/python3.13/site-packages/mistral_vibe-0.9.dist-info')
  home.write('.local/bin/goose', '')
  home.folder('.config/goose')
  home.link('.local/bin/kiro-cli', '/nowhere')
  const { found } = await look(home)
  expect(found).toEqual([
    ['cursor-agent', '2026.10.2', '~/.local/share/cursor-agent/versions'],
    ['codex', '0.169.0', '~/.nvm/versions/node/v24.1.0/lib/node_modules/@openai/codex'],
    ['opencode', '1.18.33', '~/.volta/tools/image/packages/opencode-ai/lib/node_modules/opencode-ai'],
    ['qwen-code', '0.24.4', '~/.bun/install/global/node_modules/@qwen-code/qwen-code'],
    ['cline-cli', '3.0.65', '~/.local/share/pnpm/global/5/node_modules/cline'],
    ['claude-code', '2.0.1', '~/.claude/local/node_modules/@anthropic-ai/claude-code'],
    ['aider', '0.86.2', '~/.local/share/pipx/venvs/aider-chat'],
    ['kimi-code', '1.2', '~/.local/share/uv/tools/kimi-cli'],
    ['mistral-vibe', '0.9', '~/.local/lib/python3.13/site-packages/mistral-vibe'],
    ['goose', undefined, '~/.local/bin/goose'],
    ['kiro-cli', undefined, '~/.local/bin/kiro-cli'],
  ])
})

test.each<[string, (home: FixtureHome) => void, (string | undefined)[]]>([
  [
    'a prefix of npm that a person chose',
    (home) => {
      home.write('.npmrc', '//registry/:_authToken=CANARY\nprefix = ~/tools/npm/\n')
      home.write('tools/npm/lib/node_modules/cline/package.json', { name: 'cline', version: '3.1.0' })
    },
    ['cline-cli', '3.1.0', '~/tools/npm/lib/node_modules/cline'],
  ],
  [
    'a tool of mise',
    (home) =>
      home.write('.local/share/mise/installs/npm-openai-codex/0.170.0/lib/node_modules/@openai/codex/package.json', {
        name: '@openai/codex',
        version: '0.170.0',
      }),
    ['codex', '0.170.0', '~/.local/share/mise/installs/npm-openai-codex/0.170.0/lib/node_modules/@openai/codex'],
  ],
  [
    'a Python of pyenv',
    (home) => home.folder('.pyenv/versions/3.13.1/lib/python3.13/site-packages/aider_chat-0.86.2.dist-info'),
    ['aider', '0.86.2', '~/.pyenv/versions/3.13.1/lib/python3.13/site-packages/aider-chat'],
  ],
  [
    'an environment of conda',
    (home) => home.folder('miniconda3/envs/ai/lib/python3.12/site-packages/aider_chat-0.86.2.dist-info'),
    ['aider', '0.86.2', '~/miniconda3/envs/ai/lib/python3.12/site-packages/aider-chat'],
  ],
  [
    'a package of npm in an environment of conda',
    (home) => {
      home.write('micromamba/envs/ai/lib/node_modules/cline/package.json', { name: 'cline', version: '3.1.0' })
      home.link('micromamba/envs/ai/bin/cline', '../lib/node_modules/cline/bin/cline')
    },
    ['cline-cli', '3.1.0', '~/micromamba/envs/ai/lib/node_modules/cline'],
  ],
  [
    'a command in an environment of conda',
    (home) => home.link('miniconda3/envs/ai/bin/kiro-cli', '/nowhere'),
    ['kiro-cli', undefined, '~/miniconda3/envs/ai/bin/kiro-cli'],
  ],
  [
    'a crate',
    (home) => {
      home.write('.cargo/bin/goose', '')
      home.folder('.config/goose')
      home.write(
        '.cargo/.crates.toml',
        '[v1]\n"goose-cli 1.9.0 (registry+https://github.com/rust-lang/crates.io-index)" = ["goose", "goosed"]\n',
      )
    },
    ['goose', '1.9.0', '~/.cargo/bin/goose'],
  ],
  [
    'a formula in one’s own Homebrew',
    (home) => {
      home.folder('.linuxbrew/Cellar/gemini-cli/0.60.0')
      home.folder('.linuxbrew/Cellar/gemini-cli/0.61.0_1')
    },
    ['gemini-cli', '0.61.0_1', '~/.linuxbrew/Cellar/gemini-cli'],
  ],
  [
    'a Flatpak',
    (home) => home.folder('.local/share/flatpak/app/dev.zed.Zed'),
    ['zed', undefined, '~/.local/share/flatpak/app/dev.zed.Zed'],
  ],
  [
    'an AppImage',
    (home) => home.write('Applications/Cursor-1.7.46-x86_64.AppImage', ''),
    ['cursor', '1.7.46', '~/Applications/Cursor-1.7.46-x86_64.AppImage'],
  ],
  [
    'an AppImage in small letters without a version',
    (home) => home.write('.local/bin/cursor.appimage', ''),
    ['cursor', undefined, '~/.local/bin/cursor.appimage'],
  ],
  [
    'a menu entry',
    (home) => {
      home.write('apps/cursor/cursor', '')
      home.write('apps/cursor/resources/app/package.json', { name: 'cursor', version: '1.7.46' })
      home.write(
        '.local/share/applications/cursor.desktop',
        `[Desktop Entry]\nName=Cursor\nExec=env A=b "${home.at('apps/cursor/cursor')}" --secret CANARY %U\n`,
      )
    },
    ['cursor', '1.7.46', '~/apps/cursor/cursor'],
  ],
])('%s is found', async (_, make, expected) => {
  using home = fixtureHome()
  make(home)
  const { found, sightings, sources } = await look(home)
  expect(found).toEqual([expected])
  expect(sources.map(({ state }) => state)).toEqual(['parsed'])
  expect(JSON.stringify(sightings)).not.toContain('CANARY')
})

test('cuts a name that is all version to what may be reported', async () => {
  using home = fixtureHome()
  home.write(`Applications/Cursor-${'1.'.repeat(90)}1.AppImage`, '')
  const { found } = await look(home)
  expect(found.map(([id, version]) => [id, version])).toEqual([['cursor', '1.'.repeat(32)]])
})

test('does not report a menu entry beside what it leads to', async () => {
  using home = fixtureHome()
  home.write('Applications/Cursor-1.7.46.AppImage', '')
  home.write(
    '.local/share/applications/cursor.desktop',
    `[Desktop Entry]\nExec=${home.at('Applications/Cursor-1.7.46.AppImage')}\n`,
  )
  expect((await look(home)).found).toEqual([['cursor', '1.7.46', '~/Applications/Cursor-1.7.46.AppImage']])
})

test.each<[string, (home: FixtureHome) => void]>([
  ['a link in the place of .npmrc', (home) => home.link('.npmrc', '/etc/passwd')],
  ['a prefix outside the home', (home) => home.write('.npmrc', 'prefix=/')],
  ['a prefix that goes up', (home) => home.write('.npmrc', `prefix=${home.path}/../..`)],
  ['a prefix that is a pattern', (home) => home.write('.npmrc', 'prefix=~/*')],
  ['a program whose name only begins like one', (home) => home.write('bin/Cursorific-1.0.AppImage', '')],
  ['a folder called like an AppImage', (home) => home.folder('bin/Cursor.AppImage')],
  ['a menu entry of another name', (home) => home.write('.local/share/applications/my-cursor.desktop', 'Exec=/x')],
  ['a file called like a Flatpak', (home) => home.write('.local/share/flatpak/app/dev.zed.Zed', '')],
])('%s leads to nothing', async (_, make) => {
  using home = fixtureHome()
  home.write('x/lib/node_modules/cline/package.json', { name: 'cline', version: '1' })
  make(home)
  expect((await look(home)).found).toEqual([])
})

test.each<[string, (home: FixtureHome) => void, string, string]>([
  [
    'a menu entry',
    (home) => home.write('.local/share/applications/cursor.desktop', 'x'.repeat(100_000)),
    'cursor',
    'too-large',
  ],
  [
    'a menu entry',
    (home) => home.link('.local/share/applications/cursor.desktop', '/etc/passwd'),
    'cursor',
    'unreadable',
  ],
  [
    'a list of crates',
    (home) => {
      home.write('.cargo/bin/kiro-cli', '')
      home.write('.cargo/.crates.toml', 'x'.repeat(2 * 1024 * 1024))
    },
    'kiro-cli',
    'too-large',
  ],
])('reports %s that cannot be read, and its program all the same', async (_, make, entry, state) => {
  using home = fixtureHome()
  make(home)
  const { found, sources } = await look(home)
  expect(found.map(([id]) => id)).toEqual([entry])
  expect(sources.map((each) => each.state)).toEqual([state, 'parsed'])
})

test('does not report the command of an agent that was found better', async () => {
  using home = fixtureHome()
  home.write('.local/share/claude/versions/2.1.197', '')
  home.link('.local/bin/claude', home.at('.local/share/claude/versions/2.1.197'))
  expect((await look(home)).found).toEqual([['claude-code', '2.1.197', '~/.local/share/claude/versions']])
})

test.each<[string, (home: FixtureHome) => void]>([
  ['a state folder alone', (home) => home.folder('.claude')],
  ['a command whose name others bear', (home) => home.write('go/bin/goose', '')],
  ['a folder named like a command', (home) => home.folder('.local/bin/claude')],
  [
    'a project with an agent among its dependencies',
    (home) => home.write('work/node_modules/cline/package.json', { name: 'cline' }),
  ],
  [
    'another package in that folder',
    (home) => home.write('.npm-global/lib/node_modules/cline/package.json', { name: 'other' }),
  ],
  ['an empty package folder', (home) => home.folder('.npm-global/lib/node_modules/cline')],
  ['notes on agents', (home) => home.write('claude/codex/gemini.md', '')],
])('%s is no installation', async (_, make) => {
  using home = fixtureHome()
  make(home)
  expect((await look(home)).found).toEqual([])
})

test('reports a package with a cut description without a version, and the reason', async () => {
  using home = fixtureHome()
  home.write('.npm-global/lib/node_modules/cline/package.json', '{"name":"cline","ver')
  const { found, sources } = await look(home)
  expect(found).toEqual([['cline-cli', undefined, '~/.npm-global/lib/node_modules/cline']])
  expect(sources.map(({ state, path }) => [state, path?.replace(home.path, '~')])).toEqual([
    ['malformed', '~/.npm-global/lib/node_modules/cline/package.json'],
    ['parsed', '~'],
  ])
})

test('a folder of packages that is a link is said, not followed', async () => {
  using home = fixtureHome()
  home.write('elsewhere/cline/package.json', { name: 'cline', version: '1.0.0' })
  home.link('.npm-global/lib/node_modules', home.at('elsewhere'))
  const { found, sources } = await look(home)
  expect(found).toEqual([])
  expect(sources.map(({ state, path }) => [state, path?.replace(home.path, '~')])).toContainEqual([
    'unreadable',
    '~/.npm-global/lib/node_modules',
  ])
})

test.each([
  ['2026.9.1', '2026.10.2'],
  ['1.9', '1.10'],
  ['1.0', '1.0.1'],
  ['1.0.0-alpha', '1.0.0-beta'],
])('%s is older than %s', (older, newer) => {
  expect(
    [compareVersions(older, newer), compareVersions(newer, older), compareVersions(newer, newer)].map(Math.sign),
  ).toEqual([-1, 1, 0])
})
