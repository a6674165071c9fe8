import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import type { DiscoveryTask } from '../../src/discovery/files/scan-tasks.ts'
import { homeReader } from '../../src/reader/home-reader.ts'
import { startProgram } from '../../src/system/program/command.ts'
import type { LocalUser } from '../../src/system/users/users.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type FixtureHome, fixtureHome, writeChromiumProfile } from '../support/homes/fixture-home.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { localUser } from '../support/users/local-user.ts'
import { compileHostileProgram, sayMissing } from './hostile-program.ts'

/** Homes made to hang, to swell or to fool the child that reads them; it runs as the daemon starts it. */

const READER = join(import.meta.dirname, '../../src/main-reader.ts')
const ROOT = process.geteuid?.() === 0
const OWNER = ROOT ? { uid: 12_345, gid: 12_346 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const SIDER = 'difoiogjjojoaoomphldepapgpbgkhkb'
const PROFILE = '.config/chromium/Default'
const signal = new AbortController().signal
const MIB = 1024 * 1024
/** What the child may need at the most: its program, and what the largest file that is read makes of it. */
const MOST_MEMORY = 700 * MIB

const tools = temporaryFolder()
afterAll(() => tools[Symbol.dispose]())
const compiled = compileHostileProgram(tools.path)
if ('missing' in compiled) sayMissing('a crowded folder', compiled.missing)

/** Reads `home`, and says how much memory the child had at its most: /usr/bin/time is not everywhere, so it says so itself. */
async function look(home: FixtureHome, tasks: readonly DiscoveryTask[]) {
  // Not one by one: names that are no text could not be named.
  if (ROOT) execFileSync('chown', ['-hR', `${OWNER.uid}:${OWNER.gid}`, home.path])
  const peak = join(tools.path, 'peak')
  writeFileSync(peak, '')
  chmodSync(peak, 0o666)
  chmodSync(tools.path, 0o755)
  const tell = `process.on('exit', () => process.getBuiltinModule('node:fs').writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS)))`
  const watched = ['--import', `data:text/javascript,${encodeURIComponent(tell)}`]
  const reader = homeReader(
    { startProgram, clock: new FakeClock() },
    { command: [process.execPath, '--disable-warning=ExperimentalWarning', ...watched, READER] },
  )
  const user = localUser({ ...OWNER, name: 'mallory', home: home.path })
  const found = await reader.readHome({ user, catalogue: builtInCatalogue(), tasks }, { signal })
  const told = found.sources.map(({ state, path, reason }) => [state, path?.replace(home.path, '~'), reason])
  return { ...found, told, peakBytes: Number(readFileSync(peak, 'utf8')) * 1024 }
}

const preferences = `${PROFILE}/Preferences`
const TOO_LARGE = 60 * MIB

test.each<[string, (home: FixtureHome) => void, string]>([
  ['a FIFO', (home) => execFileSync('mkfifo', [home.at(preferences)]), 'unreadable'],
  ['a link', (home) => home.link(preferences, '/etc/passwd'), 'unreadable'],
  ['a link to itself', (home) => home.link(preferences, 'Preferences'), 'unreadable'],
  ['a link to an endless device', (home) => home.link(preferences, '/dev/zero'), 'unreadable'],
  ['a link to a file of its own process', (home) => home.link(preferences, '/proc/self/mem'), 'unreadable'],
  ['a folder', (home) => home.folder(preferences), 'unreadable'],
  ['a terabyte without content', (home) => sparse(home, 2 ** 40), 'too-large'],
  ['more than is read', (home) => sparse(home, TOO_LARGE), 'too-large'],
  ['zeros as large as is read', (home) => sparse(home, 48 * MIB), 'malformed'],
  ['nesting without end', (home) => home.write(preferences, '['.repeat(4 * MIB)), 'malformed'],
  ['objects in objects', (home) => home.write(preferences, '{"a":'.repeat(MIB)), 'malformed'],
  ['nothing', (home) => home.write(preferences, ''), 'malformed'],
  ['bytes that are no text', (home) => writeFileSync(home.at(preferences), Buffer.alloc(1000, 0xfe)), 'malformed'],
])('reports %s where a file belongs, and reads the rest', async (_, plant, state) => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
  execFileSync('rm', [home.at(preferences)])
  plant(home)
  const { sightings, told, peakBytes } = await look(home, ['chromium'])
  expect(sightings.map(({ name }) => name)).toEqual(['Sider'])
  expect(told[0]?.slice(0, 2)).toEqual([state, `~/${preferences}`])
  expect(peakBytes).toBeLessThan(MOST_MEMORY)
})

function sparse(home: FixtureHome, size: number): void {
  home.write(preferences, '')
  truncateSync(home.at(preferences), size)
}

test('reports a socket and a device where files belong', async () => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
  execFileSync('rm', [home.at(preferences), home.at(`${PROFILE}/Secure Preferences`)])
  if (ROOT) execFileSync('mknod', [home.at(`${PROFILE}/Secure Preferences`), 'c', '1', '5'])
  const server = createServer().listen(home.at(preferences))
  await new Promise((resolve) => server.once('listening', resolve))
  const { told } = await look(home, ['chromium'])
  expect(told[0]?.slice(0, 2)).toEqual(['unreadable', `~/${preferences}`])
  if (ROOT) expect(told[1]?.slice(0, 2)).toEqual(['unreadable', `~/${PROFILE}/Secure Preferences`])
  server.close()
})

