import { execFileSync } from 'node:child_process'
import { chmodSync, truncateSync } from 'node:fs'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { readHome } from '../../../src/discovery/read-home.ts'
import type { McpServerSighting } from '../../../src/protocol/sighting.ts'
import { openFiles } from '../../../src/system/linux-files.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'
import { type FixtureHome, fixtureHome } from '../../support/fixture-home.ts'

const ALICE = { uid: process.getuid?.() ?? 0, name: 'alice' }
const NPX = { command: 'npx', args: ['-y', 'some-mcp@1.0.0'] }

async function look(home: FixtureHome) {
  const components = { files: openFiles(), clock: new FakeClock() }
  const init = { user: ALICE, home: home.path, catalogue: builtInCatalogue() }
  const { sightings, sources } = await readHome(components, init, 'mcp')
  const servers = sightings.filter((each): each is McpServerSighting => each.kind === 'mcp-server')
  const short = (path: string | undefined) => path?.replace(home.path, '~')
  return {
    servers,
    told: servers.map(({ client, name, scope, configuration, workspace }) =>
      [client, name, scope, short(configuration), ...(workspace === undefined ? [] : [short(workspace)])].join(' '),
    ),
    states: sources.map(({ state, path, items }) => [state, short(path), items]),
  }
}

test('a server is told with what it runs and what is wrong with it, and without its arguments', async () => {
  using home = fixtureHome()
  home.write('.cursor/mcp.json', {
    mcpServers: {
      browser: {
        command: 'npx',
        args: ['-y', '@playwright/mcp@latest', '--storage-state', '/home/alice/CANARY'],
        env: { API_TOKEN: 'CANARY-CANARY' },
      },
    },
  })
  const { servers, states } = await look(home)
  expect(servers).toEqual([
    {
      kind: 'mcp-server',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'browser',
      catalogueId: 'playwright-mcp',
      vendor: 'Microsoft',
      version: 'latest',
      user: ALICE,
      evidence: [`configured for Cursor in ${home.at('.cursor/mcp.json')}`],
      client: 'cursor',
      scope: 'user',
      configuration: home.at('.cursor/mcp.json'),
      enabled: true,
      transport: 'stdio',
      command: 'npx',
      package: { ecosystem: 'npm', name: '@playwright/mcp' },
      environment: ['API_TOKEN'],
      unpinned: true,
      shell: false,
      cleartext: false,
      plaintextSecret: true,
      writableByOthers: false,
      launchHash: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
  ])
  expect(JSON.stringify(servers)).not.toContain('CANARY')
  expect(states).toEqual([
    ['parsed', '~/.cursor/mcp.json', 1],
    ['parsed', '~', 1],
  ])
})

const written: readonly [file: string, content: unknown, expected: string][] = [
  ['.claude.json', { mcpServers: { a: NPX } }, 'claude-code a user ~/.claude.json'],
  [
    '.claude.json',
    { projects: { '/srv/x': { mcpServers: { a: NPX } } } },
    'claude-code a project ~/.claude.json /srv/x',
  ],
  ['.codex/config.toml', '[mcp_servers.a]\ncommand = "npx"\nargs = ["x"]\n', 'codex a user ~/.codex/config.toml'],
  [
    '.gemini/settings.json',
    { mcpServers: { a: { httpUrl: 'https://h' } } },
    'gemini-cli a user ~/.gemini/settings.json',
  ],
  [
    '.gemini/extensions/e/gemini-extension.json',
    { mcpServers: { a: NPX } },
    'gemini-cli a plugin ~/.gemini/extensions/e/gemini-extension.json',
  ],
  [
    '.config/opencode/opencode.jsonc',
    '{ // servers\n "mcp": {"a": {"type":"local","command":["npx","x"],}, } }',
    'opencode a user ~/.config/opencode/opencode.jsonc',
  ],
  ['.copilot/mcp-config.json', { mcpServers: { a: NPX } }, 'copilot-cli a user ~/.copilot/mcp-config.json'],
  ['.qwen/settings.json', { mcpServers: { a: NPX } }, 'qwen-code a user ~/.qwen/settings.json'],
  [
    '.cline/data/settings/cline_mcp_settings.json',
    { mcpServers: { a: NPX } },
    'cline-cli a user ~/.cline/data/settings/cline_mcp_settings.json',
  ],
  ['.config/amp/settings.json', { 'amp.mcpServers': { a: NPX } }, 'amp a user ~/.config/amp/settings.json'],
  ['.openclaw/openclaw.json', "{mcp:{servers:{a:{command:'npx'}}}}", 'openclaw a user ~/.openclaw/openclaw.json'],
  [
    '.config/goose/config.yaml',
    'extensions:\n  a:\n    type: stdio\n    cmd: uvx\n    args: [x]\n',
    'goose a user ~/.config/goose/config.yaml',
  ],
  [
    '.config/zed/settings.json',
    '// settings\n{"context_servers":{"a":{"command":{"path":"npx","args":[]}}}}',
    'zed a user ~/.config/zed/settings.json',
  ],
  [
    '.config/Code/User/profiles/-1a2b/mcp.json',
    { servers: { a: NPX } },
    'vscode a user ~/.config/Code/User/profiles/-1a2b/mcp.json',
  ],
  [
    '.config/Code/User/settings.json',
    { 'editor.x': 1, mcp: { servers: { a: NPX } } },
    'vscode a user ~/.config/Code/User/settings.json',
  ],
  [
    '.codeium/windsurf/mcp_config.json',
    { mcpServers: { a: { serverUrl: 'https://h' } } },
    'windsurf a user ~/.codeium/windsurf/mcp_config.json',
  ],
  [
    '.config/Claude/claude_desktop_config.json',
    { mcpServers: { a: NPX } },
    'claude-desktop a user ~/.config/Claude/claude_desktop_config.json',
  ],
]

test.each(written)('%s is read', async (file, content, expected) => {
  using home = fixtureHome()
  home.write(file, content)
  expect((await look(home)).told).toEqual([expected])
})

test.each<[string, string, unknown]>([
  ['Claude Code', '.claude.json', (folder: string) => ({ projects: { [folder]: {} } })],
  ['Codex', '.codex/config.toml', (folder: string) => `[projects."${folder}"]\ntrust_level = "trusted"\n`],
  ['Gemini CLI', '.gemini/trustedFolders.json', (folder: string) => ({ [folder]: 'TRUST_FOLDER' })],
  [
    'VS Code',
    '.config/Code/User/workspaceStorage/0a/workspace.json',
    (folder: string) => ({ folder: `file://${folder.replaceAll(' ', '%20')}` }),
  ],
])('a project that %s remembers is looked at, and the folders above it', async (_name, file, content) => {
  using home = fixtureHome()
  home.write('work of mine/app/.mcp.json', { mcpServers: { inner: NPX } })
  home.write('work of mine/.cursor/mcp.json', { mcpServers: { above: NPX } })
  home.write('elsewhere/.mcp.json', { mcpServers: { never: NPX } })
  home.write(file, (content as (folder: string) => unknown)(home.at('work of mine/app')))
  expect((await look(home)).told.sort()).toEqual([
    'claude-code inner project ~/work of mine/app/.mcp.json ~/work of mine/app',
    'cursor above project ~/work of mine/.cursor/mcp.json ~/work of mine',
  ])
})

test('whether a project server runs is for the person to say: unknown until the file says more', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  home.write('app/.mcp.json', {
    mcpServers: { asked: NPX, off: { ...NPX, disabled: true }, on: { ...NPX, enabled: true } },
  })
  expect((await look(home)).servers.map(({ name, enabled }) => [name, enabled])).toEqual([
    ['asked', 'unknown'],
    ['off', false],
    ['on', true],
  ])
})

