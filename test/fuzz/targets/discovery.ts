import { reader } from '../../../src/base/schema.ts'
import { indexAgents } from '../../../src/discovery/agent-index.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { loadCatalogue } from '../../../src/discovery/catalogue/load-catalogue.ts'
import { MatchMemory } from '../../../src/discovery/graph/agent-marks.ts'
import { SeenEndpoints } from '../../../src/discovery/graph/endpoints.ts'
import type { DiscoveryTask } from '../../../src/discovery/home-reader.ts'
import { ConfiguredServers } from '../../../src/discovery/mcp/configured-servers.ts'
import { findRunningAgents } from '../../../src/discovery/processes.ts'
import { readHome } from '../../../src/discovery/read-home.ts'
import { sightingSchema, sourceReportSchema } from '../../../src/protocol/sighting.ts'
import { answerReader, requestReader } from '../../../src/reader/home-request.ts'
import { environmentNamesIn } from '../../../src/system/environment-block.ts'
import { parseStat } from '../../../src/system/linux-processes.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'
import { FakeFileReader } from '../../fakes/fake-file-reader.ts'
import { sampleStatus } from '../../support/sample-status.ts'
import { FilesInMemory } from '../files-in-memory.ts'
import { promise, refusing, refusingLater, type Target, textOf } from '../target.ts'

/** What lies in people's homes. Whatever it is, what is told of it fits the wire. */

const ADA = { uid: 1000, name: 'ada' }
const HOME = '/home/ada'
const SIDER = 'difoiogjjojoaoomphldepapgpbgkhkb'
const catalogue = builtInCatalogue()
const sighting = reader(sightingSchema, { name: 'sighting' })
const source = reader(sourceReportSchema, { name: 'source' })

async function look(task: DiscoveryTask, nodes: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const files = new FilesInMemory(nodes)
  const { sightings, sources } = await readHome(
    { files, clock: new FakeClock() },
    { user: ADA, home: HOME, catalogue },
    task,
  )
  for (const one of sightings) {
    sighting.read(one)
    promise(
      one.kind !== 'extension' || !/\p{Cc}/u.test(one.name + one.extensionId + one.profile),
      'no name that is told can move a cursor',
    )
  }
  for (const one of sources) source.read(one)
}

const manifest = JSON.stringify({
  ...{
    manifest_version: 3,
    name: '__MSG_appName__',
    version: '5.1.0',
    default_locale: 'de',
    permissions: ['storage', 'nativeMessaging', 'https://a/*'],
  },
  ...{
    host_permissions: ['<all_urls>'],
    content_scripts: [{ matches: ['*://*/*'] }],
    update_url: 'https://clients2.google.com/x',
  },
})
const preferences = JSON.stringify({
  extensions: {
    settings: {
      [SIDER]: {
        location: 1,
        from_webstore: true,
        state: 1,
        path: `${SIDER}/5.1.0_0`,
        disable_reasons: [1],
        active_permissions: { api: ['debugger'], explicit_host: ['https://api.openai.com/*'], scriptable_host: [] },
        manifest: JSON.parse(manifest),
      },
    },
    opsettings: { abcdefghijklmnopabcdefghijklmnop: { location: 4, path: '/opt/x', disable_reasons: 1 } },
  },
})
const PROFILE = `${HOME}/.config/google-chrome/Default`

const manifests: Target = {
  name: 'extension-manifest',
  kind: 'json',
  seeds: () => [
    manifest,
    manifest.replace('__MSG_appName__', 'x'),
    JSON.stringify({ appname: { message: 'Sider' }, name: '__MSG_appname__', theme: {} }),
  ],
  words: [
    '__MSG_appName__',
    '<all_urls>',
    '*://*/*',
    'https://*.com/',
    'theme',
    'default_locale',
    '..',
    'en_US',
    'matches',
  ],
  run: (input) =>
    look('chromium', {
      [`${PROFILE}/Preferences`]: '{}',
      [`${PROFILE}/Extensions/${SIDER}/5.1.0_0/manifest.json`]: input,
      [`${PROFILE}/Extensions/${SIDER}/5.1.0_0/_locales/de/messages.json`]: input,
    }),
}

