import fc from 'fast-check'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import { type FixtureHome, fixtureHome } from '../../support/fixture-home.ts'
import { lookAtHome } from '../../support/look-at-home.ts'

const NPX = { command: 'npx', args: ['-y', '@acme/db@1.0.0'] }

async function look(home: FixtureHome, catalogue: Catalogue = builtInCatalogue()) {
  const mcp = await lookAtHome(home, 'mcp', { catalogue })
  const own = await lookAtHome(home, 'agent-files', { catalogue })
  const short = (path: string) => path.replace(home.path, '~')
  const servers = mcp.sightings.flatMap((each) => (each.kind === 'mcp-server' ? [each] : []))
  const agentFiles = own.sightings.flatMap((each) => (each.kind === 'agent-file' ? [each] : []))
  const inProject = (workspace: string | undefined) => (workspace === undefined ? '' : ` in ${short(workspace)}`)
  return {
    servers: servers.map((each) => `${each.client} ${each.name} ${each.enabled}${inProject(each.workspace)}`),
    files: agentFiles
      .filter(({ enabled }) => enabled !== undefined)
      .map((each) => `${each.fileKind} ${each.name} ${each.enabled}`),
    evidence: servers.flatMap(({ evidence }) => evidence.map(short)),
    faults: [...mcp.sources, ...own.sources].filter(({ state }) => state !== 'parsed').map(({ state }) => state),
  }
}

/** As Claude Code 2.1.197 leaves a plugin with one of everything. */
function claudePlugin(home: FixtureHome, { version = '1.2.0', server = 'db' } = {}): string {
  const root = `.claude/plugins/cache/acme/tools/${version}`
  home.write(`${root}/.claude-plugin/plugin.json`, { name: 'tools', version })
  home.write(`${root}/.mcp.json`, { mcpServers: { [server]: NPX } })
  home.write(`${root}/skills/deploy/SKILL.md`, 'Deploy')
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as plugins write it
  const command = '${CLAUDE_PLUGIN_ROOT}/hooks/x.sh'
  home.write(`${root}/hooks/hooks.json`, { hooks: { PreToolUse: [{ hooks: [{ type: 'command', command }] }] } })
  home.write(`${root}/hooks/x.sh`, 'echo')
  return home.at(root)
}

function claudeRecord(home: FixtureHome, plugins: Readonly<Record<string, unknown>>): void {
  home.write('.claude/plugins/installed_plugins.json', { version: 2, plugins })
}

const installed = (installPath: string, more = {}) => [{ scope: 'user', installPath, version: '1.2.0', ...more }]
const enabled = (value: unknown) => ({ enabledPlugins: { 'tools@acme': value } })

test('of a plugin that is switched on, all that it brings is on', async () => {
  using home = fixtureHome()
  claudeRecord(home, { 'tools@acme': installed(claudePlugin(home)) })
  home.write('.claude/settings.json', enabled(true))
  expect(await look(home)).toEqual({
    servers: ['claude-code db true'],
    files: ['plugin tools@acme true', 'skill deploy true', 'hook hooks.json true', 'hook x.sh true'],
    evidence: [
      'configured for Claude Code in ~/.claude/plugins/cache/acme/tools/1.2.0/.mcp.json',
      'plugin tools@acme, switched on',
    ],
    faults: [],
  })
})

test('of a plugin that is switched off, all that it would bring is told as off', async () => {
  using home = fixtureHome()
  claudeRecord(home, { 'tools@acme': installed(claudePlugin(home)) })
  home.write('.claude/settings.json', enabled(false))
  const { servers, files, evidence } = await look(home)
  expect([servers, new Set(files.map((each) => each.split(' ').at(-1))), evidence[1]]).toEqual([
    ['claude-code db false'],
    new Set(['false']),
    'plugin tools@acme, switched off',
  ])
})

