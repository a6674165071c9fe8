import type { DiscoveryTask } from '../../../src/discovery/files/scan-tasks.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

const NPX = { command: 'npx', args: ['-y', '@acme/db@1.0.0'] }
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))

/** What was found by name, and what its sources say was left out or not looked at. */
async function look(home: FixtureHome, task: DiscoveryTask = 'mcp') {
  const { sightings, sources } = await scanHome(home, task)
  const faults = sources.flatMap(({ state, path, reason }) =>
    state === 'parsed' ? [] : [`${state} ${path?.replace(home.path, '~')}: ${reason?.replaceAll(home.path, '~')}`],
  )
  return { names: sightings.map(({ name }) => name), faults }
}

/** Marketplaces that are folders of the person, with so many plugins each. */
function markets(home: FixtureHome, count: number, offers: number): void {
  const known = times(count, (at) => [
    `m${at}`,
    { source: { source: 'directory' }, installLocation: home.at(`mp/m${at}`) },
  ])
  home.write('.claude/plugins/known_marketplaces.json', Object.fromEntries(known))
  for (const [name] of known) {
    const plugins = times(offers, (at) => ({ name: `p${at}`, source: `./p${at}` }))
    home.write(`mp/${name}/.claude-plugin/marketplace.json`, { plugins })
  }
}

/** One plugin of a marketplace that is on, with a server. */
function live(home: FixtureHome, market: number, plugin: number): void {
  home.write(`mp/m${market}/p${plugin}/.mcp.json`, { mcpServers: { [`m${market}-p${plugin}`]: NPX } })
}
const on = (...ids: readonly string[]) => ({ enabledPlugins: Object.fromEntries(ids.map((id) => [id, true])) })

const MARKETS = '~/.claude/plugins/known_marketplaces.json'
const manifestOf = (market: number) => `~/mp/m${market}/.claude-plugin/marketplace.json`

test('of very many marketplaces, reads the first, and reports that there are more', async () => {
  using home = fixtureHome()
  markets(home, 65, 1)
  for (const at of [63, 64]) live(home, at, 0)
  home.write('.claude/settings.json', on('p0@m63', 'p0@m64'))
  expect(await look(home)).toEqual({
    names: ['m63-p0'],
    faults: [`too-large ${MARKETS}: only 64 of 65 marketplaces are reported`],
  })
})

test('of very many plugins on offer, reads the first, and reports that there are more', async () => {
  using home = fixtureHome()
  markets(home, 1, 1_001)
  for (const at of [999, 1_000]) live(home, 0, at)
  home.write('.claude/settings.json', on('p999@m0', 'p1000@m0'))
  expect(await look(home)).toEqual({
    names: ['m0-p999'],
    faults: [`too-large ${manifestOf(0)}: only 1000 of 1001 plugins on offer are reported`],
  })
})

test('all marketplaces of an agent together have a bound as well', async () => {
  using home = fixtureHome()
  markets(home, 4, 900)
  for (const at of [1, 2, 3]) live(home, at, at === 2 ? 199 : 0)
  home.write('.claude/settings.json', on('p0@m1', 'p199@m2', 'p200@m2', 'p0@m3'))
  expect(await look(home)).toEqual({
    names: ['m1-p0', 'm2-p199'],
    faults: [
      `too-large ${manifestOf(2)}: only 200 of 900 plugins on offer are reported`,
      `too-large ${manifestOf(3)}: only 0 of 900 plugins on offer are reported`,
    ],
  })
})

test('the plugins of an agent have a bound, those of another count for themselves', async () => {
  using home = fixtureHome()
  markets(home, 1, 501)
  for (const at of [499, 500]) live(home, 0, at)
  home.write('.claude/settings.json', on(...times(501, (at) => `p${at}@m0`)))
  home.write('.gemini/extensions/gx/gemini-extension.json', { mcpServers: { gx: NPX } })
  expect(await look(home)).toEqual({
    names: ['m0-p499', 'gx'],
    faults: ['too-large ~: only 500 of 501 plugins of Claude Code are reported'],
  })
})

