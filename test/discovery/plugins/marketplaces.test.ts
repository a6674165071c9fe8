import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { claudePlugin, claudeRecord, enabled, installed, look, NPX } from './found-plugins.ts'

/** As `claude plugin marketplace add` notes it, of a folder or of a repository. */
function market(home: FixtureHome, source: 'directory' | 'github', plugins: readonly unknown[], location = 'mp'): void {
  const known = { acme: { source: { source, path: home.at(location) }, installLocation: home.at(location) } }
  home.write('.claude/plugins/known_marketplaces.json', known)
  home.write(`${location}/.claude-plugin/marketplace.json`, { name: 'acme', plugins })
}

test.each<[string, 'directory' | 'github', readonly string[]]>([
  ['a folder is run from there', 'directory', ['claude-code live true']],
  ['a repository is run from the copy', 'github', ['claude-code db true']],
])('a plugin of a marketplace that is %s', async (_, source, told) => {
  using home = fixtureHome()
  claudeRecord(home, { 'tools@acme': installed(claudePlugin(home)) })
  home.write('.claude/settings.json', enabled(true))
  market(home, source, [{ name: 'tools', source: './plugins/tools' }])
  home.write('mp/plugins/tools/.mcp.json', { mcpServers: { live: NPX } })
  home.write('mp/plugins/other/.mcp.json', { mcpServers: { other: NPX } })
  expect((await look(home)).servers).toEqual(told)
})

test('of a marketplace that is a folder, counts only the named plugins', async () => {
  using home = fixtureHome()
  const plugins = ['on', 'off', 'never'].map((name) => ({ name, source: `./${name}` }))
  market(home, 'directory', plugins)
  for (const { name } of plugins) home.write(`mp/${name}/.mcp.json`, { mcpServers: { [`of-${name}`]: NPX } })
  home.write('.claude/settings.json', { enabledPlugins: { 'on@acme': true, 'off@acme': false } })
  expect((await look(home)).servers).toEqual(['claude-code of-on true', 'claude-code of-off false'])
})

test.each<[string, unknown]>([
  ['above the marketplace', '../x'],
  ['outside of it', './../../x'],
  ['absolute', '/etc'],
  ['a pattern', './*'],
  ['the marketplace itself', './'],
  ['a repository', { source: 'github', repo: 'acme/x' }],
  ['nothing', undefined],
])('a plugin whose place is %s is not run from there', async (_, source) => {
  using home = fixtureHome()
  market(home, 'directory', [{ name: 'tools', source }, 7, null, { source: './x' }], 'market/mp')
  home.write('market/x/.mcp.json', { mcpServers: { x: NPX } })
  home.write('market/mp/.mcp.json', { mcpServers: { y: NPX } })
  home.write('.claude/settings.json', enabled(true))
  expect((await look(home)).servers).toEqual([])
})

test('servers that a marketplace gives a plugin are on with it', async () => {
  using home = fixtureHome()
  home.folder('.claude/plugins/cache/acme/plain/unknown')
  const plain = installed(home.at('.claude/plugins/cache/acme/plain/unknown'))
  claudeRecord(home, { 'plain@acme': plain, 'tools@acme': installed(claudePlugin(home)) })
  home.write('.claude/settings.json', { enabledPlugins: { 'plain@acme': true, 'tools@acme': false } })
  const servers = (name: string) => ({ [name]: NPX })
  market(home, 'github', [
    { name: 'other', source: './o', mcpServers: servers('never') },
    { name: 'plain', source: './p', mcpServers: servers('inline') },
    { name: 'tools', source: './t', mcpServers: servers('off') },
  ])
  expect((await look(home)).servers.sort()).toEqual([
    'claude-code db false',
    'claude-code inline true',
    'claude-code off false',
  ])
})

test('files that the manifest of a plugin names are read, inside of it alone', async () => {
  using home = fixtureHome()
  const root = claudePlugin(home)
  claudeRecord(home, { 'tools@acme': installed(root) })
  home.write('.claude/settings.json', enabled(true))
  const inside = '.claude/plugins/cache/acme/tools/1.2.0'
  home.write(`${inside}/.claude-plugin/plugin.json`, {
    name: 'tools',
    mcpServers: [
      './conf/a.json',
      './../../../../../../outside.json',
      './conf/absent.json',
      '/etc/passwd',
      './*.json',
      7,
    ],
    hooks: './conf/hooks.json',
  })
  home.write(`${inside}/conf/a.json`, { mcpServers: { pointed: NPX } })
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as plugins write it
  const command = '${CLAUDE_PLUGIN_ROOT}/conf/run.sh'
  home.write(`${inside}/conf/hooks.json`, { hooks: { Stop: [{ hooks: [{ type: 'command', command }] }] } })
  home.write(`${inside}/conf/run.sh`, 'echo')
  home.write('outside.json', { mcpServers: { outside: NPX } })
  const { servers, files } = await look(home)
  expect([servers, files.filter((each) => each.startsWith('hook')).sort()]).toEqual([
    ['claude-code db true', 'claude-code pointed true'],
    ['hook hooks.json true', 'hook hooks.json true', 'hook run.sh true', 'hook x.sh true'],
  ])
})

test('what a manifest says itself counts beside the files that it names', async () => {
  using home = fixtureHome()
  const root = claudePlugin(home)
  claudeRecord(home, { 'tools@acme': installed(root) })
  home.write('.claude/settings.json', enabled(true))
  const inside = '.claude/plugins/cache/acme/tools/1.2.0'
  const hook = (name: string) => ({ hooks: [{ type: 'command', command: `\${CLAUDE_PLUGIN_ROOT}/${name}.sh` }] })
  home.write(`${inside}/.claude-plugin/plugin.json`, {
    mcpServers: ['./a.json', { inline: NPX }, { name: 'entry', ...NPX }],
    hooks: ['./more.json', { Stop: [hook('inline')] }],
  })
  home.write(`${inside}/a.json`, { mcpServers: { pointed: NPX } })
  home.write(`${inside}/more.json`, { hooks: { Stop: [hook('pointed')] } })
  for (const name of ['inline', 'pointed']) home.write(`${inside}/${name}.sh`, 'echo')
  const { servers, files } = await look(home)
  expect([servers.sort(), files.filter((each) => /json|inline|pointed/.test(each)).sort()]).toEqual([
    ['db', 'entry', 'inline', 'pointed'].map((name) => `claude-code ${name} true`),
    ['hooks.json', 'inline.sh', 'more.json', 'pointed.sh'].map((name) => `hook ${name} true`),
  ])
})

test('a folder of skills with a manifest is a plugin, on unless switched off', async () => {
  using home = fixtureHome()
  for (const name of ['mine', 'off', 'plain']) {
    home.write(`.claude/skills/${name}/.mcp.json`, { mcpServers: { [`of-${name}`]: NPX } })
    if (name !== 'plain') home.write(`.claude/skills/${name}/.claude-plugin/plugin.json`, { name })
  }
  home.write('.claude/skills/plain/SKILL.md', 'A skill')
  home.write('.claude/settings.json', { enabledPlugins: { 'off@skills-dir': false } })
  const { servers, files } = await look(home)
  expect([servers, files]).toEqual([
    ['claude-code of-mine true', 'claude-code of-off false'],
    ['plugin mine@skills-dir true', 'plugin off@skills-dir false'],
  ])
})