type Layer = unknown
/** What `claude plugin list` and `claude mcp list` said of the same settings. */
test.each<[what: string, user: Layer, project: Layer, local: Layer, managed: Layer, told: string]>([
  ['nothing says so', undefined, undefined, undefined, undefined, 'false'],
  ['nobody names it', { enabledPlugins: {} }, undefined, undefined, undefined, 'false'],
  ['a project has it on', enabled(false), enabled(true), undefined, undefined, 'true in ~/work'],
  ['a person has it on in one project', undefined, enabled(false), enabled(true), undefined, 'true in ~/work'],
  ['a project has it off, the others not', enabled(true), enabled(false), undefined, undefined, 'true'],
  ['an administrator has it off', enabled(true), enabled(true), enabled(true), enabled(false), 'false'],
  ['an administrator has it on', enabled(false), enabled(false), enabled(false), enabled(true), 'true'],
  ['versions instead of a switch', enabled(['1.0.0']), undefined, undefined, undefined, 'false'],
  ['a word instead of a switch', enabled('true'), undefined, undefined, undefined, 'false'],
  ['a list instead of a map', { enabledPlugins: ['tools@acme'] }, undefined, undefined, undefined, 'false'],
  ['settings that are no JSON', '{"enabledPlugins":', undefined, undefined, undefined, 'unknown'],
  ['project settings that are no JSON', enabled(false), '{', undefined, undefined, 'unknown'],
  ['an administrator’s that are no JSON', enabled(true), undefined, undefined, '{', 'unknown'],
])('Claude Code, a plugin is on or off: %s', async (_, user, project, local, managed, told) => {
  using home = fixtureHome()
  using machine = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('work')]: {} } })
  claudeRecord(home, { 'tools@acme': installed(claudePlugin(home)) })
  if (user !== undefined) home.write('.claude/settings.json', user)
  if (project !== undefined) home.write('work/.claude/settings.json', project)
  if (local !== undefined) home.write('work/.claude/settings.local.json', local)
  if (managed !== undefined) machine.write('managed-settings.json', managed)
  const catalogue: Catalogue = JSON.parse(
    JSON.stringify(builtInCatalogue()).replaceAll('/etc/claude-code', machine.path),
  )
  expect((await look(home, catalogue)).servers).toEqual([`claude-code db ${told}`])
})

test('of settings in a folder of the machine the last has the last word', async () => {
  using home = fixtureHome()
  using machine = fixtureHome()
  claudeRecord(home, { 'tools@acme': installed(claudePlugin(home)) })
  machine.write('managed-settings.d/10-on.json', enabled(true))
  machine.write('managed-settings.d/20-off.json', enabled(false))
  machine.write('managed-settings.json', enabled(true))
  const catalogue: Catalogue = JSON.parse(
    JSON.stringify(builtInCatalogue()).replaceAll('/etc/claude-code', machine.path),
  )
  expect((await look(home, catalogue)).servers).toEqual(['claude-code db false'])
})

test('a plugin of one project is on there, though nothing else tells of the project', async () => {
  using home = fixtureHome()
  const more = { scope: 'local', projectPath: home.at('src/app') }
  claudeRecord(home, { 'tools@acme': installed(claudePlugin(home), more) })
  home.write('src/app/.claude/settings.local.json', enabled(true))
  expect((await look(home)).servers).toEqual(['claude-code db true in ~/src/app'])
})

test('versions that an update left behind are not installed', async () => {
  using home = fixtureHome()
  claudePlugin(home, { version: '1.10.0', server: 'left' })
  claudeRecord(home, { 'tools@acme': installed(claudePlugin(home)) })
  home.write('.claude/settings.json', enabled(true))
  const { servers, files } = await look(home)
  expect([servers, files.length]).toEqual([['claude-code db true'], 4])
})

test.each<[string, (root: string) => unknown]>([
  ['the first layout', (installPath) => ({ version: 1, plugins: { 'tools@acme': { version: '1.2.0', installPath } } })],
  ['today’s', (root) => ({ version: 2, plugins: { 'tools@acme': installed(root) } })],
  ['one of tomorrow', (root) => ({ version: 9, more: true, plugins: { 'tools@acme': installed(root, { x: 1 }) } })],
])('the record of what is installed: %s', async (_, record) => {
  using home = fixtureHome()
  claudePlugin(home, { version: '1.10.0', server: 'left' })
  home.write('.claude/plugins/installed_plugins.json', record(claudePlugin(home)))
  home.write('.claude/settings.json', enabled(true))
  expect((await look(home)).servers).toEqual(['claude-code db true'])
})