test('the densest JSON that is read costs a bounded amount of memory', async () => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
  // An empty array costs three bytes of text and sixteen or more of memory.
  home.write(preferences, `[${'[],'.repeat(15 * MIB)}[]]`)
  const { told, peakBytes } = await look(home, ['chromium', 'firefox'])
  expect(told[0]?.slice(0, 2)).toEqual(['too-large', `~/${preferences}`])
  expect(peakBytes).toBeLessThan(MOST_MEMORY)
})

const asRoot = ROOT ? test : test.skip
asRoot('a hard link to what only root may read stays unread', async () => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
  home.giveTo(OWNER.uid, OWNER.gid)
  using elsewhere = fixtureHome()
  elsewhere.write('shadow', `{"root":"canary-hash"}`)
  chmodSync(elsewhere.at('shadow'), 0o600)
  execFileSync('rm', [home.at(preferences)])
  linkSync(elsewhere.at('shadow'), home.at(preferences))
  const reader = homeReader(
    { startProgram, clock: new FakeClock() },
    { command: [process.execPath, '--disable-warning=ExperimentalWarning', READER] },
  )
  const user = localUser({ ...OWNER, name: 'mallory', home: home.path })
  const found = await reader.readHome({ user, catalogue: builtInCatalogue(), tasks: ['chromium'] }, { signal })
  expect(found.sources[0]).toMatchObject({ state: 'unreadable', reason: expect.stringContaining('EACCES') })
  expect(JSON.stringify(found)).not.toContain('canary-hash')
})

const crowded = 'missing' in compiled ? test.skip : test
crowded('a crowd of files is counted no further than its bound, in a home and below it', async () => {
  using home = fixtureHome()
  mkdirSync(home.at('.config/chromium'), { recursive: true })
  if (!('missing' in compiled)) {
    await using _first = await compiled.start('crowd', home.at('.config/chromium'), '30000')
  }
  const { told } = await look(home, ['chromium'])
  expect(told.map(([state, path]) => [state, path])).toEqual([
    ['too-large', '~/.config/chromium'],
    ['parsed', '~'],
  ])
})

test.each([
  ['a new line', 'a\nb'],
  ['escape sequences', '\u001b]0;title\u0007\u001b[2J\u001b[31m'],
  ['HTML', '<img src=x onerror=alert(1)>'],
  ['a formula', '=cmd|calc!A1'],
  ['a name as long as names can be', 'x'.repeat(255)],
  ['a direction that turns', '\u202egnp.exe'],
])('reports a profile named %s without what could move a cursor or forge a line', async (_, name) => {
  using home = fixtureHome()
  writeChromiumProfile(home, `.config/chromium/${name}`, [{ id: SIDER, manifest: { name, version: name } }])
  const { sightings, sources } = await look(home, ['chromium'])
  expect(sightings).toHaveLength(1)
  const texts = [...sightings, ...sources].flatMap((each) =>
    Object.entries(each).flatMap(([field, value]) => (typeof value === 'string' && field !== 'path' ? [value] : [])),
  )
  expect(texts.filter((text) => /[\p{Cc}\p{Cf}]/u.test(text))).toEqual([])
})

test('names that are not text hide nothing: reports what cannot be named', async () => {
  using home = fixtureHome()
  home.folder('.config/chromium')
  const unnameable = Buffer.concat([Buffer.from(`${home.at('.config/chromium')}/`), Buffer.from([0xff, 0xfe])])
  mkdirSync(unnameable)
  const { told } = await look(home, ['chromium'])
  expect(told.map(([state, path]) => [state, path])).toEqual([
    ['unreadable', '~/.config/chromium'],
    ['parsed', '~'],
  ])
})

asRoot.each<[string, (home: FixtureHome) => Partial<LocalUser> | undefined, string]>([
  ['has no permission', (home) => void chmodSync(home.path, 0o000), 'unreadable'],
  [
    'belongs to somebody else',
    (home) => void execFileSync('/usr/bin/install', ['-d', '-m', '700', '-o', 'root', '-g', 'root', home.path]),
    'unreadable',
  ],
  ['is a file', () => ({ home: '/etc/hostname' }), 'unreadable'],
  ['is a link', () => ({ home: '/proc/self/root' }), 'unreadable'],
  ['is gone', () => ({ home: '/nonexistent/mallory' }), 'absent'],
  ['climbs', (home) => ({ home: `${home.path}/../../etc` }), 'unreadable'],
])('a home that %s is said', async (_, spoil, state) => {
  using home = fixtureHome()
  home.giveTo(OWNER.uid, OWNER.gid)
  const more = spoil(home)
  const reader = homeReader(
    { startProgram, clock: new FakeClock() },
    { command: [process.execPath, '--disable-warning=ExperimentalWarning', READER] },
  )
  const user = { ...localUser({ ...OWNER, name: 'mallory', home: home.path }), ...more }
  const found = await reader.readHome({ user, catalogue: builtInCatalogue(), tasks: ['chromium'] }, { signal })
  expect(found.sources.map((source) => source.state)).toEqual([state])
})
