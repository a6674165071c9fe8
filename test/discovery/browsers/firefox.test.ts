import fc from 'fast-check'
import { parseProfilesIni } from '../../../src/discovery/browsers/profiles-ini.ts'
import type { ExtensionSighting } from '../../../src/protocol/sighting.ts'
import { type FixtureHome, fixtureHome, writeFirefoxProfile } from '../../support/homes/fixture-home.ts'
import { ALICE, scanHome } from '../../support/homes/scan-home.ts'

const ADDON = {
  id: 'helper@example.org',
  type: 'extension',
  version: '2.3',
  active: true,
  location: 'app-profile',
  sourceURI: 'https://addons.mozilla.org/firefox/downloads/file/1/x.xpi',
  installTelemetryInfo: { source: 'amo' },
  defaultLocale: { name: 'Helper' },
  userPermissions: { permissions: ['tabs', 'nativeMessaging'], origins: ['<all_urls>'] },
}

async function look(home: FixtureHome) {
  const { sightings, sources } = await scanHome(home, 'firefox')
  const extensions = sightings.filter((each): each is ExtensionSighting => each.kind === 'extension')
  return { extensions, states: sources.map(({ state, path, items }) => [state, path?.replace(home.path, '~'), items]) }
}

test('reports an add-on with its rights and its source', async () => {
  using home = fixtureHome()
  writeFirefoxProfile(home, '.mozilla/firefox', [ADDON, { ...ADDON, id: 'dark@x', type: 'theme' }])
  const { extensions, states } = await look(home)
  expect(extensions).toEqual([
    {
      kind: 'extension',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'Helper',
      version: '2.3',
      user: ALICE,
      host: 'firefox',
      product: 'firefox',
      profile: 'default',
      extensionId: 'helper@example.org',
      enabled: true,
      installSource: 'store',
      permissions: ['tabs', 'nativeMessaging'],
      hostPermissions: ['<all_urls>'],
      broadHosts: true,
      debugger: false,
      ai: false,
      evidence: [],
    },
  ])
  expect(states).toEqual([
    ['parsed', '~/.mozilla/firefox/abcd.default', 1],
    ['parsed', '~', 1],
  ])
})

const GRANTED = '.mozilla/firefox/abcd.default/extension-preferences.json'
const rights = ({ permissions, hostPermissions, broadHosts, nativeMessagingHosts }: ExtensionSighting) => ({
  permissions,
  hostPermissions,
  broadHosts,
  nativeMessagingHosts,
})

test('reports sites of version 3, and optional rights that were granted', async () => {
  using home = fixtureHome()
  home.write('.mozilla/native-messaging-hosts/vault.json', { name: 'vault', allowed_extensions: [ADDON.id] })
  const userPermissions = { permissions: ['tabs'], origins: [] }
  const requestedPermissions = { permissions: [], origins: ['https://a.example/*'] }
  writeFirefoxProfile(home, '.mozilla/firefox', [{ ...ADDON, userPermissions, requestedPermissions }])
  const permissions = ['internal:privateBrowsingAllowed', 'nativeMessaging', '<all_urls>']
  home.write(GRANTED, { [ADDON.id]: { permissions, origins: [] }, other: { permissions: ['bookmarks'], origins: [] } })
  expect((await look(home)).extensions.map(rights)).toEqual([
    {
      permissions: ['tabs', 'nativeMessaging'],
      hostPermissions: ['<all_urls>', 'https://a.example/*'],
      broadHosts: true,
      nativeMessagingHosts: ['vault'],
    },
  ])
})

test.each<[string, unknown]>([
  ['is cut', '{"helper@example.org":{"permissions":["book'],
  ['is no JSON', 'rights'],
])('reports a file of granted rights that %s, and its add-ons too', async (_, content) => {
  using home = fixtureHome()
  writeFirefoxProfile(home, '.mozilla/firefox', [ADDON])
  home.write(GRANTED, content)
  const { extensions, states } = await look(home)
  expect([extensions.map(({ name }) => name), states[0]]).toEqual([['Helper'], ['malformed', `~/${GRANTED}`, 0]])
})

