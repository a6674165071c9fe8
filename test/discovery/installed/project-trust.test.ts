import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

/** What is told of servers that projects bring along, by whether they are on. */
async function look(home: FixtureHome) {
  const { sightings } = await scanHome(home, 'mcp')
  return sightings.flatMap((each) => (each.kind === 'mcp-server' ? [`${each.name} ${each.enabled}`] : [])).sort()
}

const trust = (folder: string, level: string) => `[projects."HOME${folder}"]\ntrust_level = "${level}"\n`
const server = (name: string, more = '') => `[mcp_servers.${name}]\ncommand = "echo"\n${more}`
const PROJECT = `${server('a')}${server('off', 'enabled = false\n')}${server('on', 'enabled = true\n')}`
const UNKNOWN = ['a unknown', 'off false', 'on unknown']
const OFF = ['a false', 'off false', 'on false']
const KNOWN = ['a true', 'off false', 'on true']

/** As `codex mcp list` of 0.169.0 told of the same files in that project: what it leaves out is unknown here where it will ask. */
test.each<[what: string, trust: string, repository: string | undefined, told: readonly string[]]>([
  ['nobody was asked about', '', undefined, UNKNOWN],
  ['is trusted', trust('/code/app', 'trusted'), undefined, KNOWN],
  ['is not trusted', trust('/code/app', 'untrusted'), undefined, OFF],
  ['lies in a folder that is', trust('/code', 'trusted'), undefined, UNKNOWN],
  ['lies in a home that is', trust('', 'trusted'), undefined, UNKNOWN],
  ['lies in a repository that is', trust('/code', 'trusted'), 'code', KNOWN],
  ['is a repository in a folder that is', trust('/code', 'trusted'), 'code/app', UNKNOWN],
  ['lies in a repository that is not', trust('/code', 'untrusted'), 'code', OFF],
  ['is not trusted, in a repository that is', trust('/code/app', 'untrusted') + trust('/code', 'trusted'), 'code', OFF],
  [
    'is trusted, in a repository that is not',
    trust('/code/app', 'trusted') + trust('/code', 'untrusted'),
    'code',
    KNOWN,
  ],
  ['is trusted as a whole home', trust('', 'trusted'), '.', KNOWN],
  ['is called as one that is', trust('/code/app2', 'trusted'), undefined, UNKNOWN],
  ['is trusted in other words', trust('/code/app', 'yes'), undefined, UNKNOWN],
  ['is trusted in a file that is no TOML', `${trust('/code/app', 'trusted')}[`, undefined, UNKNOWN],
])('servers of a project of Codex that %s', async (_, config, repository, told) => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('code/app')]: {} } })
  home.write('code/app/.codex/config.toml', PROJECT)
  home.write('.codex/config.toml', config.replaceAll('HOME', home.path))
  if (repository !== undefined) home.write(`${repository}/.git/HEAD`, 'ref: refs/heads/main\n')
  expect(await look(home)).toEqual(told)
})

test('a repository that is a link ends the search, and the link is not followed', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('code/app')]: {} } })
  home.write('code/app/.codex/config.toml', PROJECT)
  home.write('.codex/config.toml', trust('/code', 'trusted').replace('HOME', home.path))
  home.write('code/.git/HEAD', '')
  home.link('code/app/.git', home.at('nowhere'))
  expect(await look(home)).toEqual(UNKNOWN)
})

test('a project that says itself that it is trusted is not', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  home.write('app/.codex/config.toml', PROJECT + trust('/app', 'trusted').replace('HOME', home.path))
  expect(await look(home)).toEqual(UNKNOWN)
})

const command = { command: 'echo' }
const servers = { a: command, off: { ...command, enabled: false }, on: { ...command, enabled: true } }

test.each([
  ['.mcp.json', 'mcpServers'],
  ['.claude/skills/x/.mcp.json', 'mcpServers'],
  ['.gemini/settings.json', 'mcpServers'],
  ['.cursor/mcp.json', 'mcpServers'],
  ['.vscode/mcp.json', 'servers'],
  ['.zed/settings.json', 'context_servers'],
])('the word of a project itself, in %s, is not heard', async (path, key) => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  home.write(`app/${path}`, { [key]: servers })
  expect(await look(home)).toEqual(UNKNOWN)
})

/** `opencode mcp list` of 1.18.33 starts them at once, in a folder that it never saw. */
test.each(['opencode.json', '.opencode/opencode.jsonc'])('OpenCode does not ask about servers in %s', async (path) => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  const local = (more: object) => ({ type: 'local', command: ['echo'], ...more })
  home.write(`app/${path}`, { mcp: { a: local({}), off: local({ enabled: false }), on: local({ enabled: true }) } })
  expect(await look(home)).toEqual(KNOWN)
})