test('a file, or its folder, that others may write to is said', async () => {
  using home = fixtureHome()
  home.write('.cursor/mcp.json', { mcpServers: { a: NPX } })
  home.write('.copilot/mcp-config.json', { mcpServers: { b: NPX } })
  home.write('.qwen/settings.json', { mcpServers: { c: NPX } })
  chmodSync(home.at('.cursor/mcp.json'), 0o666)
  chmodSync(home.at('.copilot'), 0o777)
  const { servers } = await look(home)
  expect(servers.map(({ name, writableByOthers }) => [name, writableByOthers]).sort()).toEqual([
    ['a', true],
    ['b', true],
    ['c', false],
  ])
})

test.each<[string, (home: FixtureHome) => void, string]>([
  ['cut in the middle', (home) => home.write('.cursor/mcp.json', '{"mcpServers":{"a":{"comm'), 'malformed'],
  ['of binary rubbish', (home) => home.write('.cursor/mcp.json', '\u0000\u0001\ufffd'), 'malformed'],
  ['nested without end', (home) => home.write('.cursor/mcp.json', '{"a":'.repeat(50_000)), 'malformed'],
  [
    'of a terabyte of nothing',
    (home) => {
      home.write('.cursor/mcp.json', '')
      truncateSync(home.at('.cursor/mcp.json'), 2 ** 40)
    },
    'too-large',
  ],
  ['that is a link', (home) => home.link('.cursor/mcp.json', '/etc/passwd'), 'unreadable'],
  [
    'that is a FIFO',
    (home) => {
      home.folder('.cursor')
      execFileSync('/usr/bin/mkfifo', [home.at('.cursor/mcp.json')])
    },
    'unreadable',
  ],
  ['that is a folder', (home) => home.folder('.cursor/mcp.json'), 'unreadable'],
])('a configuration %s is said, and the others are read', async (_name, write, state) => {
  using home = fixtureHome()
  home.write('.qwen/settings.json', { mcpServers: { good: NPX } })
  write(home)
  const { told, states } = await look(home)
  expect(told).toEqual(['qwen-code good user ~/.qwen/settings.json'])
  expect(states.filter(([each]) => each !== 'parsed')).toEqual([[state, '~/.cursor/mcp.json', 0]])
})