test('reports too many records of plugins', async () => {
  using home = fixtureHome()
  const plugins = { 'x@acme': times(1_001, (at) => ({ installPath: `/nowhere/${at}` })) }
  home.write('.claude/plugins/installed_plugins.json', { plugins })
  const { faults } = await look(home)
  expect(faults[0]).toBe(
    'too-large ~/.claude/plugins/installed_plugins.json: only 1000 of 1001 records of plugins are reported',
  )
})

test('beyond the limit of rules for folders the last rule is unknown, reported once', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('work')]: {} } })
  home.write('.gemini/extensions/gx/gemini-extension.json', { mcpServers: { gx: NPX } })
  const overrides = [...times(200, () => `${home.path}/*`), `!${home.path}/*`]
  home.write('.gemini/extensions/extension-enablement.json', { gx: { overrides } })
  const { sightings } = await scanHome(home, 'mcp')
  const { faults } = await look(home)
  expect([sightings.map((each) => each.kind === 'mcp-server' && each.enabled), faults]).toEqual([
    ['unknown'],
    ['too-large ~/.gemini/extensions/extension-enablement.json: more than 200 rules for one plugin'],
  ])
})

test('reads the first files of a list in a manifest, and reports that there are more', async () => {
  using home = fixtureHome()
  const root = '.gemini/extensions/gx'
  for (const at of [15, 16]) home.write(`${root}/f${at}.json`, { mcpServers: { [`f${at}`]: NPX } })
  home.write(`${root}/gemini-extension.json`, { mcpServers: times(17, (at) => `./f${at}.json`) })
  expect(await look(home)).toEqual({
    names: ['f15'],
    faults: [`too-large ~/${root}/gemini-extension.json: only 16 of 17 files of a list are reported`],
  })
})

test.each<[what: string, hooks: readonly string[], names: readonly string[], reason: string]>([
  [
    'very many hooks',
    times(201, (at) => `~/bin/${at}.sh`),
    ['settings.json', ...times(200, (at) => `${at}.sh`)],
    'only 200 of 201 hooks are reported',
  ],
  ['a very long hook', [`${'x'.repeat(4_090)} ~/bin/0.sh`], ['settings.json'], 'a hook has more than 4096 characters'],
  [
    'hooks with very many files',
    times(6, (hook) => times(100, (at) => `~/bin/${hook * 100 + at}.sh`).join(' ')),
    ['settings.json', ...times(500, (at) => `${at}.sh`)],
    'only 500 of 600 files of hooks are reported',
  ],
])('of %s, reports what is left out', async (_, commands, names, reason) => {
  using home = fixtureHome()
  for (let at = 0; at < 600; at++) home.write(`bin/${at}.sh`, '')
  const hooks = { Stop: [{ hooks: commands.map((command) => ({ type: 'command', command })) }] }
  home.write('.claude/settings.json', { hooks })
  expect(await look(home, 'agent-files')).toEqual({
    names,
    faults: [`too-large ~/.claude/settings.json: ${reason}`],
  })
})

test('files for agents have a bound, behind which no project is looked at', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('work')]: {} } })
  for (let at = 0; at <= 4_000; at++) home.write(`.claude/commands/${at}.md`, '')
  const { names, faults } = await look(home, 'agent-files')
  expect([names.length, faults]).toEqual([2_000, ['too-large ~: only 2000 of 4001 files or more are reported']])
})

test.each<[string, string, DiscoveryTask]>([
  ['skills', '.claude/skills/linked', 'agent-files'],
  ['skills of a project', 'work/.github/skills/linked', 'agent-files'],
  ['plugins in a cache', '.cursor/plugins/cache/acme', 'agent-files'],
  ['plugins of one’s own', '.cursor/plugins/local/linked', 'agent-files'],
  ['plugins of one’s own with servers', '.cursor/plugins/local/linked', 'mcp'],
  ['configurations', '.kiro/agents/linked.json', 'mcp'],
])('follows no link where %s lie, and reports it once', async (_, link, task) => {
  using home = fixtureHome()
  using other = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('work')]: {} } })
  other.write('SKILL.md', 'A skill')
  other.write('mcp.json', { behind: NPX })
  home.link(link, other.path)
  const { names, faults } = await look(home, task)
  expect([names, faults.map((each) => each.split(':')[0])]).toEqual([[], [`unreadable ~/${link}`]])
})