const chromium: Target = {
  name: 'browser-preferences',
  kind: 'json',
  seeds: () => [preferences],
  words: [
    SIDER,
    'abcdefghijklmnopabcdefghijklmnop',
    'settings',
    'state',
    'location',
    '/',
    '../..',
    'https://clients2.google.com/',
    'update_url',
  ],
  run: (input) =>
    look('chromium', { [`${PROFILE}/Preferences`]: input, [`${PROFILE}/Secure Preferences`]: preferences }),
}

const messagingHost = { name: 'a.b', allowed_origins: [`chrome-extension://${SIDER}/`], allowed_extensions: ['a@b'] }
const messagingHosts: Target = {
  name: 'messaging-hosts',
  kind: 'json',
  seeds: () => [JSON.stringify(messagingHost)],
  words: ['a.b', 'chrome-extension://', SIDER, 'allowed_origins', 'allowed_extensions', '*', '/'],
  run: async (input) => {
    await look('chromium', {
      [`${HOME}/.config/google-chrome/NativeMessagingHosts/a.b.json`]: input,
      [`${PROFILE}/Extensions/${SIDER}/5.1.0_0/manifest.json`]: manifest,
    })
    await look('firefox', {
      [`${HOME}/.mozilla/native-messaging-hosts/a.b.json`]: input,
      [`${HOME}/.mozilla/firefox/p/extensions.json`]: JSON.stringify({ addons: [addon] }),
    })
  },
}

const addon = {
  ...{
    id: 'a@b',
    type: 'extension',
    version: '1',
    active: true,
    location: 'app-profile',
    path: '/p',
    foreignInstall: false,
  },
  ...{
    defaultLocale: { name: 'A' },
    userPermissions: { permissions: ['tabs', 'nativeMessaging'], origins: ['<all_urls>'] },
  },
  ...{ installTelemetryInfo: { source: 'amo' }, sourceURI: 'https://addons.mozilla.org/x', userDisabled: false },
}
const firefox: Target = {
  name: 'firefox-extensions',
  kind: 'json',
  seeds: () => [
    JSON.stringify({
      addons: [addon, { ...addon, location: 'app-temporary' }, { ...addon, foreignInstall: true, id: '{x}' }],
    }),
  ],
  words: ['app-builtin', 'app-system-share', 'app-global', 'enterprise-policy', 'disco', 'sideload', 'locale'],
  run: (input) => look('firefox', { [`${HOME}/.mozilla/firefox/x.default/extensions.json`]: input }),
}

const profiles: Target = {
  name: 'profiles-ini',
  kind: 'text',
  seeds: () => [
    '[Profile0]\nName=default\nIsRelative=1\nPath=x.default\n\n[Profile1]\r\nName=b\r\nIsRelative=0\r\nPath=/home/ada/p\r\n[Install4F96]\nDefault=x\n',
  ],
  words: ['[Profile', 'Path=', 'IsRelative=0', '..', '/etc', '\u001b['],
  run: (input) =>
    look('firefox', {
      [`${HOME}/.mozilla/firefox/profiles.ini`]: input,
      [`${HOME}/.mozilla/firefox/x.default/extensions.json`]: JSON.stringify({ addons: [addon] }),
      [`${HOME}/p/extensions.json`]: JSON.stringify({ addons: [addon] }),
    }),
}

const NODE_MODULES = `${HOME}/.npm-global/lib/node_modules`
const packages: Target = {
  name: 'package-json',
  kind: 'json',
  seeds: () => [
    '{"name":"@anthropic-ai/claude-code","version":"2.1.0"}',
    '{"name":"@openai/codex","version":"0.1","bin":{"codex":"x"}}',
  ],
  run: (input) =>
    look('installed', {
      [`${NODE_MODULES}/@anthropic-ai/claude-code/package.json`]: input,
      [`${NODE_MODULES}/@openai/codex/package.json`]: input,
    }),
}

