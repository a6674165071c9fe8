import { namedProfiles } from '../../../src/discovery/browsers/named-profiles.ts'
import { builtInCatalogue, withBrowsers } from '../../../src/discovery/catalogue/built-in.ts'
import { filesByName, namesOf, placeInHomes, placeOf } from '../../../src/discovery/files/home-alias.ts'
import type { DiscoveryTask } from '../../../src/discovery/files/scan-tasks.ts'
import { readHome } from '../../../src/discovery/homes/read-home.ts'
import { openFiles } from '../../../src/system/files/foreign/linux.ts'
import type { ProcessEntry } from '../../../src/system/processes/process-table.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { ALICE } from '../../support/homes/scan-home.ts'
import { processRecord } from '../../support/processes/process-record.ts'
import { discoveryOf, ALICE as NAMED_ALICE, NODE_TITLED_PI, processesOf } from '../discovered-device.ts'

/** A home that its account and its files spell `/home/alice`, and that lies elsewhere: what they name is found, and told where it lies. */

const NAMED = '/home/alice'

async function look(home: { readonly path: string }, task: DiscoveryTask, isNamed = true) {
  const namedHome = isNamed ? NAMED : undefined
  using opened = openFiles()
  const files = filesByName(opened, { home: home.path, namedHome })
  const init = { user: ALICE, home: home.path, namedHome, catalogue: builtInCatalogue() }
  return await readHome({ files, clock: new FakeClock(Date.now()) }, init, task)
}

const place = { home: '/var/home/alice', namedHome: NAMED }

test.each<[string, string, string]>([
  ['the home', NAMED, '/var/home/alice'],
  ['a file in it', `${NAMED}/a/b`, '/var/home/alice/a/b'],
  ['a file where it lies', '/var/home/alice/a', '/var/home/alice/a'],
  ['the home of somebody whose name begins alike', `${NAMED}2/a`, `${NAMED}2/a`],
  ['the folder of homes', '/home', '/home'],
  ['another place', '/opt/home/alice/a', '/opt/home/alice/a'],
  ['nothing', '', ''],
])('where %s lies', (_, path, real) => {
  expect(placeOf(path, place)).toBe(real)
  expect(placeOf(path, { home: place.home })).toBe(path)
})

test('what lies in the home has two names, anything else one', () => {
  expect(namesOf('/var/home/alice/a', place)).toEqual(['/var/home/alice/a', `${NAMED}/a`])
  expect(namesOf('/var/home/alice', place)).toEqual(['/var/home/alice', NAMED])
  expect(namesOf('/var/home/alice2', place)).toEqual(['/var/home/alice2'])
  expect(namesOf('/var/home/alice/a', { home: place.home })).toEqual(['/var/home/alice/a'])
  expect(placeInHomes([place, { home: '/srv/b' }])(`${NAMED}/a`)).toBe('/var/home/alice/a')
})

test.each<[string, boolean, string[]]>([
  ['by both names', true, ['own', 'of-project', 'shared']],
  ['and not by a name that leads nowhere', false, ['own', 'of-project']],
])('servers of projects are found %s', async (_, isNamed, names) => {
  using home = fixtureHome()
  home.write('.claude.json', {
    mcpServers: { own: { command: 'a' } },
    projects: { [`${NAMED}/p`]: { mcpServers: { 'of-project': { command: 'b' } }, enabledMcpjsonServers: ['shared'] } },
  })
  home.write('p/.mcp.json', { mcpServers: { shared: { command: 'c' } } })
  const { sightings, sources } = await look(home, 'mcp', isNamed)
  const servers = sightings.flatMap((each) => (each.kind === 'mcp-server' ? [each] : []))
  expect(servers.map(({ name }) => name)).toEqual(names)
  expect(sources.filter(({ state }) => state !== 'parsed' && state !== 'absent')).toEqual([])
  if (!isNamed) return
  // What was agreed to stands under the name; where people work is told as it lies.
  expect(servers.map(({ enabled, workspace }) => [enabled, workspace])).toEqual([
    [true, undefined],
    [true, home.at('p')],
    [true, home.at('p')],
  ])
})

