import type { ExtensionSighting } from '../../../src/protocol/sighting.ts'
import { type FixtureHome, fixtureHome, writeChromiumProfile } from '../../support/homes/fixture-home.ts'
import { ALICE, scanHome } from '../../support/homes/scan-home.ts'

const PROFILE = '.config/google-chrome/Default'
const SIDER = 'difoiogjjojoaoomphldepapgpbgkhkb'
const OTHER = 'abcdefghijklmnopabcdefghijklmnop'

async function look(home: FixtureHome) {
  const { sightings, sources } = await scanHome(home, 'chromium')
  const extensions = sightings.filter((each): each is ExtensionSighting => each.kind === 'extension')
  const states = sources.map(({ state, path, items }) => [state, path?.replace(home.path, '~'), items])
  return { extensions, states, sources }
}

test('reports an extension with its name, rights, source and why it is AI', async () => {
  using home = fixtureHome()
  const manifest = {
    manifest_version: 3,
    name: '__MSG_appName__',
    version: '5.1.0',
    default_locale: 'de',
    permissions: ['storage', 'debugger', 'nativeMessaging'],
    host_permissions: ['https://api.sider.ai/*', '<all_urls>'],
    update_url: 'https://clients2.google.com/service/update2/crx',
  }
  const settings = { location: 1, from_webstore: true, state: 1, path: `${SIDER}/5.1.0_0` }
  writeChromiumProfile(home, PROFILE, [{ id: SIDER, version: '5.1.0_0', manifest, settings }])
  home.write(`${PROFILE}/Extensions/${SIDER}/5.1.0_0/_locales/de/messages.json`, {
    appname: { message: 'Sider: Seitenleiste' },
  })
  const { extensions, states } = await look(home)
  expect(extensions).toEqual([
    {
      kind: 'extension',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'Sider: Seitenleiste',
      version: '5.1.0',
      user: ALICE,
      host: 'chromium',
      product: 'google-chrome',
      profile: 'Default',
      extensionId: SIDER,
      enabled: true,
      installSource: 'store',
      permissions: ['storage', 'debugger', 'nativeMessaging'],
      hostPermissions: ['<all_urls>', 'https://api.sider.ai/*'],
      broadHosts: true,
      debugger: true,
      ai: true,
      catalogueId: 'sider',
      vendor: 'Sider',
      evidence: [`extension id ${SIDER} is Sider in the catalogue`],
    },
  ])
  expect(states).toEqual([
    ['parsed', `~/${PROFILE}`, 1],
    ['parsed', '~', 1],
  ])
})

const HOSTS = '.config/google-chrome/NativeMessagingHosts'
const hostFor = (name: string, id: string) => ({ name, allowed_origins: [`chrome-extension://${id}/`] })

test('reports the programs an extension may speak to; one of an agent makes it AI', async () => {
  using home = fixtureHome()
  const agentHost = 'com.anthropic.claude_code_browser_extension'
  home.write(`${HOSTS}/${agentHost}.json`, hostFor(agentHost, OTHER))
  home.write(`${HOSTS}/org.example.vault.json`, hostFor('org.example.vault', OTHER))
  const manifest = { name: 'x', version: '1', permissions: ['nativeMessaging'] }
  writeChromiumProfile(home, PROFILE, [{ id: OTHER, manifest }])
  const { extensions } = await look(home)
  expect(extensions.map(({ nativeMessagingHosts, ai, evidence }) => [nativeMessagingHosts, ai, evidence])).toEqual([
    [[agentHost, 'org.example.vault'], true, [`may speak to ${agentHost}, a program of Claude Code`]],
  ])
})

test.each<[string, Record<string, unknown>, string]>([
  ['without the right to', { permissions: ['tabs'] }, OTHER],
  ['with the right as an option that nobody granted', { optional_permissions: ['nativeMessaging'] }, OTHER],
  ['that no manifest allows', { permissions: ['nativeMessaging'] }, SIDER],
])('an extension %s speaks to no program', async (_, more, allowed) => {
  using home = fixtureHome()
  home.write(`${HOSTS}/org.example.vault.json`, hostFor('org.example.vault', allowed))
  writeChromiumProfile(home, PROFILE, [{ id: OTHER, manifest: { name: 'x', version: '1', ...more } }])
  expect((await look(home)).extensions.map((each) => each.nativeMessagingHosts)).toEqual([undefined])
})

test.each<[string, Record<string, unknown>, string[]]>([
  [
    'in version 3',
    { host_permissions: ['https://api.openai.com/*', 'https://api.openai.com/v1/*'] },
    ['api.openai.com'],
  ],
  ['in version 2', { permissions: ['*://api.anthropic.com/'] }, ['api.anthropic.com']],
  ['with a port', { host_permissions: ['https://API.groq.com:443/*'] }, ['api.groq.com']],
])('an extension that asks for a model is AI under any name: %s', async (_, manifest, hosts) => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [{ id: OTHER, manifest: { name: 'Weather', version: '1', ...manifest } }])
  const { extensions } = await look(home)
  expect(extensions.map(({ ai, evidence }) => [ai, evidence])).toEqual([
    [true, hosts.map((host) => `asks for the model at ${host}`)],
  ])
})

