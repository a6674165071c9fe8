import { execFileSync } from 'node:child_process'
import { readdirSync, truncateSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { look, NPX } from './found-servers.ts'

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

test('does not report what a marketplace offers and is not installed', async () => {
  using home = fixtureHome()
  home.write('.claude/plugins/marketplaces/market/plugins/tool/.mcp.json', { mcpServers: { offered: NPX } })
  home.write('.claude/plugins/repos/owner/tool/.mcp.json', { mcpServers: { old: NPX } })
  expect((await look(home)).told).toEqual(['claude-code old plugin ~/.claude/plugins/repos/owner/tool/.mcp.json'])
})

test.each([
  ['a list of them', (app: string) => [{ path: 'app' }, { path: `${app}/../far` }, { uri: 'vscode-remote://x/y' }, 7]],
  ['addresses', (app: string) => [{ uri: `file://${app}` }]],
])('folders of a VS Code workspace file are projects; it may name servers: %s', async (_, folders) => {
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
})

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
function openCodeDatabase(home: FixtureHome, worktrees: readonly unknown[], name = 'opencode.db'): Disposable {
  home.folder('.local/share/opencode')
  const database = new DatabaseSync(home.at(`.local/share/opencode/${name}`))
  database.exec('PRAGMA journal_mode=WAL; CREATE TABLE project (id TEXT, worktree)')
  const insert = database.prepare('INSERT INTO project VALUES (?, ?)')
  for (const [id, worktree] of worktrees.entries()) insert.run(String(id), worktree as string)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  return { [Symbol.dispose]: () => database.close() }
}

test('reads projects of OpenCode from its open database, and makes no file beside it', async () => {
  using home = fixtureHome()
  home.write('app/opencode.json', { mcp: { inner: { command: ['npx', 'x'] } } })
  using _ = openCodeDatabase(home, [home.at('app'), null, 7, 'relative', '/', `${home.path}/../..`])
  const before = readdirSync(home.at('.local/share/opencode'))
  expect((await look(home)).told).toEqual(['opencode inner project ~/app/opencode.json ~/app'])
  expect(readdirSync(home.at('.local/share/opencode'))).toEqual(before)
})

test('projects of another build of OpenCode are read from its own database', async () => {
  using home = fixtureHome()
  for (const name of ['app', 'next'])
    home.write(`${name}/opencode.json`, { mcp: { [name]: { command: ['npx', 'x'] } } })
  using _ = openCodeDatabase(home, [home.at('app')])
  using __ = openCodeDatabase(home, [home.at('next')], 'opencode-next.db')
  expect((await look(home)).servers.map(({ name }) => name)).toEqual(['app', 'next'])
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
