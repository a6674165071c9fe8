import type { ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { daemonProcess } from '../../support/daemon/daemon-process.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { serveDirectory } from '../../support/directory/directory-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type BrowserPlace, CHROMIUM, FIREFOX, openBrowserPlace } from './browser-place.ts'
import { openExtensionShop } from './extension-shop.ts'

/** One person's browsers, with extensions of a policy and of their own, and a daemon beside them. */

const ROOT = resolve(import.meta.dirname, '../../..')
export const HOST = 'com.anthropic.claude_code_browser_extension'
export const FORCED_FOX = 'forced@example.org'
export const LOOSE_FOX = 'loose@example.org'

const chromiumManifest = (name: string, more: object) => ({
  'manifest.json': JSON.stringify({ manifest_version: 3, name, version: '1.0', ...more }),
})
const firefoxManifest = (id: string, name: string, more: object) => ({
  'manifest.json': JSON.stringify({
    name,
    version: '2.5',
    permissions: ['tabs', 'nativeMessaging'],
    ...more,
    browser_specific_settings: { gecko: { id } },
  }),
})
const FORCED = chromiumManifest('__MSG_name__', {
  default_locale: 'de',
  permissions: ['storage', 'debugger', 'nativeMessaging'],
  host_permissions: ['<all_urls>'],
})
const GERMAN = { '_locales/de/messages.json': JSON.stringify({ name: { message: 'Von oben verordnet' } }) }

export interface Scene {
  readonly place: BrowserPlace
  readonly data: string
  readonly socket: string
  readonly forcedId: string
  readonly chromium: ChildProcess
  readonly automated: ChildProcess
  readonly temporary: string
  readonly firefox: ChildProcess
}

/** Starts the browsers, a directory and a daemon. All of it, half made too, ends with `disposal`. */
export async function setScene(disposal: AsyncDisposableStack): Promise<Scene> {
  const shop = disposal.use(
    await openExtensionShop({
      chromium: { ...FORCED, ...GERMAN },
      firefox: firefoxManifest(FORCED_FOX, 'Forced fox', { manifest_version: 3, host_permissions: ['<all_urls>'] }),
    }),
  )
  const place = disposal.use(
    await openBrowserPlace({
      'chromium/policies/managed/extensions.json': {
        ExtensionInstallForcelist: [`${shop.chromium.id};${shop.updateUrl}`],
      },
      'firefox/policies/policies.json': {
        policies: {
          ExtensionSettings: { [FORCED_FOX]: { installation_mode: 'force_installed', install_url: shop.xpiUrl } },
        },
      },
    }),
  )
  const temporary = `/tmp/playwright_chromiumdev_profile-of-${place.uid}`
  place.write('.config/chromium/NativeMessagingHosts/com.example.vault.json', {
    name: 'com.example.vault',
    path: '/usr/bin/true',
    type: 'stdio',
    allowed_origins: [`chrome-extension://${shop.chromium.id}/`],
  })
  place.write('src/mine/manifest.json', chromiumManifest('Mine', { permissions: ['tabs'] })['manifest.json'])
  place.write(`.mozilla/native-messaging-hosts/${HOST}.json`, {
    name: HOST,
    path: '/usr/bin/true',
    type: 'stdio',
    allowed_extensions: [LOOSE_FOX],
  })
  place.write(
    `profiles/fox/extensions/${LOOSE_FOX}/manifest.json`,
    firefoxManifest(LOOSE_FOX, 'Loose fox', { manifest_version: 2 })['manifest.json'],
  )
  const preferences = { 'xpinstall.signatures.required': false, 'extensions.autoDisableScopes': 0 }
  place.write(
    'profiles/fox/user.js',
    Object.entries(preferences)
      .map(([name, value]) => `user_pref("${name}", ${value});\n`)
      .join(''),
  )
  const chromium = startChromium(place, `${place.home}/.config/chromium`)
  loadUnpacked(chromium, `${place.home}/src/mine`)
  const automated = startChromium(place, temporary)
  const firefox = place.start([FIREFOX, '--headless', '--profile', `${place.home}/profiles/fox`, 'about:blank'])
  const { path } = disposal.use(temporaryFolder())
  const data = join(path, 'directory')
  disposal.use(await serveDirectory(data))
  const socket = await startDaemon(disposal, place, { folder: path, data })
  return { place, data, socket, chromium, automated, temporary, firefox, forcedId: shop.chromium.id }
}

function startChromium(place: BrowserPlace, folder: string): ChildProcess {
  const quiet = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run']
  const driven = ['--remote-debugging-pipe', '--enable-unsafe-extension-debugging']
  return place.start([CHROMIUM, ...quiet, ...driven, `--user-data-dir=${folder}`, 'about:blank'])
}

/** As its page for extensions does with a folder that its owner chose. */
function loadUnpacked(chromium: ChildProcess, path: string): void {
  const [, , , commands] = chromium.stdio
  if (commands === null || commands === undefined || !('write' in commands)) throw new TypeError('it takes commands')
  commands.write(`${JSON.stringify({ id: 1, method: 'Extensions.loadUnpacked', params: { path } })}\0`)
}

async function startDaemon(
  disposal: AsyncDisposableStack,
  place: BrowserPlace,
  { folder, data }: { readonly folder: string; readonly data: string },
): Promise<string> {
  const asked = { owner: 'ada@example.org', minimumTier: 'software' }
  const { enrolment } = await apiClient(profileOf(data)).ask('POST', '/tokens', createdTokenReader, asked)
  writeFileSync(join(folder, 'enrolment'), enrolment, { mode: 0o600 })
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts'), '--out', join(folder, 'program'), 'suretyd'])
  const main = join(folder, 'program/suretyd/suretyd.mjs')
  await disposal.use(daemonProcess({ folder, main, prefix: place.inside })).listening()
  return join(folder, 'run', 'control.sock')
}