test.each<[string, string]>([
  ['every site', '<all_urls>'],
  ['a whole domain', 'https://*.openai.com/*'],
  ['a host that begins like one', 'https://api.openai.com.example.org/*'],
  ['a host that ends like one', 'https://notapi.openai.com/*'],
  ['one in the path', 'https://example.org/api.openai.com/*'],
  ['a file', 'file:///api.openai.com/*'],
])('an extension that asks for %s is no AI for that', async (_, pattern) => {
  using home = fixtureHome()
  const manifest = { name: 'GPT Agent', version: '1', host_permissions: [pattern] }
  writeChromiumProfile(home, PROFILE, [{ id: OTHER, manifest }])
  expect((await look(home)).extensions.map(({ ai, evidence }) => [ai, evidence])).toEqual([[false, []]])
})

test('reports optional rights that were granted too', async () => {
  using home = fixtureHome()
  home.write(`${HOSTS}/org.example.vault.json`, hostFor('org.example.vault', OTHER))
  const active_permissions = {
    api: ['nativeMessaging', 'bookmarks', 7, 'not a name'],
    explicit_host: ['<all_urls>', 'chrome://favicon/*'],
    scriptable_host: [],
  }
  const settings = { location: 1, from_webstore: true, active_permissions }
  const manifest = { name: 'x', version: '1', permissions: ['tabs'] }
  writeChromiumProfile(home, PROFILE, [{ id: OTHER, manifest, settings }])
  const { extensions } = await look(home)
  expect(
    extensions.map(({ permissions, hostPermissions, broadHosts, nativeMessagingHosts, debugger: drives }) => ({
      permissions,
      hostPermissions,
      broadHosts,
      nativeMessagingHosts,
      drives,
    })),
  ).toEqual([
    {
      permissions: ['tabs', 'nativeMessaging', 'bookmarks'],
      hostPermissions: ['<all_urls>'],
      broadHosts: true,
      nativeMessagingHosts: ['org.example.vault'],
      drives: false,
    },
  ])
})

test('reports the right to drive the browser behind many others, and does not guess it', async () => {
  using home = fixtureHome()
  const permissions = [...Array.from({ length: 400 }, (_, at) => `api${at}`), 'debugger']
  writeChromiumProfile(home, PROFILE, [
    { id: OTHER, manifest: { name: 'x', version: '1', permissions } },
    { id: SIDER, settings: { location: 4, path: home.at('gone') } },
  ])
  const { extensions } = await look(home)
  expect(extensions.map((each) => [each.permissions.length, each.permissions[0], each.debugger])).toEqual([
    [0, undefined, undefined],
    [128, 'debugger', true],
  ])
})

test('reports an extension that is not in the catalogue as no AI', async () => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [{ id: OTHER, manifest: { name: 'ChatGPT helper', version: '1.0' } }])
  const { extensions } = await look(home)
  expect(extensions.map(({ name, ai, evidence, catalogueId }) => ({ name, ai, evidence, catalogueId }))).toEqual([
    { name: 'ChatGPT helper', ai: false, evidence: [], catalogueId: undefined },
  ])
})

test.each<[string, Record<string, unknown>, ExtensionSighting['installSource'], ExtensionSighting['enabled']]>([
  ['from the store', { location: 1, from_webstore: true }, 'store', true],
  ['dragged in', { location: 1, from_webstore: false }, 'sideloaded', true],
  ['placed by another program', { location: 2 }, 'sideloaded', true],
  ['unpacked', { location: 4 }, 'unpacked', true],
  ['brought by the browser', { location: 5 }, 'bundled', true],
  ['forced by policy', { location: 7 }, 'policy', true],
  ['forced by policy from a file', { location: 9 }, 'policy', true],
  ['loaded by the command line', { location: 8 }, 'unpacked', true],
  ['of a kind we do not know', { location: 99 }, 'unknown', true],
  ['switched off, as lists say it', { location: 1, from_webstore: true, disable_reasons: [1] }, 'store', false],
  ['switched off, as a mask says it', { location: 1, from_webstore: true, disable_reasons: 1 }, 'store', false],
  ['switched off, as a state says it', { location: 1, from_webstore: true, state: 0 }, 'store', false],
  ['with an empty list of reasons', { location: 1, from_webstore: true, disable_reasons: [] }, 'store', true],
])('an extension %s', async (_, settings, installSource, enabled) => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [{ id: OTHER, manifest: { name: 'x', version: '1' }, settings }])
  const { extensions } = await look(home)
  expect(extensions.map((each) => [each.installSource, each.enabled])).toEqual([[installSource, enabled]])
})

