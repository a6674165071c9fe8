import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import type { DiscoveryTask } from '../../src/discovery/files/scan-tasks.ts'
import type { ExtensionSighting } from '../../src/protocol/sighting.ts'
import { homeReader } from '../../src/reader/home-reader.ts'
import { startProgram } from '../../src/system/program/command.ts'
import { makeDocumentedHome } from '../fixtures/homes/documented-homes.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type FixtureHome, fixtureHome, writeFirefoxProfile } from '../support/homes/fixture-home.ts'
import { scanHome } from '../support/homes/scan-home.ts'
import { localUser } from '../support/users/local-user.ts'

/** Homes of browsers and editors that are damaged, half written or made to swell. What the child costs is in test/hostile-device. */

const TASKS = ['chromium', 'firefox', 'editors'] as const
async function look(home: FixtureHome, tasks: readonly DiscoveryTask[] = TASKS) {
  const found = []
  for (const task of tasks) found.push(await scanHome(home, task))
  const extensions = found
    .flatMap(({ sightings }) => sightings)
    .filter((each): each is ExtensionSighting => each.kind === 'extension')
  const faults = found
    .flatMap(({ sources }) => sources)
    .filter(({ state }) => state !== 'parsed')
    .map(({ state, path }) => [path?.replace(home.path, '~'), state] as const)
  return { extensions, faults }
}

/** One file of each kind that is read, in the documented home of Linux. */
const FILES = {
  preferences: '.config/chromium/Default/Preferences',
  secure: '.config/chromium/Default/Secure Preferences',
  manifest: '.config/chromium/Default/Extensions/difoiogjjojoaoomphldepapgpbgkhkb/5.1.0_0/manifest.json',
  addons: '.mozilla/firefox/Profiles/x1.default-release/extensions.json',
  list: '.vscode/extensions/extensions.json',
  named: '.config/Code/User/profiles/-5f1c/extensions.json',
  profiles: '.config/Code/User/globalStorage/storage.json',
  state: '.config/Code/User/globalStorage/state.vscdb',
  package: '.vscode/extensions/github.copilot-1.0.0/package.json',
  jar: '.local/share/JetBrains/IntelliJIdea2026.2/other.jar',
  zed: '.local/share/zed/extensions/installed/mcp-x/extension.toml',
} as const
const files = Object.entries(FILES)
/** Of an extension that no list names nothing is read. */
const top = files.filter(([kind]) => kind !== 'package')

const whole = fixtureHome()
const all = makeDocumentedHome(whole.path, 'linux')
afterAll(() => whole[Symbol.dispose]())

/** A copy, of which one file is another. */
function homeWith(change: (home: FixtureHome) => void): FixtureHome {
  const home = fixtureHome()
  cpSync(whole.path, home.path, { recursive: true })
  change(home)
  return home
}

test.each(files)('%s cut in the middle: names it, and reports everything beside it', async (_kind, path) => {
  using home = homeWith((each) => truncateSync(each.at(path), Math.floor(readFileSync(each.at(path)).length / 2)))
  const { extensions, faults } = await look(home)
  // No more is lost than what this one file tells of: at the most an editor's list with what it switches off.
  expect(extensions.length).toBeGreaterThanOrEqual(all.length - 2)
  // A named list and a Firefox profile are told under the place that was looked at.
  expect(faults.map(([at]) => at?.startsWith(`~/${path.split('/').slice(0, 3).join('/')}`))).toEqual([true])
  expect(faults.map(([, state]) => state)).toEqual(['malformed'])
})

test.each<[string, (file: string) => void, string]>([
  ['a FIFO', (file) => replace(file, 'mkfifo'), 'unreadable'],
  ['a link to itself', (file) => replace(file, 'ln', '-s', file), 'unreadable'],
  ['a link to an endless device', (file) => replace(file, 'ln', '-s', '/dev/zero'), 'unreadable'],
  ['a folder', (file) => replace(file, 'mkdir'), 'unreadable'],
  ['200 MB', (file) => truncateSync(file, 200 * 1024 * 1024), 'too-large'],
])('%s in the place of every file there is: each is named, and nothing hangs', async (name, damage, state) => {
  using home = homeWith((each) => {
    for (const [, path] of top) damage(each.at(path))
  })
  const { extensions, faults } = await look(home)
  expect(new Set(faults.map(([, each]) => each))).toEqual(new Set([state]))
  // Whatever of the editors is told by folders alone still is.
  expect(extensions.length).toBeGreaterThan(all.length - 20)
  for (const [kind, path] of top) {
    // What is no file is no archive either: a folder or a pipe may have any name.
    if (kind === 'jar' && !['a link', '200 MB'].some((each) => name.startsWith(each))) continue
    expect(faults.map(([at]) => at)).toContainEqual(expect.stringContaining(placeOf(path)))
  }
})

/** A profile of Firefox is told as a whole. */
function placeOf(path: string): string {
  return path.endsWith('default-release/extensions.json') ? path.slice(0, path.lastIndexOf('/')) : path
}

function replace(file: string, command: string, ...args: readonly string[]): void {
  rmSync(file)
  execFileSync(command, [...args, file])
}

test('reads or names every beginning of a preferences file, as after a power cut', async () => {
  using home = fixtureHome()
  const text = JSON.stringify({
    extensions: {
      settings: { ['a'.repeat(32)]: { location: 4, path: '/srv/x', manifest: { name: 'é', version: '1' } } },
    },
  })
  const bytes = Buffer.from(text)
  for (let length = 0; length <= bytes.length; length += 3) {
    home.write('.config/chromium/Default/Preferences', '')
    writeFileSync(home.at('.config/chromium/Default/Preferences'), bytes.subarray(0, length))
    const { extensions, faults } = await look(home, ['chromium'])
    expect([length, extensions.length, faults.length]).toEqual(
      length === bytes.length ? [length, 1, 0] : [length, 0, 1],
    )
  }
})