test('ten thousand servers in one file are told up to the bound, and that is said', async () => {
  using home = fixtureHome()
  const mcpServers = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`server ${i}`, NPX]))
  home.write('.cursor/mcp.json', { mcpServers })
  const { servers, states } = await look(home)
  expect(servers).toHaveLength(500)
  expect(states).toEqual([
    ['too-large', '~/.cursor/mcp.json', 0],
    ['parsed', '~/.cursor/mcp.json', 500],
    ['parsed', '~', 500],
  ])
})

test('hostile folders among the projects lead nowhere', async () => {
  using home = fixtureHome()
  home.write('.claude.json', {
    projects: Object.fromEntries(
      [
        '/',
        '',
        '..',
        `${home.path}/../..`,
        'relative',
        '/proc/self/root',
        '/dev',
        'a\u0000b',
        `/${'x'.repeat(5_000)}`,
      ].map((folder) => [folder, {}]),
    ),
  })
  const { told, states } = await look(home)
  expect(told).toEqual([])
  expect(states.filter(([state]) => state === 'parsed')).toEqual([['parsed', '~', 0]])
})

test('a __proto__ is a name like any other and gives nothing', async () => {
  using home = fixtureHome()
  home.write('.cursor/mcp.json', '{"__proto__":{"mcpServers":{"a":{"command":"x"}}}}')
  home.write('.qwen/settings.json', '{"mcpServers":{"__proto__":{"command":"x"}}}')
  expect((await look(home)).told).toEqual(['qwen-code __proto__ user ~/.qwen/settings.json'])
})

test('names with escapes and newlines are shown as such', async () => {
  using home = fixtureHome()
  home.write('.cursor/mcp.json', { mcpServers: { 'a\n\u001b[31mb': { command: 'x\ny', args: ['z'] } } })
  expect((await look(home)).servers.map(({ name, command }) => [name, command])).toEqual([['a\\n\\x1b[31mb', 'x\\ny']])
})

test('an entry that starts something else is the same entry, with another launch hash', async () => {
  using home = fixtureHome()
  const told = async (args: readonly string[]) => {
    home.write('.cursor/mcp.json', { mcpServers: { a: { command: 'npx', args } } })
    const [server] = (await look(home)).servers
    return { id: server?.id, hash: server?.launchHash }
  }
  const [before, same, after] = [await told(['x', '1']), await told(['x', '1']), await told(['x', '2'])]
  expect(same).toEqual(before)
  expect(after.id).toBe(before.id)
  expect(after.hash).not.toBe(before.hash)
})
