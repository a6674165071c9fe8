import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, truncateSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { McpServerSighting } from '../../../src/protocol/sighting.ts'
import { type FixtureHome, fixtureHome } from '../../support/fixture-home.ts'
import { ALICE, lookAtHome } from '../../support/look-at-home.ts'

const NPX = { command: 'npx', args: ['-y', 'some-mcp@1.0.0'] }

async function look(home: FixtureHome) {
  const { sightings, sources, launches = [] } = await lookAtHome(home, 'mcp')
  const servers = sightings.filter((each): each is McpServerSighting => each.kind === 'mcp-server')
  const short = (path: string | undefined) => path?.replace(home.path, '~')
  return {
    servers,
    launches,
    told: servers.map(({ client, name, scope, configuration, workspace }) =>
      [client, name, scope, short(configuration), ...(workspace === undefined ? [] : [short(workspace)])].join(' '),
    ),
    states: sources.map(({ state, path, items }) => [state, short(path), items]),
  }
}

test.each<[string, unknown, string]>([
  ['a key of the catalogue of servers', [{ key: 'filesystem', ...NPX }], 'filesystem'],
  [
    'what has an id',
    [
      { id: '0d9f', name: '', ...NPX },
      { id: 'a-b', ...NPX },
    ],
    '0 a-b',
  ],
  ['a key of an account', [{ key: 'c4n4ryc4n4ryc4n4ryc4n4ry', ...NPX }], '0'],
  ['a key of a known shape', [{ id: 'sk-canary-canary-canary', ...NPX }], '0'],
  ['a name that is a token', { ghp_canarycanarycanarycanary: NPX }, 'unnamed'],
  ['a name that is an address with a password', { 'https://me:canary@x.example/mcp': NPX }, 'unnamed'],
])('the name of a server: %s', async (_, mcpServers, names) => {
  using home = fixtureHome()
  home.write('.cursor/mcp.json', { mcpServers })
  const { servers } = await look(home)
  expect([servers.map(({ name }) => name).join(' '), /c[a4]n[a4]ry/.test(JSON.stringify(servers))]).toEqual([
    names,
    false,
  ])
})

