import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { daemonClient } from '../../../src/cli/command/daemon-client.ts'
import type { Status } from '../../../src/protocol/messages/control.ts'
import type { ExtensionSighting } from '../../../src/protocol/sighting.ts'
import { runDirectory } from '../../support/directory/directory-process.ts'
import { waitFor } from '../../support/wait-for.ts'
import { CHROMIUM, FIREFOX, placeLacks } from './browser-place.ts'
import { FORCED_FOX, HOST, LOOSE_FOX, type Scene, setScene } from './scene.ts'

/** Real browsers run while a real daemon looks, and what it tells goes all the way: socket, command line, directory. */

const ROOT = resolve(import.meta.dirname, '../../..')

const lacks =
  placeLacks() ??
  [CHROMIUM, FIREFOX]
    .filter((path) => !existsSync(path))
    .map((path) => `${path} is missing (apt-get install chromium firefox-esr)`)[0]
if (lacks !== undefined) process.stderr.write(`skipped: real browsers: ${lacks}\n`)
const whole = lacks === undefined ? test : test.skip

const disposal = new AsyncDisposableStack()
let made: Scene | undefined

function scene(): Scene {
  if (made === undefined) throw new Error('nothing runs')
  return made
}

beforeAll(async () => {
  if (lacks === undefined) made = await setScene(disposal)
})

afterAll(() => disposal.disposeAsync())

/** Extensions of our person, but for what browsers bring along. */
function ours({ sightings }: Status): ExtensionSighting[] {
  return sightings.filter(
    (each): each is ExtensionSighting =>
      each.kind === 'extension' && each.user?.id === String(scene().place.uid) && each.installSource !== 'bundled',
  )
}

/** Has the daemon look again until it sees that, for browsers write down what they have when they have time. */
async function seen(holds: (extensions: readonly ExtensionSighting[]) => boolean): Promise<ExtensionSighting[]> {
  const client = daemonClient({ socket: scene().socket })
  const look = async () => {
    await client.refresh()
    await delay(500)
    return ours(await client.status())
  }
  return await waitFor('extensions', look, { until: holds, withinMs: 120_000 })
}

const id = expect.stringMatching(/^[0-9a-f]{32}$/)
const user = () => ({ id: String(scene().place.uid), name: 'ada' })

function forced(more: Partial<ExtensionSighting>): unknown {
  return {
    kind: 'extension',
    id,
    name: 'Von oben verordnet',
    version: '1.0',
    user: user(),
    host: 'chromium',
    product: 'chromium',
    profile: 'Default',
    extensionId: scene().forcedId,
    enabled: true,
    installSource: 'policy',
    permissions: ['storage', 'debugger', 'nativeMessaging'],
    hostPermissions: ['<all_urls>'],
    broadHosts: true,
    debugger: true,
    ai: false,
    evidence: [],
    ...more,
  }
}

whole("Chromium, running: a policy's extension and an unpacked one, in both folders", async () => {
  const { place, temporary, chromium, automated } = scene()
  const isSettled = (extensions: readonly ExtensionSighting[]) =>
    extensions.filter(({ host, enabled }) => host === 'chromium' && enabled === true).length === 3
  const extensions = (await seen(isSettled)).filter(({ host }) => host === 'chromium')
  expect([chromium.exitCode, automated.exitCode]).toEqual([null, null])
  expect(extensions).toHaveLength(3)
  expect(extensions).toEqual(
    expect.arrayContaining([
      forced({ nativeMessagingHosts: ['com.example.vault'] }),
      forced({ profile: `${temporary}/Default` }),
      {
        kind: 'extension',
        id,
        name: 'Mine',
        version: '1.0',
        user: user(),
        host: 'chromium',
        product: 'chromium',
        profile: 'Default',
        extensionId: expect.stringMatching(/^[a-p]{32}$/),
        enabled: true,
        installSource: 'unpacked',
        permissions: ['tabs'],
        hostPermissions: [],
        broadHosts: false,
        debugger: false,
        ai: false,
        evidence: [],
        path: `${place.home}/src/mine`,
      },
    ]),
  )
})