test.each<[string, unknown, string | undefined]>([
  ['is given under the name', { [`${NAMED}/p`]: { trust_level: 'trusted' } }, 'given'],
  ['is given where it lies', { HERE: { trust_level: 'trusted' } }, 'given'],
  ['is refused under the name', { [`${NAMED}/p`]: { trust_level: 'untrusted' } }, undefined],
  [
    'is given under one and refused under the other',
    { [`${NAMED}/p`]: { trust_level: 'trusted' }, HERE: { trust_level: 'untrusted' } },
    'unknown',
  ],
  ['is given to another', { [`${NAMED}/q`]: { trust_level: 'trusted' } }, 'unknown'],
])('trust of a project that %s', async (_, said, trust) => {
  using home = fixtureHome()
  const projects = Object.entries(said as object).map(([folder, value]) => {
    const path = folder === 'HERE' ? home.at('p') : folder
    return `[projects."${path}"]\n${Object.entries(value as object)
      .map(([key, each]) => `${key} = "${each}"`)
      .join('\n')}`
  })
  home.write('.codex/config.toml', `${projects.join('\n')}\n`)
  home.write('.claude.json', { projects: { [`${NAMED}/p`]: {} } })
  home.write('p/.codex/config.toml', 'approval_policy = "never"\nsandbox_mode = "danger-full-access"\n')
  const { states = [] } = await look(home, 'installed')
  const found = states.find(({ catalogueId }) => catalogueId === 'codex')?.projects ?? []
  expect(found.map((project) => [project.workspace, project.trust])).toEqual(
    trust === undefined ? [] : [[home.at('p'), trust]],
  )
})

test('finds hooks, skills and plugins that files name by the alias of the home', async () => {
  using home = fixtureHome()
  home.write('.claude/settings.json', {
    hooks: { Stop: [{ hooks: [{ command: `"${NAMED}/bin/done.sh" --now /home/bob/bin/other.sh` }] }] },
    enabledPlugins: { 'p@m': true },
  })
  home.write('bin/done.sh', '#!/bin/sh')
  home.write('.claude/plugins/installed_plugins.json', {
    version: 2,
    plugins: { 'p@m': [{ scope: 'user', installPath: `${NAMED}/.claude/plugins/cache/m/p/1.0.0` }] },
  })
  home.write('.claude/plugins/cache/m/p/1.0.0/skills/s/SKILL.md', '---\nname: s\n---\n')
  const { sightings } = await look(home, 'agent-files')
  const paths = sightings.flatMap((each) => (each.kind === 'agent-file' ? [each.path.replace(home.path, '~')] : []))
  expect(paths.toSorted()).toEqual([
    '~/.claude/plugins/cache/m/p/1.0.0/skills/s/SKILL.md',
    '~/.claude/settings.json',
    '~/bin/done.sh',
  ])
})

test('a profile of Firefox that is listed by the home is read once', async () => {
  using home = fixtureHome()
  const ini = `[Profile0]\nName=work\nIsRelative=0\nPath=${NAMED}/.mozilla/firefox/x.work\n`
  home.write('.mozilla/firefox/profiles.ini', ini)
  const addon = {
    id: 'a@b',
    type: 'extension',
    version: '1',
    defaultLocale: { name: 'Addon' },
    location: 'app-profile',
  }
  home.write('.mozilla/firefox/x.work/extensions.json', { schemaVersion: 36, addons: [addon] })
  const { sightings } = await look(home, 'firefox')
  expect(sightings.map(({ name, ...each }) => [name, each.kind === 'extension' && each.profile])).toEqual([
    ['Addon', 'work'],
  ])
})

test.each<[string, string, string]>([
  ['in the home, by its name', `${NAMED}/x`, '/var/home/alice/x'],
  ['in the home, where it lies', '/var/home/alice/x', '/var/home/alice/x'],
  // As it is spelt: its reader has that person's rights alone.
  ['in the home of somebody else', '/home/bob/x', '/home/bob/x'],
  ['behind a climb', `${NAMED}/../bob/x`, '/home/bob/x'],
])('a profile that a browser names %s', (_, folder, path) => {
  const browsers = withBrowsers(builtInCatalogue()).browsers
  const user = { id: '1000', name: 'alice', shell: '/bin/sh', kind: 'human' as const, ...place }
  const argv = ['chrome', `--user-data-dir=${folder}`]
  const process = processRecord(5, '/opt/google/chrome/chrome', argv)
  expect(namedProfiles({}, { user, browsers }, [process]).profiles[0]?.path).toBe(path)
})

test.each<[string, string]>([
  ['where it lies', '/var/home/alice'],
  ['by the name of the home', NAMED],
])('an agent that runs and names a folder %s is known, and works where that lies', async (_, home) => {
  const process: ProcessEntry = {
    ...NODE_TITLED_PI,
    comm: 'codex',
    executable: '/usr/bin/node',
    argv: ['node', `${home}/.local/lib/node_modules/@openai/codex/bin/codex.js`, '--cd', `${home}/work`],
  }
  const user = { ...NAMED_ALICE, ...place }
  const discovery = discoveryOf({ processes: processesOf(process), users: async () => [user] })
  const { sightings } = await discovery.processes({ signal: new AbortController().signal })
  expect(sightings.map((each) => each.kind === 'agent' && [each.catalogueId, each.workspace])).toEqual([
    ['codex', '/var/home/alice/work'],
  ])
})