test('fields of one extension are joined over both preference files', async () => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [{ id: OTHER, manifest: { name: 'x', version: '1' }, settings: { location: 1 } }])
  home.write(`${PROFILE}/Preferences`, { extensions: { settings: { [OTHER]: { from_webstore: true, location: 4 } } } })
  const { extensions } = await look(home)
  expect(extensions.map(({ installSource }) => installSource)).toEqual(['store'])
})

test('reads an unpacked extension where it lies, and reports the place', async () => {
  using home = fixtureHome()
  home.write('work/mine/manifest.json', { name: 'Mine', version: '0.1', host_permissions: ['https://*/*'] })
  writeChromiumProfile(home, PROFILE, [{ id: OTHER, settings: { location: 4, path: home.at('work/mine') } }])
  const { extensions } = await look(home)
  expect(extensions.map(({ name, path, broadHosts }) => ({ name, path, broadHosts }))).toEqual([
    { name: 'Mine', path: home.at('work/mine'), broadHosts: true },
  ])
})

test.each<[string, string]>([
  ['brave', '.config/BraveSoftware/Brave-Browser/Profile 7'],
  ['microsoft-edge', '.config/microsoft-edge/Default'],
  ['vivaldi', '.config/vivaldi/Default'],
  ['opera', '.config/opera'],
  ['opera-gx', '.config/opera-gx'],
  ['chromium', 'snap/chromium/common/chromium/Default'],
  ['brave', 'snap/brave/431/.config/BraveSoftware/Brave-Browser/Default'],
  ['google-chrome', '.var/app/com.google.Chrome/config/google-chrome/Profile 1'],
])('profiles of %s are found in ~/%s', async (product, profile) => {
  using home = fixtureHome()
  writeChromiumProfile(home, profile, [{ id: OTHER, manifest: { name: 'x', version: '1' } }])
  const { extensions } = await look(home)
  expect(extensions.map((each) => [each.product, each.profile])).toEqual([[product, profile.split('/').at(-1)]])
})

test('of several versions, reports the recorded one, or else the newest', async () => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [
    {
      id: OTHER,
      version: '9.0_0',
      manifest: { name: 'x', version: '9.0' },
      settings: { location: 1, path: `${OTHER}/9.0_0` },
    },
    { id: SIDER, version: '9.0_0', manifest: { name: 'y', version: '9.0' } },
  ])
  home.write(`${PROFILE}/Extensions/${OTHER}/10.0_0/manifest.json`, { name: 'x', version: '10.0' })
  home.write(`${PROFILE}/Extensions/${SIDER}/10.0_0/manifest.json`, { name: 'y', version: '10.0' })
  const { extensions } = await look(home)
  expect(extensions.map(({ name, version }) => [name, version])).toEqual([
    ['y', '10.0'],
    ['x', '9.0'],
  ])
})

test.each<[string, Record<string, unknown>, boolean, string[], string[]]>([
  ['every site in version 2', { permissions: ['tabs', 'http://*/*'] }, true, ['tabs'], ['http://*/*']],
  ['one site', { host_permissions: ['https://*.example.com/*'] }, false, [], ['https://*.example.com/*']],
  ['a whole top-level domain', { host_permissions: ['*://*.com/*'] }, true, [], ['*://*.com/*']],
  ['content scripts everywhere', { content_scripts: [{ matches: ['<all_urls>'] }] }, true, [], []],
  ['nonsense', { permissions: 'tabs', host_permissions: [1, null, {}], content_scripts: [null] }, false, [], []],
])('rights over %s', async (_, manifest, broad, permissions, hosts) => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [{ id: OTHER, manifest: { name: 'x', version: '1', ...manifest } }])
  const { extensions } = await look(home)
  expect(extensions.map((each) => [each.broadHosts, each.permissions, each.hostPermissions])).toEqual([
    [broad, permissions, hosts],
  ])
})

test('themes, removed extensions and folders with other names are no extensions', async () => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [
    { id: OTHER, manifest: { name: 'dark', version: '1', theme: {} } },
    { id: SIDER, settings: { state: 2, location: 1 } },
    { id: 'Temp', manifest: { name: 'x', version: '1' } },
  ])
  expect((await look(home)).extensions).toEqual([])
})

test('a profile whose preferences cannot be read is enumerated all the same', async () => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
  home.write(`${PROFILE}/Secure Preferences`, '{"extensions":{"settings":{"difo')
  const { extensions, states } = await look(home)
  expect(extensions.map(({ name, enabled, installSource, ai }) => [name, enabled, installSource, ai])).toEqual([
    ['Sider', 'unknown', 'unknown', true],
  ])
  expect(states).toEqual([
    ['malformed', `~/${PROFILE}/Secure Preferences`, 0],
    ['parsed', `~/${PROFILE}`, 1],
    ['parsed', '~', 1],
  ])
})

test('a home without a browser gives one line', async () => {
  using home = fixtureHome()
  expect((await look(home)).states).toEqual([['parsed', '~', 0]])
})