const catalogues: Target = {
  name: 'catalogue',
  kind: 'json',
  seeds: () =>
    [
      { ...catalogue, entries: catalogue.entries.slice(0, 3) },
      { ...catalogue, entries: catalogue.entries.slice(20, 22) },
    ].map((one) => JSON.stringify(one)),
  async run(input) {
    const { trusted } = new FakeFileReader({ '/c.json': input })
    const loaded = await refusingLater(['CONFIG_INVALID'], () => loadCatalogue({ files: trusted }, '/c.json'))
    if (loaded !== undefined) agentsAmong(indexAgents(loaded), ['/usr/bin/node', '/opt/x/cli.js'])
  },
}

const index = indexAgents(catalogue)
const SECRET = 'c4n4ryc4n4ry'

function agentsAmong(of: typeof index, argv: readonly string[], environment = '') {
  const init = {
    index: of,
    modelPorts: of.modelPorts.among([]),
    bootId: 'b',
    homes: [HOME],
    nowMs: 0,
    servers: new ConfiguredServers([], ''),
    states: [],
    userOf: () => ADA,
    installed: () => true,
    versionAt: () => undefined,
  }
  const entry = {
    pid: 7,
    parentPid: 1,
    startTicks: 5,
    uid: 1000,
    sessionId: 7,
    ttyNumber: 0,
    comm: 'node',
    executable: argv[0] ?? '',
    argv,
    environmentNames: environmentNamesIn(environment),
    sessionMarkers: {},
  }
  return findRunningAgents({ endpoints: new SeenEndpoints(), matches: new MatchMemory() }, init, [
    entry,
    { ...entry, pid: 8, parentPid: 7 },
  ])
}

const processes: Target = {
  name: 'processes',
  kind: 'text',
  seeds: () => [
    '/usr/bin/node\0/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js\0--dangerously-skip-permissions\0--api-key\0x',
    '/home/ada/.local/share/claude/versions/2.1.0\0-p\0prompt',
    '/usr/bin/python3\0-Im\0aider\0--yes-always',
    '7 (a) b) S 1 7 7 34816 7 4194304 1 1 1 1 1 1 1 1 20 0 1 0 99 1 1',
    '/usr/bin/node\0claude',
  ],
  words: ['--', '-m', '-c', '--require', '/usr/bin/bun', '/usr/bin/deno', 'run', 'CLAUDECODE=', ')', '\0\0'],
  async run(input) {
    const text = textOf(input)
    parseStat(text)
    const names = environmentNamesIn(text)
    promise(
      names.every((name) => !name.includes('=')),
      'names only',
    )
    const argv = text.split('\0')
    // Behind every word of it stands a secret: none may be told.
    for (const one of agentsAmong(index, [...argv, `--api-key=${SECRET}`, SECRET], `${text}=${SECRET}`)) {
      sighting.read(one)
      promise(!JSON.stringify(one).includes(SECRET), 'no argument and no value is told')
    }
  },
}

const pipe: Target = {
  name: 'reader-pipe',
  kind: 'json',
  seeds: () => {
    const { sightings, sources } = sampleStatus()
    const request = { uid: 1000, gid: 1000, name: 'ada', home: HOME, tasks: ['installed', 'screen-lock'] }
    return [
      JSON.stringify({ ...request, profiles: [{ family: 'firefox', product: 'firefox', path: '/tmp/p' }] }),
      JSON.stringify({ ...request, catalogue: { ...catalogue, entries: catalogue.entries.slice(0, 1) } }),
      JSON.stringify({ task: 'installed', sightings, sources, screenLock: { gnome: {}, kde: {} } }),
    ]
  },
  run(input) {
    const text = textOf(input)
    for (const one of [requestReader, answerReader])
      refusing(['INPUT_MALFORMED', 'INPUT_TOO_LARGE', 'INPUT_TOO_DEEP'], () => one.readJson(text))
  },
}

export const discoveryTargets: readonly Target[] = [
  manifests,
  messagingHosts,
  chromium,
  firefox,
  profiles,
  packages,
  catalogues,
  processes,
  pipe,
]