const TEN_THOUSAND = 10_000
/** Twice what is told: to make files takes longer than to read them. */
const MANY = 2_000
const letters = (n: number) =>
  n
    .toString(16)
    .padStart(32, 'a')
    .replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))

test.each<[string, DiscoveryTask, (home: FixtureHome) => void, string]>([
  [
    'ten thousand folders of Chromium',
    'chromium',
    (home) => {
      for (let at = 0; at < TEN_THOUSAND; at++) home.folder(`.config/chromium/Default/Extensions/${letters(at)}/1_0`)
    },
    '~/.config/chromium/Default/Extensions',
  ],
  [
    'ten thousand add-ons of Firefox',
    'firefox',
    (home) =>
      writeFirefoxProfile(
        home,
        '.mozilla/firefox',
        Array.from({ length: TEN_THOUSAND }, (_, at) => ({ id: `a${at}@example.org`, type: 'extension' })),
      ),
    '~/.mozilla/firefox/abcd.default/extensions.json',
  ],
  [
    'ten thousand extensions of VS Code',
    'editors',
    (home) =>
      home.write(
        '.vscode/extensions/extensions.json',
        Array.from({ length: TEN_THOUSAND }, (_, at) => ({ identifier: { id: `a.b${at}` }, version: '1' })),
      ),
    '~/.vscode/extensions/extensions.json',
  ],
  [
    'very many extensions of Zed',
    'editors',
    (home) => {
      for (let at = 0; at < MANY; at++) home.folder(`.local/share/zed/extensions/installed/e${at}`)
    },
    '~/.local/share/zed/extensions/installed',
  ],
  [
    'very many plugins of an IDE',
    'editors',
    (home) => {
      home.folder('.config/JetBrains/X/options')
      for (let at = 0; at < MANY; at++) home.write(`.local/share/JetBrains/X/p${at}.jar`, 'PK')
    },
    '~/.local/share/JetBrains/X',
  ],
])('%s: reports a thousand at most, and that there are more', async (_name, task, plant, place) => {
  using home = fixtureHome()
  plant(home)
  const { extensions, faults } = await look(home, [task])
  expect(extensions.length).toBeLessThanOrEqual(1_000)
  expect(faults).toContainEqual([place, 'too-large'])
  expect(faults.length).toBeLessThanOrEqual(200)
})

test('does not take a crowd of records into memory, and reports what is in folders', async () => {
  using home = fixtureHome()
  const settings = Array.from({ length: 150_000 }, (_, at) => `"${letters(at)}":{"location":1}`)
  home.write('.config/chromium/Default/Preferences', `{"extensions":{"settings":{${settings.join(',')}}}}`)
  home.write(`.config/chromium/Default/Extensions/${letters(7)}/1_0/manifest.json`, { name: 'Seven', version: '1' })
  const { extensions, faults } = await look(home, ['chromium'])
  expect(extensions.map(({ name }) => name)).toEqual(['Seven'])
  expect(faults).toEqual([['~/.config/chromium/Default/Preferences', 'too-large']])
})

test('links where extensions belong are named: what they lead to is not looked at', async () => {
  using home = fixtureHome()
  home.write('dev/manifest.json', { name: 'x', version: '1' })
  home.write('.config/chromium/Default/Preferences', {})
  home.write('.config/JetBrains/X/options/x.xml', '')
  home.write('.local/share/JetBrains/X/y.jar', 'PK')
  const places = [
    `.config/chromium/Default/Extensions/${letters(1)}`,
    '.local/share/zed/extensions/installed/mine',
    '.local/share/JetBrains/X/x.jar',
  ]
  for (const place of places) home.link(place, home.at('dev'))
  home.link('.vim/plugged/copilot.vim', home.at('dev'))
  const { extensions, faults } = await look(home)
  expect(extensions.map(({ extensionId }) => extensionId)).toEqual(['copilot.vim'])
  for (const place of places) expect(faults).toContainEqual([`~/${place}`, 'unreadable'])
})

test('folders that their own person may not open are named, and the others are read', async () => {
  const closed = ['.config/chromium/Default', '.mozilla/firefox', '.vscode/extensions']
  using home = homeWith(() => undefined)
  const isRoot = process.geteuid?.() === 0
  const owner = isRoot ? { uid: 12_345, gid: 12_346 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  if (isRoot) home.giveTo(owner.uid, owner.gid)
  for (const path of closed) chmodSync(home.at(path), 0o000)
  const command = [process.execPath, join(import.meta.dirname, '../../src/main-reader.ts')] as const
  const user = localUser({ ...owner, name: 'alice', home: home.path })
  const { sightings, sources } = await homeReader({ startProgram, clock: new FakeClock() }, { command }).readHome(
    { user, catalogue: builtInCatalogue(), tasks: TASKS },
    { signal: new AbortController().signal },
  )
  for (const path of closed) chmodSync(home.at(path), 0o755)
  const faults = sources.filter(({ state }) => state !== 'parsed')
  expect(faults.map(({ state, path }) => [path?.replace(home.path, '~'), state])).toEqual(
    // The last is of a named profile, whose list lies elsewhere.
    [...closed, '.vscode/extensions/example.work-1.0.0/package.json'].map((path) => [`~/${path}`, 'unreadable']),
  )
  // Two of Chromium, two of Firefox, two of VS Code's default profile.
  expect(sightings).toHaveLength(all.length - 6)
})
