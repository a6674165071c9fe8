import { execFileSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { readMessagingHosts } from '../../../src/discovery/browsers/messaging-hosts.ts'
import { openFolders } from '../../../src/discovery/files/folders.ts'
import { sourceLog } from '../../../src/discovery/files/source-log.ts'
import { openFiles } from '../../../src/system/files/foreign/linux.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'

const ID = 'abcdefghijklmnopabcdefghijklmnop'
const OTHER = 'p'.repeat(32)
const PLACE = '.config/chromium/NativeMessagingHosts'

async function read(home: FixtureHome, ...places: readonly string[]) {
  const sources = sourceLog({ clock: new FakeClock() }, {})
  const onFault = (path: string, error: unknown) => sources.fault('x', path, error)
  using files = openFiles()
  const folders = openFolders({ files, onFault }, { home: home.path })
  const hosts = await readMessagingHosts({ folders, sources }, 'x', { places: places.map((place) => home.at(place)) })
  return {
    hosts: Object.fromEntries(hosts),
    faults: sources.reports.map(({ path, state }) => [path?.replace(home.path, '~'), state]),
  }
}

const hostOf = (name: string, ...ids: readonly string[]) => ({
  name,
  description: 'x',
  path: '/opt/secret/host',
  type: 'stdio',
  allowed_origins: ids.map((id) => `chrome-extension://${id}/`),
})

test('an extension may speak to those programs whose manifests allow it', async () => {
  using home = fixtureHome()
  home.write(`${PLACE}/com.example.one.json`, hostOf('com.example.one', ID, OTHER))
  home.write(`${PLACE}/com.example.two.json`, hostOf('com.example.two', ID))
  home.write('.mozilla/native-messaging-hosts/three.json', { name: 'three', allowed_extensions: ['a@example.org', 7] })
  expect(await read(home, PLACE, '.mozilla/native-messaging-hosts', 'none')).toEqual({
    hosts: { [ID]: ['com.example.one', 'com.example.two'], [OTHER]: ['com.example.one'], 'a@example.org': ['three'] },
    faults: [],
  })
})

test('a manifest of the person hides that of the system', async () => {
  using home = fixtureHome()
  home.write(`${PLACE}/com.example.one.json`, hostOf('com.example.one', ID))
  home.write('etc/com.example.one.json', hostOf('com.example.one', OTHER))
  expect((await read(home, PLACE, 'etc')).hosts).toEqual({ [ID]: ['com.example.one'] })
})

test.each<[string, string, unknown]>([
  ['has another name than its file', 'com.example.one', hostOf('com.example.two', ID)],
  ['has no name', 'com.example.one', { allowed_origins: [`chrome-extension://${ID}/`] }],
  ['has a name of markup', '<b>', hostOf('<b>', ID)],
  ['has a name that ends with a dot', 'a.', hostOf('a.', ID)],
  ['allows every extension, which browsers refuse', 'a', { name: 'a', allowed_origins: ['chrome-extension://*/'] }],
  ['allows a site', 'a', { name: 'a', allowed_origins: ['https://example.org/'] }],
  ['allows an id that is none', 'a', hostOf('a', 'z'.repeat(32))],
  ['allows nothing', 'a', { name: 'a' }],
  ['allows by another shape', 'a', { name: 'a', allowed_origins: { 0: `chrome-extension://${ID}/` } }],
  ['is a list', 'a', []],
])('a manifest that %s allows no extension', async (_name, name, manifest) => {
  using home = fixtureHome()
  home.write(`${PLACE}/${name}.json`, manifest)
  expect(await read(home, PLACE)).toEqual({ hosts: {}, faults: [] })
})

test('what cannot be read is said, and the others are read', async () => {
  using home = fixtureHome()
  home.write(`${PLACE}/com.example.one.json`, hostOf('com.example.one', ID))
  home.write(`${PLACE}/cut.json`, '{"name":"cut","allowed_or')
  home.write(`${PLACE}/large.json`, '')
  truncateSync(home.at(`${PLACE}/large.json`), 200 * 1024 * 1024)
  home.link(`${PLACE}/link.json`, '/etc/shadow')
  execFileSync('mkfifo', [home.at(`${PLACE}/pipe.json`)])
  home.folder(`${PLACE}/folder.json`)
  expect(await read(home, PLACE)).toEqual({
    hosts: { [ID]: ['com.example.one'] },
    faults: [
      [`~/${PLACE}/cut.json`, 'malformed'],
      [`~/${PLACE}/large.json`, 'too-large'],
      [`~/${PLACE}/link.json`, 'unreadable'],
      [`~/${PLACE}/pipe.json`, 'unreadable'],
    ],
  })
})

test('of very many programs, reports some, and that there are more', async () => {
  using home = fixtureHome()
  for (let at = 100; at < 400; at++) home.write(`${PLACE}/a${at}.json`, hostOf(`a${at}`, ID))
  const { hosts, faults } = await read(home, PLACE)
  expect([hosts[ID]?.length, faults]).toEqual([16, [[`~/${PLACE}`, 'too-large']]])
})
