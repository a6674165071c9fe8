import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import type { ExtensionSighting } from '../../../src/protocol/sighting.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { ALICE, scanHome } from '../../support/homes/scan-home.ts'

function installed(...paths: readonly string[]): string | undefined {
  return paths.find((path) => existsSync(path))
}

const CHROMIUM = installed('/usr/bin/chromium')
const FIREFOX = installed('/usr/bin/firefox-esr', '/usr/bin/firefox')
const ADDON_ID = 'mine@example.org'

/** Runs a browser until it says it listens and has done `work`, then ends it in order, so that it writes its preferences. */
async function runOnce(
  path: string,
  args: readonly string[],
  home: FixtureHome,
  work: () => Promise<void> = async () => {},
): Promise<void> {
  const child = spawn(path, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: '/usr/bin:/bin', HOME: home.path, MOZ_HEADLESS: '1' },
    detached: true,
  })
  let said = ''
  try {
    for await (const chunk of child.stderr) {
      said += String(chunk)
      if (/listening on/.test(said)) break
    }
    if (child.exitCode !== null) throw new Error(`${path} did not start: ${said}`)
    await work()
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  } finally {
    // Its helpers share its group.
    if (child.pid !== undefined) killGroup(child.pid)
  }
}

/** Resolves once `folder/name` holds `text`. */
async function written(folder: string, name: string, text: string): Promise<void> {
  const holds = () => existsSync(`${folder}/${name}`) && readFileSync(`${folder}/${name}`, 'utf8').includes(text)
  const events = watch(folder)
  // Watching begins with the first `next`: what is written while we look is not missed.
  for (let event = events.next(); !holds(); event = events.next()) await event
  await events.return?.()
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // all have ended
  }
}

async function look(home: FixtureHome, task: 'chromium' | 'firefox') {
  const { sightings, sources } = await scanHome(home, task)
  return { extensions: sightings.filter((each): each is ExtensionSighting => each.kind === 'extension'), sources }
}

const withChromium = CHROMIUM === undefined ? test.skip : test
const withFirefox = FIREFOX === undefined ? test.skip : test
if (CHROMIUM === undefined) process.stderr.write('skipped: no chromium (apt-get install chromium)\n')
if (FIREFOX === undefined) process.stderr.write('skipped: no firefox (apt-get install firefox-esr)\n')

withChromium('a real Chromium: an unpacked extension is found with its place and its rights', async () => {
  using home = fixtureHome()
  const folder = home.at('my extension')
  home.write('my extension/manifest.json', {
    manifest_version: 3,
    name: '__MSG_name__',
    default_locale: 'en',
    version: '1.2.3',
    permissions: ['storage'],
    host_permissions: ['<all_urls>'],
    background: { service_worker: 'worker.js' },
  })
  home.write('my extension/_locales/en/messages.json', { name: { message: 'Real one' } })
  home.write('my extension/worker.js', '')
  const data = home.at('.config/chromium')
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-port=0']
  await runOnce(CHROMIUM ?? '', [...args, `--user-data-dir=${data}`, `--load-extension=${folder}`, 'about:blank'], home)
  const { extensions, sources } = await look(home, 'chromium')
  expect(extensions.filter(({ installSource }) => installSource !== 'bundled')).toEqual([
    {
      kind: 'extension',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'Real one',
      version: '1.2.3',
      user: ALICE,
      host: 'chromium',
      product: 'chromium',
      profile: 'Default',
      extensionId: expect.stringMatching(/^[a-p]{32}$/),
      enabled: true,
      installSource: 'unpacked',
      permissions: ['storage'],
      hostPermissions: ['<all_urls>'],
      broadHosts: true,
      debugger: false,
      ai: false,
      evidence: [],
      path: folder,
    },
  ])
  expect(sources.map(({ state }) => state)).toEqual(['parsed', 'parsed'])
})

withFirefox('a real Firefox: an add-on placed in the profile is found with its rights', async () => {
  using home = fixtureHome()
  const manifest = {
    manifest_version: 2,
    name: 'Real fox',
    version: '4.5',
    permissions: ['tabs', '<all_urls>'],
    browser_specific_settings: { gecko: { id: ADDON_ID } },
  }
  home.write('.mozilla/firefox/profiles.ini', '[Profile0]\nName=default\nIsRelative=1\nPath=p.default\nDefault=1\n')
  home.write(`.mozilla/firefox/p.default/extensions/${ADDON_ID}/manifest.json`, manifest)
  home.write(
    '.mozilla/firefox/p.default/user.js',
    'user_pref("xpinstall.signatures.required", false);\nuser_pref("extensions.autoDisableScopes", 0);\n',
  )
  const profile = home.at('.mozilla/firefox/p.default')
  const args = ['--headless', '--profile', profile, '--remote-debugging-port=0', 'about:blank']
  await runOnce(FIREFOX ?? '', args, home, () => written(profile, 'extensions.json', ADDON_ID))
  const { extensions } = await look(home, 'firefox')
  const own = extensions.filter(({ installSource }) => installSource !== 'bundled')
  expect(
    own.map(({ name, version, extensionId, broadHosts, product }) => ({
      name,
      version,
      extensionId,
      broadHosts,
      product,
    })),
  ).toEqual([{ name: 'Real fox', version: '4.5', extensionId: ADDON_ID, broadHosts: true, product: 'firefox' }])
})