whole('Firefox in a folder of its command line: an add-on of a policy and one beside it', async () => {
  const { firefox } = scene()
  const extensions = (
    await seen((all) => all.filter(({ host, enabled }) => host === 'firefox' && enabled === true).length === 2)
  ).filter(({ host }) => host === 'firefox')
  expect(firefox.exitCode).toBeNull()
  const common = {
    kind: 'extension',
    id,
    version: '2.5',
    user: user(),
    host: 'firefox',
    product: 'firefox',
    debugger: false,
    profile: '~/profiles/fox',
    enabled: true,
    permissions: ['tabs', 'nativeMessaging'],
  }
  expect(extensions).toEqual(
    expect.arrayContaining([
      {
        ...common,
        name: 'Forced fox',
        extensionId: FORCED_FOX,
        installSource: 'policy',
        hostPermissions: ['<all_urls>'],
        broadHosts: true,
        ai: false,
        evidence: [],
      },
      {
        ...common,
        name: 'Loose fox',
        extensionId: LOOSE_FOX,
        installSource: 'sideloaded',
        hostPermissions: [],
        broadHosts: false,
        nativeMessagingHosts: [HOST],
        path: expect.any(String),
        ai: true,
        evidence: [`may speak to ${HOST}, a program of Claude Code`],
      },
    ]),
  )
  expect(extensions).toHaveLength(2)
})

whole('the command line and the directory tell the same', async () => {
  const { socket, data, place } = scene()
  const surety = (...args: readonly string[]) => {
    const ran = spawnSync(
      process.execPath,
      [join(ROOT, 'src/main-cli.ts'), 'extensions', '--socket', socket, ...args],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH ?? '' },
      },
    )
    return ran.stdout
  }
  const told: ExtensionSighting[] = JSON.parse(surety('--json')).extensions
  const own = told.filter((each) => each.user?.id === String(place.uid) && each.installSource !== 'bundled')
  const byName = (all: readonly { readonly name: string; readonly profile: string }[]) =>
    all.map(({ name, profile }) => `${name} in ${profile}`).sort()
  expect(byName(own)).toHaveLength(5)
  expect(surety().split('\n')).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        / - +Von oben verordnet 1\.0 +chromium\/Default +ada +enabled +policy +read every site, drive the browser, talk to com\.example\.vault$/,
      ),
      expect.stringMatching(/ - +Mine 1\.0 +chromium\/Default +ada +enabled +unpacked +\(in \/home\/ada\/src\/mine\)$/),
      expect.stringMatching(
        / AI +Loose fox 2\.5 +firefox ~\/profiles\/fox +ada +enabled +sideloaded +talk to com\.anthropic\.\w+ {2}\(may speak to com\.anthropic\.\w+, a program of Claude Code\)$/,
      ),
    ]),
  )
  const directory = await runDirectory(['extensions', 'list', '--json', '--data', data])
  const listed: readonly { readonly sighting: ExtensionSighting }[] = JSON.parse(directory.stdout).extensions
  const kept = listed.map(({ sighting }) => sighting).filter((each) => each.user?.id === String(place.uid))
  expect(kept.filter(({ installSource }) => installSource !== 'bundled')).toEqual(expect.arrayContaining(own))
})

whole('what a process no longer names is gone, and what lies in the home stays', async () => {
  const { automated, temporary } = scene()
  automated.kill('SIGTERM')
  const extensions = await seen((all) => all.every(({ profile }) => !profile.startsWith(temporary)))
  expect(extensions.filter(({ host }) => host === 'chromium')).toHaveLength(2)
  expect(existsSync(temporary)).toBe(true)
})

whole('the machine is as it was', () => {
  expect(existsSync('/etc/chromium/policies/managed/extensions.json')).toBe(false)
  expect(existsSync('/etc/firefox/policies/policies.json')).toBe(false)
  expect(readFileSync('/etc/passwd', 'utf8')).not.toContain(`:${scene().place.uid}:`)
})
