import { HOME, look } from '../../look-home.ts'
import type { Target } from '../../target.ts'
import { wholeHomeTargets } from './whole-homes.ts'

/** What browsers and package managers keep in homes, file by file. */

const SIDER = 'difoiogjjojoaoomphldepapgpbgkhkb'

const manifest = JSON.stringify({
  manifest_version: 3,
  name: '__MSG_appName__',
  version: '5.1.0',
  default_locale: 'de',
  permissions: ['storage', 'nativeMessaging', 'https://a/*'],
  host_permissions: ['<all_urls>'],
  content_scripts: [{ matches: ['*://*/*'] }],
  update_url: 'https://clients2.google.com/x',
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
  id: 'a@b',
  type: 'extension',
  version: '1',
  active: true,
  location: 'app-profile',
  path: '/p',
  foreignInstall: false,
  defaultLocale: { name: 'A' },
  userPermissions: { permissions: ['tabs', 'nativeMessaging'], origins: ['<all_urls>'] },
  installTelemetryInfo: { source: 'amo' },
  sourceURI: 'https://addons.mozilla.org/x',
  userDisabled: false,
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

export const homeTargets: readonly Target[] = [
  ...[manifests, messagingHosts, chromium, firefox, profiles, packages],
  ...wholeHomeTargets,
]