test.each(['https://ghp_CANARYcanaryCANARYcanary.x.example/mcp', 'http://me:x@AKIAABCDEFGHIJKLMNOP:80/x'])(
  'the host %s is not told',
  async (url) => {
    using home = fixtureHome()
    home.write('.cursor/mcp.json', { mcpServers: { x: { url } } })
    const [server] = (await look(home)).servers
    expect([server?.transport, server?.endpoint, server?.plaintextSecret]).toEqual(['http', undefined, true])
  },
)

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
      evidence: [`configured for Cursor in ${home.at('.cursor/mcp.json')}`, 'also read by Cursor CLI'],
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
  [
    '.claude/plugins/cache/market/tool/1.0/.mcp.json',
    { a: NPX },
    'claude-code a plugin ~/.claude/plugins/cache/market/tool/1.0/.mcp.json',
  ],
  [
    '.claude/plugins/cache/market/tool/1.0/.claude-plugin/plugin.json',
    { name: 'tool', mcpServers: { a: NPX } },
    'claude-code a plugin ~/.claude/plugins/cache/market/tool/1.0/.claude-plugin/plugin.json',
  ],
  [
    '.codex/plugins/cache/market/tool/1.0/.mcp.json',
    { mcpServers: { a: NPX } },
    'codex a plugin ~/.codex/plugins/cache/market/tool/1.0/.mcp.json',
  ],
  ['.codex/work.config.toml', '[mcp_servers.a]\ncommand = "npx"\n', 'codex a user ~/.codex/work.config.toml'],
  [
    '.cursor/plugins/cache/market/tool/1.0/mcp.json',
    { a: NPX },
    'cursor a plugin ~/.cursor/plugins/cache/market/tool/1.0/mcp.json',
  ],
  [
    '.cursor/plugins/local/mine/.mcp.json',
    { mcpServers: { a: NPX } },
    'cursor a plugin ~/.cursor/plugins/local/mine/.mcp.json',
  ],
  ['.kiro/settings/mcp.json', { mcpServers: { a: NPX } }, 'kiro-cli a user ~/.kiro/settings/mcp.json'],
  ['.kiro/settings/mcp.json', { powers: { mcpServers: { a: NPX } } }, 'kiro-cli a user ~/.kiro/settings/mcp.json'],
  ['.kiro/powers/installed/p/mcp.json', { a: NPX }, 'kiro a plugin ~/.kiro/powers/installed/p/mcp.json'],
  ['.kiro/agents/mine.json', { name: 'mine', mcpServers: { a: NPX } }, 'kiro-cli a user ~/.kiro/agents/mine.json'],
  ['.aws/amazonq/mcp.json', { mcpServers: { a: NPX } }, 'kiro-cli a user ~/.aws/amazonq/mcp.json'],
  ['.config/crush/crush.json', { mcp: { a: NPX } }, 'crush a user ~/.config/crush/crush.json'],
  ['.fx/mcp.json', { mcp: { a: NPX } }, 'fx a user ~/.fx/mcp.json'],
  ['.grok/config.toml', '[mcp_servers.a]\ncommand = "npx"\n', 'grok-build a user ~/.grok/config.toml'],
  ['.config/kilo/kilo.jsonc', '{"mcp":{"a":{"command":["npx","x"]},}}', 'kilo a user ~/.config/kilo/kilo.jsonc'],
  ['.gemini/config/mcp_config.json', { mcpServers: { a: NPX } }, 'antigravity a user ~/.gemini/config/mcp_config.json'],
  [
    '.gemini/antigravity/mcp_config.json',
    { mcpServers: { a: { serverUrl: 'https://h' } } },
    'antigravity a user ~/.gemini/antigravity/mcp_config.json',
  ],
  [
    '.config/Code - Insiders/User/mcp.json',
    { servers: { a: NPX } },
    'vscode a user ~/.config/Code - Insiders/User/mcp.json',
  ],
  [
    '.config/Code/User/settings.json',
    '{ "mcp.servers": { "a": { "command": "npx" } }, } // dotted',
    'vscode a user ~/.config/Code/User/settings.json',
  ],
  [
    '.config/Code/User/profiles/-1a2b/settings.json',
    { mcp: { servers: { a: NPX } } },
    'vscode a user ~/.config/Code/User/profiles/-1a2b/settings.json',
  ],
  ['.vscode-server/data/User/mcp.json', { servers: { a: NPX } }, 'vscode a user ~/.vscode-server/data/User/mcp.json'],
  [
    '.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
    { mcpServers: { a: NPX } },
    'cline-cli a user ~/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
  ],
  [
    '.config/Witsy/settings.json',
    { mcp: { servers: [{ ...NPX, name: 'a' }] } },
    'witsy a user ~/.config/Witsy/settings.json',
  ],
  [
    '.config/Claude/Claude Extensions/x/manifest.json',
    { name: 'a', server: { type: 'node', mcp_config: NPX } },
    'claude-desktop a plugin ~/.config/Claude/Claude Extensions/x/manifest.json',
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
  [
    'Antigravity',
    '.gemini/config/projects/1.json',
    (folder: string) => ({
      projectResources: { resources: [{ folderUri: `file://${folder.replaceAll(' ', '%20')}` }, 7, null] },
    }),
  ],
  ['Copilot CLI', '.copilot/config.json', (folder: string) => ({ trusted_folders: [folder] })],
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

test('what a marketplace offers is not installed, and not told', async () => {
  using home = fixtureHome()
  home.write('.claude/plugins/marketplaces/market/plugins/tool/.mcp.json', { mcpServers: { offered: NPX } })
  home.write('.claude/plugins/repos/owner/tool/.mcp.json', { mcpServers: { old: NPX } })
  expect((await look(home)).told).toEqual(['claude-code old plugin ~/.claude/plugins/repos/owner/tool/.mcp.json'])
})

test.each([
  ['a list of them', (app: string) => [{ path: 'app' }, { path: `${app}/../far` }, { uri: 'vscode-remote://x/y' }, 7]],
  ['addresses', (app: string) => [{ uri: `file://${app}` }]],
])(
  'folders of a VS Code workspace file are projects, and its own settings may name servers: %s',
  async (_, folders) => {
    using home = fixtureHome()
    home.write('app/.mcp.json', { mcpServers: { inner: NPX } })
    const file = { folders: folders(home.at('app')), settings: { mcp: { servers: { own: NPX } } } }
    home.write('team.code-workspace', `// of the team\n${JSON.stringify(file)}`)
    home.write('.config/Code/User/workspaceStorage/0a/workspace.json', {
      workspace: `file://${home.at('team.code-workspace')}`,
    })
    expect((await look(home)).told.sort()).toEqual([
      'claude-code inner project ~/app/.mcp.json ~/app',
      'vscode own project ~/team.code-workspace ~',
    ])
  },
)

test.each([
  ['another file', '.ssh/config', '{"folders":[{"path":"app"}]}'],
  ['one cut in the middle', 'team.code-workspace', '{"folders":[{"path":"app"'],
  ['one that goes up', 'team.code-workspace', '{"folders":[{"path":"../../../../../../../.."},{"path":""}]}'],
])('%s in the place of a workspace file leads nowhere', async (_, name, text) => {
  using home = fixtureHome()
  home.write('app/.mcp.json', { mcpServers: { inner: NPX } })
  home.write(name, text)
  home.write('.config/Code/User/workspaceStorage/0a/workspace.json', { workspace: `file://${home.at(name)}` })
  expect((await look(home)).told).toEqual([])
})

/** As OpenCode keeps it, with the database open as it is while OpenCode runs. */
function openCodeDatabase(home: FixtureHome, worktrees: readonly unknown[]): Disposable {
  home.folder('.local/share/opencode')
  const database = new DatabaseSync(home.at('.local/share/opencode/opencode.db'))
  database.exec('PRAGMA journal_mode=WAL; CREATE TABLE project (id TEXT, worktree)')
  const insert = database.prepare('INSERT INTO project VALUES (?, ?)')
  for (const [id, worktree] of worktrees.entries()) insert.run(String(id), worktree as string)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  return { [Symbol.dispose]: () => database.close() }
}

test('projects of OpenCode are read from its database while it is open, and nothing is made beside it', async () => {
  using home = fixtureHome()
  home.write('app/opencode.json', { mcp: { inner: { command: ['npx', 'x'] } } })
  using _ = openCodeDatabase(home, [home.at('app'), null, 7, 'relative', '/', `${home.path}/../..`])
  const before = readdirSync(home.at('.local/share/opencode'))
  expect((await look(home)).told).toEqual(['opencode inner project ~/app/opencode.json ~/app'])
  expect(readdirSync(home.at('.local/share/opencode'))).toEqual(before)
})

test.each<[string, (home: FixtureHome) => void, string]>([
  ['no database', (home) => home.write('.local/share/opencode/opencode.db', 'x'.repeat(5_000)), 'malformed'],
  ['empty', (home) => home.write('.local/share/opencode/opencode.db', ''), 'malformed'],
  ['a link', (home) => home.link('.local/share/opencode/opencode.db', '/etc/passwd'), 'unreadable'],
  [
    'a FIFO',
    (home) => {
      home.folder('.local/share/opencode')
      execFileSync('/usr/bin/mkfifo', [home.at('.local/share/opencode/opencode.db')])
    },
    'unreadable',
  ],
  [
    'cut in the middle',
    (home) => {
      openCodeDatabase(home, [home.at('app'), ...Array.from({ length: 2_000 }, (_, i) => `/srv/${i}`)])[
        Symbol.dispose
      ]()
      truncateSync(home.at('.local/share/opencode/opencode.db'), 12_288)
    },
    'malformed',
  ],
  [
    'a view that never ends',
    (home) => {
      home.folder('.local/share/opencode')
      const database = new DatabaseSync(home.at('.local/share/opencode/opencode.db'))
      const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n'
      database.exec(`CREATE VIEW project AS SELECT count(*) AS worktree FROM (${endless})`)
      database.close()
    },
    'malformed',
  ],
  [
    'one text of ten megabytes',
    (home) => openCodeDatabase(home, [`/${'x'.repeat(10_000_000)}`])[Symbol.dispose](),
    'malformed',
  ],
])('a database of OpenCode that is %s is said, and the rest is read', async (_, write, state) => {
  using home = fixtureHome()
  home.write('.qwen/settings.json', { mcpServers: { good: NPX } })
  write(home)
  const { told, states } = await look(home)
  expect(told).toEqual(['qwen-code good user ~/.qwen/settings.json'])
  expect(states.filter(([each]) => each !== 'parsed')).toEqual([[state, '~/.local/share/opencode/opencode.db', 0]])
})

test('a file that several clients read is told once, with all of them, and each may have started what it names', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  home.write('app/.mcp.json', { mcpServers: { a: NPX } })
  const { servers, launches } = await look(home)
  expect(servers.map(({ client, evidence }) => [client, evidence])).toEqual([
    [
      'claude-code',
      [
        `configured for Claude Code in ${home.at('app/.mcp.json')}`,
        'also read by GitHub Copilot CLI, Cursor, Windsurf',
      ],
    ],
  ])
  expect(launches.map(({ alsoOf }) => alsoOf)).toEqual([['copilot-cli', 'cursor', 'windsurf']])
})

test('whether a project server runs is for the person to say: unknown until the file says more', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  home.write('app/.cursor/mcp.json', {
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
