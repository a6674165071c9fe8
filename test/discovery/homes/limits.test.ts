import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import type { DiscoveryTask } from '../../../src/discovery/files/scan-tasks.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'
import { AGENT, catalogueOf } from '../small-catalogue.ts'

/** What lies behind a bound is told by the source that has it, and what needs no bound has none. */

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))

async function look(home: FixtureHome, task: DiscoveryTask, init: { readonly catalogue?: Catalogue } = {}) {
  const found = await scanHome(home, task, init)
  const faults = found.sources.flatMap(({ state, path, reason }) =>
    state === 'parsed' ? [] : [`${state} ${path?.replace(home.path, '~')}: ${reason}`],
  )
  return { ...found, faults }
}

test('looks at every member that a star matches', async () => {
  using home = fixtureHome()
  const profiles = times(600, (at) => `[profiles.p${at}]\napproval_policy = "${at < 599 ? 'untrusted' : 'never'}"\n`)
  home.write('.codex/config.toml', profiles.join(''))
  const users = [...times(600, () => ({ login: 7 })), { login: 'ada' }]
  home.write('.copilot/config.json', { logged_in_users: users })
  const { states = [], faults } = await look(home, 'installed')
  const said = states.map(({ catalogueId, account, autonomy }) => [
    catalogueId,
    account?.name,
    autonomy?.because.length,
  ])
  expect([said.sort(), faults]).toEqual([
    [
      ['codex', undefined, 2],
      ['copilot-cli', 'ada', 1],
    ],
    [],
  ])
})

test('counts all servers of a gateway beyond those that may be reported', async () => {
  using home = fixtureHome()
  home.write(
    '.docker/mcp/catalogs/docker-mcp.yaml',
    'registry:\n  s499:\n    image: mcp/x:1\n  s500:\n    image: mcp/y:1\n',
  )
  home.write('.docker/mcp/registry.yaml', `registry:\n${times(700, (at) => `  s${at}: {}\n`).join('')}`)
  const { sightings, faults } = await look(home, 'mcp')
  const last = sightings.at(-1)
  expect([sightings.length, last?.name, last?.kind === 'mcp-server' && last.package?.name, faults]).toEqual([
    500,
    's499',
    'mcp/x',
    ['too-large ~/.docker/mcp/registry.yaml: only 500 of 700 servers are reported'],
  ])
})

test.each<[string, string, readonly string[]]>([
  [
    'read no further, which is told',
    's17',
    ['too-large ~/.docker/mcp/catalogs: only 16 of 18 lists of servers are reported'],
  ],
  ['not missed where nothing is left to look for', 's15', []],
])('lists of servers behind the sixteenth are %s', async (_, served, told) => {
  using home = fixtureHome()
  for (const at of times(18, (n) => n)) {
    const list = `registry:\n  s${at}:\n    image: mcp/s${at}:1\n`
    home.write(`.docker/mcp/catalogs/${String(at).padStart(2, '0')}.yaml`, list)
  }
  home.write('.docker/mcp/registry.yaml', `registry:\n  ${served}: {}\n`)
  expect((await look(home, 'mcp')).faults).toEqual(told)
})

const MANIFESTS = '.ollama/models/manifests/registry.ollama.ai/library/m'
const layers = (first: number, count: number) => ({
  layers: times(count, (at) => ({
    mediaType: 'application/vnd.ollama.image.model',
    digest: `sha256:${String(first + at).padStart(64, '0')}`,
  })),
})

test('reports manifests of models that are not read', async () => {
  using home = fixtureHome()
  for (const at of times(513, (n) => n)) home.write(`${MANIFESTS}/${at}`, layers(at, 1))
  const { blobs = [], faults } = await look(home, 'runtimes')
  expect([blobs.length, faults]).toEqual([512, ['too-large ~: only 512 of 513 manifests of models are reported']])
})

test('limits files of weights, and reports that there are more', async () => {
  using home = fixtureHome()
  home.write(`${MANIFESTS}/1`, layers(0, 300))
  home.write(`${MANIFESTS}/2`, layers(300, 300))
  const { blobs = [], faults } = await look(home, 'runtimes')
  expect([blobs.length, faults]).toEqual([512, ['too-large ~: only 512 of 600 files of weights are reported']])
})

test('limits files in which an agent names its processes, and reports that', async () => {
  using home = fixtureHome()
  for (const at of times(65, (n) => n + 100)) {
    home.write(`.claude/sessions/${at}.json`, { pid: at, procStart: String(at) })
  }
  const { states = [], faults } = await look(home, 'installed')
  expect([states.map(({ pidFiles = [] }) => pidFiles.length), faults]).toEqual([
    [64],
    ['too-large ~/.claude/sessions/164.json: only 64 of 65 files of processes are reported'],
  ])
})

test('limits agents that have left something in a home, and reports that', async () => {
  using home = fixtureHome()
  home.write('.all/settings.json', { yolo: true })
  const settings = [{ path: '~/.all/settings.json', key: ['yolo'], autonomous: [true] }]
  const catalogue = catalogueOf(...times(257, (at) => ({ ...AGENT, id: `a${at}`, settings })))
  const { states = [], faults } = await look(home, 'installed', { catalogue })
  expect([states.length, faults]).toEqual([256, ['too-large agents: only 256 of 257 agents are reported']])
})

test('limits profiles of a browser, and reports that profiles.ini names more', async () => {
  using home = fixtureHome()
  const ini = times(201, (at) => `[Profile${at}]\nName=p${at}\nIsRelative=1\nPath=p${at}\n`)
  home.write('.mozilla/firefox/profiles.ini', ini.join(''))
  const [first] = (await look(home, 'firefox')).faults
  expect(first).toBe('too-large ~/.mozilla/firefox: only 200 of 201 profiles are reported')
})

test('limits extensions that a program allows, and reports that there are more', async () => {
  using home = fixtureHome()
  const manifest = '.config/chromium/NativeMessagingHosts/com.example.one.json'
  const allowed_origins = times(501, () => `chrome-extension://${'a'.repeat(32)}/`)
  home.write(manifest, { name: 'com.example.one', path: '/opt/host', type: 'stdio', allowed_origins })
  home.write('.config/chromium/Default/Preferences', {})
  expect((await look(home, 'chromium')).faults).toEqual([
    `too-large ~/${manifest}: only 500 of 501 extensions are reported`,
  ])
})
