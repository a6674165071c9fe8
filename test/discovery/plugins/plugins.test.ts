import fc from 'fast-check'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { claudePlugin, claudeRecord, enabled, installed, look, NPX } from './found-plugins.ts'

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

test('reports all that a plugin brings as off when it is switched off', async () => {
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

test('follows no link that is recorded as a plugin, and reports it', async () => {
  using home = fixtureHome()
  using other = fixtureHome()
  other.write('tools/.mcp.json', { mcpServers: { behind: NPX } })
  home.link('.claude/plugins/cache/acme/tools/1.2.0', other.at('tools'))
  claudeRecord(home, { 'tools@acme': installed(home.at('.claude/plugins/cache/acme/tools/1.2.0')) })
  home.write('.claude/settings.json', enabled(true))
  expect(await look(home)).toMatchObject({ servers: [], faults: ['unreadable', 'unreadable'] })
})

test('a plugin elsewhere counts only where its record names it', async () => {
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

test('does not report the name of a plugin that could be a secret', async () => {
  using home = fixtureHome()
  const name = 'ghp_CANARYcanaryCANARYcanary'
  home.write(`.claude/plugins/cache/acme/${name}/1/.mcp.json`, { mcpServers: { db: NPX } })
  claudeRecord(home, { [`${name}@acme`]: installed(home.at(`.claude/plugins/cache/acme/${name}/1`)) })
  const { evidence } = await look(home)
  expect(evidence[1]).toBe('plugin unnamed, switched off')
})

test('reports a plugin once for any settings, and as on only where they switch it on', async () => {
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

test('throws nothing for any record and any marketplaces', async () => {
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
