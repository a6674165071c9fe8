import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { compareVersions } from '../../src/discovery/installed/programs.ts'
import { readHome } from '../../src/discovery/read-home.ts'
import { openFiles } from '../../src/system/linux-files.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { type FixtureHome, fixtureHome } from '../support/fixture-home.ts'

const ALICE = { uid: 1000, name: 'alice' }

async function look(home: FixtureHome) {
  const components = { files: openFiles(), clock: new FakeClock() }
  const init = { user: ALICE, home: home.path, catalogue: builtInCatalogue() }
  const { sightings, sources } = await readHome(components, init, 'installed')
  const found = sightings.map((each) =>
    each.kind === 'agent' ? [each.catalogueId, each.version, each.path?.replace(home.path, '~')] : [each.kind],
  )
  return { sightings, found, sources }
}

test('an installed agent is told with its version, its place and why', async () => {
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

test('the command of an agent that was found better is not told again', async () => {
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

test('a package whose description is cut is told without a version, and its source with the reason', async () => {
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