test.each<[string, unknown, readonly string[]]>([
  ['is not there', undefined, ['claude-code db unknown', 'claude-code left unknown']],
  ['is empty', '', ['claude-code db unknown', 'claude-code left unknown']],
  ['says something else', { plugins: 'none' }, ['claude-code db unknown', 'claude-code left unknown']],
  ['names none', { version: 2, plugins: {} }, []],
  ['is no JSON', '{"plugins":', ['claude-code db unknown', 'claude-code left unknown']],
  ['names a folder that is not there', { plugins: { 'tools@acme': installed('/nowhere/1.0') } }, []],
  ['names a folder with ..', { plugins: { 'tools@acme': installed('/home/x/../y') } }, []],
  [
    'names a pattern',
    { plugins: { 'tools@acme': installed('HOME/.claude/plugins/cache/*/*/*') } },
    ['claude-code db unknown', 'claude-code left unknown'],
  ],
  [
    'names no absolute folder',
    { plugins: { 'tools@acme': installed('plugins/cache') } },
    ['claude-code db unknown', 'claude-code left unknown'],
  ],
  [
    'names it with a detour',
    { plugins: { 'tools@acme': installed('HOME/.claude//plugins/./cache/acme/x/../tools/1.2.0/') } },
    ['claude-code db true'],
  ],
  [
    'names more than anybody has',
    { plugins: { 'x@acme': Array.from({ length: 1_001 }, (_, n) => ({ installPath: `/nowhere/${n}` })) } },
    ['claude-code db unknown', 'claude-code left unknown'],
  ],
  ['names no text', { plugins: { 'tools@acme': [{ installPath: 7 }, null, 'x'] } }, []],
])('a record that %s', async (_, record, servers) => {
  using home = fixtureHome()
  claudePlugin(home, { version: '1.10.0', server: 'left' })
  claudePlugin(home)
  home.write('.claude/settings.json', enabled(true))
  const text = record === undefined || typeof record === 'string' ? record : JSON.stringify(record)
  if (text !== undefined) home.write('.claude/plugins/installed_plugins.json', text.replace('HOME', home.path))
  expect((await look(home)).servers.sort()).toEqual(servers)
})

test('a link that is recorded as a plugin is not followed, and that is told', async () => {
  using home = fixtureHome()
  using other = fixtureHome()
  other.write('tools/.mcp.json', { mcpServers: { behind: NPX } })
  home.link('.claude/plugins/cache/acme/tools/1.2.0', other.at('tools'))
  claudeRecord(home, { 'tools@acme': installed(home.at('.claude/plugins/cache/acme/tools/1.2.0')) })
  home.write('.claude/settings.json', enabled(true))
  expect(await look(home)).toMatchObject({ servers: [], faults: ['unreadable', 'unreadable'] })
})

test('a plugin that lies elsewhere counts where the record says so, and nowhere else', async () => {
  using home = fixtureHome()
  using other = fixtureHome()
  for (const place of [home, other]) place.write('dev/tools/.mcp.json', { mcpServers: { own: NPX } })
  claudeRecord(home, { 'tools@acme': installed(other.at('dev/tools')), 'x@acme': installed(home.path) })
  home.write('.claude/settings.json', enabled(true))
  const { servers, evidence } = await look(home)
  expect([servers, evidence[0]]).toEqual([
    ['claude-code own true'],
    `configured for Claude Code in ${other.at('dev/tools/.mcp.json')}`,
  ])
})

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