test.each<[string, unknown]>([
  ['a list', []],
  ['rights of another shape', { [ADDON.id]: { permissions: 'bookmarks', origins: { 0: '<all_urls>' } } }],
  ['rights of nobody', { [ADDON.id]: null }],
])('%s grants nothing', async (_, content) => {
  using home = fixtureHome()
  writeFirefoxProfile(home, '.mozilla/firefox', [{ ...ADDON, userPermissions: null }])
  home.write(GRANTED, content)
  expect((await look(home)).extensions.map(rights)).toEqual([
    { permissions: [], hostPermissions: [], broadHosts: false },
  ])
})

test.each<[string, Record<string, unknown>, ExtensionSighting['installSource']]>([
  ['from a policy', { installTelemetryInfo: { source: 'enterprise-policy' } }, 'policy'],
  ['placed by another program', { foreignInstall: true }, 'sideloaded'],
  ['from a file', { installTelemetryInfo: { source: 'file-url' }, sourceURI: 'file:///x.xpi' }, 'sideloaded'],
  ['loaded for one session', { location: 'app-temporary' }, 'unpacked'],
  ['of the browser itself', { location: 'app-builtin' }, 'bundled'],
  ['of a folder of the system', { location: 'app-system-share' }, 'sideloaded'],
  ['of unknown origin', { installTelemetryInfo: null, sourceURI: null }, 'unknown'],
])('an add-on %s', async (_, more, installSource) => {
  using home = fixtureHome()
  writeFirefoxProfile(home, '.mozilla/firefox', [{ ...ADDON, ...more }])
  expect((await look(home)).extensions.map((each) => each.installSource)).toEqual([installSource])
})

test.each([
  ['firefox', '.config/mozilla/firefox'],
  ['firefox', 'snap/firefox/common/.mozilla/firefox'],
  ['firefox', '.var/app/org.mozilla.firefox/.mozilla/firefox'],
  ['librewolf', '.librewolf'],
  ['waterfox', '.waterfox'],
  ['zen', '.zen'],
])('profiles of %s are found in ~/%s', async (product, root) => {
  using home = fixtureHome()
  writeFirefoxProfile(home, root, [ADDON])
  expect((await look(home)).extensions.map((each) => each.product)).toEqual([product])
})

test('a profile elsewhere, and one that no list names, are found too', async () => {
  using home = fixtureHome()
  home.write('.mozilla/firefox/profiles.ini', `[Profile0]\nName=work\nIsRelative=0\nPath=${home.at('data/job')}\n`)
  home.write('data/job/extensions.json', { addons: [ADDON] })
  home.write('.mozilla/firefox/xyz.group/extensions.json', { addons: [{ ...ADDON, active: false }] })
  expect((await look(home)).extensions.map((each) => [each.profile, each.enabled])).toEqual([
    ['work', true],
    ['xyz.group', false],
  ])
})

test.each([
  ['cut', '{"addons":[{"id"', 'malformed'],
  ['of another shape', '[]', 'malformed'],
  ['with a dangerous key', '{"addons":[],"__proto__":{}}', 'malformed'],
])('a list of add-ons that is %s is said', async (_, text, state) => {
  using home = fixtureHome()
  home.write('.mozilla/firefox/abcd.default/extensions.json', text)
  const { extensions, states } = await look(home)
  expect([extensions, states[0]]).toEqual([[], [state, '~/.mozilla/firefox/abcd.default', 0]])
})

test('a profile that was never opened has nothing to tell', async () => {
  using home = fixtureHome()
  home.write('.mozilla/firefox/profiles.ini', '[Profile0]\nName=new\nIsRelative=1\nPath=new\n')
  expect(await look(home)).toEqual({
    extensions: [],
    states: [
      ['parsed', '~/.mozilla/firefox/new', 0],
      ['parsed', '~', 0],
    ],
  })
})

test('profiles.ini: never throws, and takes nothing but sections of profiles', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseProfilesIni(text)))
  expect(
    parseProfilesIni('Path=x\n[Install1]\nPath=y\n[Profile1]\r\nPath=z\r\nName=n=m\r\n[Profile2]\nName=none\n'),
  ).toEqual([{ name: 'n=m', path: 'z', relative: true }])
})
