import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { look, NPX } from './found-plugins.ts'

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

test('Codex: a plugin made for Claude Code is one, with its servers', async () => {
  using home = fixtureHome()
  home.write('.codex/plugins/cache/acme/tools/1.2.0/.claude-plugin/plugin.json', {
    name: 'tools',
    mcpServers: { db: NPX },
  })
  home.write('.codex/config.toml', '[plugins."tools@acme"]\n')
  const { servers, files } = await look(home)
  expect([servers, files]).toEqual([['codex db true'], ['plugin tools@acme true']])
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
  ['off for the person, on in one project', { gx: { overrides: ['!HOME/*', 'HOME/code/'] } }, 'true in ~/code'],
  ['on in a folder that nothing else names', { gx: { overrides: ['!HOME/*', 'HOME/deep/er/*'] } }, 'true in ~/deep/er'],
  ['off in one project', { gx: { overrides: ['HOME/*', '!HOME/code/*'] } }, 'true'],
  ['the last that fits wins', { gx: { overrides: ['!HOME/*', 'HOME/*', '!HOME/*'] } }, 'false'],
  ['rules that are no texts', { gx: { overrides: [7, null, {}] } }, 'true'],
  ['no list of rules', { gx: { overrides: '!HOME/*' } }, 'true'],
  ['a rule of stars', { gx: { overrides: [`!${'*a'.repeat(900)}`] } }, 'true'],
  ['no JSON', '{"gx":', 'unknown'],
])('Gemini and Qwen, an extension is on or off: %s', async (_, rules, told) => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('code')]: {} } })
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

test.each(['.gemini', '.qwen'])('follows no link where extensions in ~/%s lie, and reports it', async (state) => {
  using home = fixtureHome()
  using other = fixtureHome()
  const manifest = `${state.slice(1)}-extension.json`
  other.write(`dev/gy/${manifest}`, { mcpServers: { behind: NPX } })
  home.write(`${state}/extensions/real/${manifest}`, { mcpServers: { own: NPX } })
  home.link(`${state}/extensions/gy`, other.at('dev/gy'))
  const { servers, faults } = await look(home)
  expect([servers.map((each) => each.split(' ')[1]), faults]).toEqual([['own'], ['unreadable', 'unreadable']])
})

test('reports plugins of Copilot CLI in a folder of the person where they lie', async () => {
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