test('of a marketplace that is a folder only what somebody named counts, installed or not', async () => {
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

test('a folder of skills with a manifest is a plugin, on unless it is switched off; one without is none', async () => {
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

test.each<[string, string, string]>([
  ['listed', '[plugins."tools@acme"]\n', 'codex db true'],
  ['on', '[plugins."tools@acme"]\nenabled = true\n', 'codex db true'],
  ['off', '[plugins."tools@acme"]\nenabled = false\n', 'codex db false'],
  ['not listed', '[plugins."tools@other"]\nenabled = true\n', 'codex db false'],
  ['no plugins at all', 'model = "x"\n', 'codex db false'],
  ['no TOML', '[plugins', 'codex db unknown'],
  ['a text', 'plugins = "tools@acme"\n', 'codex db false'],
])('Codex, a plugin is on or off: %s', async (_, config, told) => {
  using home = fixtureHome()
  home.write('.codex/plugins/cache/acme/tools/1.2.0/.mcp.json', { mcpServers: { db: NPX } })
  home.write('.codex/plugins/cache/acme/tools/1.1.0/.mcp.json', { mcpServers: { old: NPX } })
  home.write('.codex/config.toml', config)
  expect((await look(home)).servers).toEqual([told])
})

test('Codex takes the version called local before any other', async () => {
  using home = fixtureHome()
  home.write('.codex/plugins/cache/acme/tools/1.2.0/.mcp.json', { mcpServers: { db: NPX } })
  home.write('.codex/plugins/cache/acme/tools/local/.mcp.json', { mcpServers: { local: NPX } })
  home.write('.codex/config.toml', '[plugins."tools@acme"]\nenabled = true\n')
  expect((await look(home)).servers).toEqual(['codex local true'])
})

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'true'],
  ['another extension', { gy: { overrides: ['!HOME/*'] } }, 'true'],
  ['off for the person', { gx: { overrides: ['!HOME/*'] } }, 'false'],
  ['off for the person, on in one project', { gx: { overrides: ['!HOME/*', 'HOME/work/'] } }, 'true in ~/work'],
  ['on in a folder that nothing else names', { gx: { overrides: ['!HOME/*', 'HOME/deep/er/*'] } }, 'true in ~/deep/er'],
  ['off in one project', { gx: { overrides: ['HOME/*', '!HOME/work/*'] } }, 'true'],
  ['the last that fits wins', { gx: { overrides: ['!HOME/*', 'HOME/*', '!HOME/*'] } }, 'false'],
  ['rules that are no texts', { gx: { overrides: [7, null, {}] } }, 'true'],
  ['no list of rules', { gx: { overrides: '!HOME/*' } }, 'true'],
  ['a rule of stars', { gx: { overrides: [`!${'*a'.repeat(900)}`] } }, 'true'],
  ['no JSON', '{"gx":', 'unknown'],
])('Gemini and Qwen, an extension is on or off: %s', async (_, rules, told) => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('work')]: {} } })
  for (const [dir, file] of [
    ['gemini', 'gemini-extension.json'],
    ['qwen', 'qwen-extension.json'],
  ]) {
    home.write(`.${dir}/extensions/gx/${file}`, { name: 'gx', mcpServers: { db: NPX } })
    const text = typeof rules === 'string' ? rules : JSON.stringify(rules ?? {})
    if (rules !== undefined)
      home.write(`.${dir}/extensions/extension-enablement.json`, text.replaceAll('HOME', home.path))
  }
  const { servers, files } = await look(home)
  expect([servers, files]).toEqual([
    [`gemini-cli db ${told}`, `qwen-code db ${told}`],
    [`plugin gx ${told.split(' ')[0]}`, `plugin gx ${told.split(' ')[0]}`],
  ])
})

test('a linked extension of Gemini is read where it lies', async () => {
  using home = fixtureHome()
  using other = fixtureHome()
  other.write('dev/gy/gemini-extension.json', { mcpServers: { own: NPX } })
  other.write('dev/gz/gemini-extension.json', { mcpServers: { detour: NPX } })
  const link = (source: unknown) => ({ type: 'link', source })
  home.write('.gemini/extensions/gy/.gemini-extension-install.json', link(other.at('dev/gy')))
  home.write('.gemini/extensions/gw/.gemini-extension-install.json', link(`${other.path}/dev//x/../gz/`))
  home.write('.gemini/extensions/gv/.gemini-extension-install.json', link(['x']))
  home.write('.gemini/extensions/gt/.gemini-extension-install.json', { type: 'local', source: other.at('dev/gy') })
  home.write('.gemini/extensions/gu/.gemini-extension-install.json', '{')
  expect(await look(home)).toMatchObject({
    servers: ['gemini-cli detour true', 'gemini-cli own true'],
    faults: ['malformed', 'malformed'],
  })
})

test.each(['.gemini', '.qwen'])(
  'a link where extensions in ~/%s lie is not followed, and that is told',
  async (state) => {
    using home = fixtureHome()
    using other = fixtureHome()
    const manifest = `${state.slice(1)}-extension.json`
    other.write(`dev/gy/${manifest}`, { mcpServers: { behind: NPX } })
    home.write(`${state}/extensions/real/${manifest}`, { mcpServers: { own: NPX } })
    home.link(`${state}/extensions/gy`, other.at('dev/gy'))
    const { servers, faults } = await look(home)
    expect([servers.map((each) => each.split(' ')[1]), faults]).toEqual([['own'], ['unreadable', 'unreadable']])
  },
)

test('plugins of Copilot CLI that lie in a folder of the person are told where they lie', async () => {
  using home = fixtureHome()
  const source = { source: 'directory', path: home.at('mp') }
  home.write('.copilot/settings.json', {
    extraKnownMarketplaces: { acme: { source }, gone: { source: { source: 'directory', path: home.at('gone') } } },
    enabledPlugins: { 'tools@acme': true, 'plain@acme': false, 'x@gone': true },
  })
  const plugins = ['tools', 'plain', 'never'].map((name) => ({ name, source: `./plugins/${name}` }))
  home.write('mp/.claude-plugin/marketplace.json', { name: 'acme', plugins })
  for (const { name } of plugins) home.write(`mp/plugins/${name}/.mcp.json`, { mcpServers: { [`of-${name}`]: NPX } })
  expect((await look(home)).servers).toEqual(['copilot-cli of-tools true', 'copilot-cli of-plain false'])
})

test.each<[string, unknown, unknown, readonly string[]]>([
  ['on', { enabledPlugins: { 'tools@acme': true } }, [true], ['copilot-cli db true']],
  ['off', { enabledPlugins: { 'tools@acme': false } }, [true], ['copilot-cli db false']],
  ['on in its record alone', {}, [true], ['copilot-cli db true']],
  ['off in its record', {}, [false], ['copilot-cli db false']],
  ['not in its record', {}, [], []],
  ['no record', {}, undefined, ['copilot-cli db false']],
  ['a record that is no list', {}, 'x', ['copilot-cli db false']],
  ['no record, though it is on', { enabledPlugins: { 'tools@acme': true } }, undefined, ['copilot-cli db unknown']],
])('Copilot CLI, a plugin is on or off: %s', async (_, settings, record, told) => {
  using home = fixtureHome()
  home.write('.copilot/installed-plugins/acme/tools/.mcp.json', { mcpServers: { db: NPX } })
  home.write('.copilot/settings.json', settings)
  const cache_path = home.at('.copilot/installed-plugins/acme/tools')
  const list = Array.isArray(record) ? record.map((each) => ({ name: 'tools', enabled: each, cache_path })) : record
  const json = JSON.stringify({ installedPlugins: list })
  if (record !== undefined) home.write('.copilot/config.json', `// This file is managed automatically.\n${json}`)
  expect((await look(home)).servers).toEqual(told)
})

test.each<[unknown, string]>([
  [{ isEnabled: true, userConfig: { key: 'canary-canary' } }, 'true'],
  [{ isEnabled: false }, 'false'],
  [{ isEnabled: 'no' }, 'unknown'],
  [undefined, 'unknown'],
])('an extension of Claude Desktop with the settings %j', async (settings, told) => {
  using home = fixtureHome()
  const folder = '.config/Claude/Claude Extensions'
  home.write(`${folder}/local.acme.db/manifest.json`, { name: 'db', server: { mcp_config: NPX } })
  if (settings !== undefined) home.write(`${folder} Settings/local.acme.db.json`, settings)
  const { servers } = await look(home)
  expect(servers).toEqual([`claude-desktop db ${told}`])
})

test('the name of a plugin that could be a secret is not told', async () => {
  using home = fixtureHome()
  const name = 'ghp_CANARYcanaryCANARYcanary'
  home.write(`.claude/plugins/cache/acme/${name}/1/.mcp.json`, { mcpServers: { db: NPX } })
  claudeRecord(home, { [`${name}@acme`]: installed(home.at(`.claude/plugins/cache/acme/${name}/1`)) })
  const { evidence } = await look(home)
  expect(evidence[1]).toBe('plugin unnamed, switched off')
})

test('whatever stands in the settings, a plugin is told once, and as on only where they say so', async () => {
  using home = fixtureHome()
  claudeRecord(home, { 'tools@acme': installed(claudePlugin(home)) })
  await fc.assert(
    fc.asyncProperty(fc.json(), async (settings) => {
      home.write('.claude/settings.json', `{"enabledPlugins":${settings}}`)
      expect((await look(home)).servers).toEqual(['claude-code db false'])
    }),
    { numRuns: 40 },
  )
})

test('whatever stands in the record and of marketplaces, nothing is thrown', async () => {
  using home = fixtureHome()
  claudePlugin(home)
  home.write('.claude/settings.json', enabled(true))
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.json(), async (record, markets) => {
      home.write('.claude/plugins/installed_plugins.json', `{"plugins":${record}}`)
      home.write('.claude/plugins/known_marketplaces.json', markets)
      const { servers } = await look(home)
      expect(servers.filter((each) => each !== 'claude-code db unknown')).toEqual([])
    }),
    { numRuns: 40 },
  )
})
