import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { RecordedMemory } from '../../../src/discovery/files/home-memory.ts'
import { DISCOVERY_TASKS } from '../../../src/discovery/files/scan-tasks.ts'
import { readHome } from '../../../src/discovery/homes/read-home.ts'
import { forgetsNowAndThen, homeMemories } from '../../../src/reader/home-memories.ts'
import type { FileReader } from '../../../src/system/files/files.ts'
import { readMark } from '../../../src/system/files/foreign/foreign-files.ts'
import { openFiles } from '../../../src/system/files/foreign/linux.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type FixtureHome, fixtureHome, writeChromiumProfile } from '../../support/homes/fixture-home.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { OWN_ID } from '../../support/users/local-user.ts'

const SIDER = 'difoiogjjojoaoomphldepapgpbgkhkb'
/** All files are old by then. */
const LATER = Date.now() + 3_600_000

async function look(
  home: FixtureHome,
  saved: string,
  more: { subject?: string; nowMs?: number; workedIn?: readonly string[] } = {},
) {
  using files = openFiles()
  const read: string[] = []
  const noting: FileReader = {
    ...files,
    readText: (path, options) => {
      read.push(path.replace(home.path, '~'))
      return files.readText(path, options)
    },
  }
  const { workedIn = [], ...others } = more
  const init = { subject: 'one', saved, nowMs: LATER, ...others }
  const memory = new RecordedMemory({ files: noting, readMark }, init)
  const found = []
  for (const task of DISCOVERY_TASKS) {
    const user = { id: OWN_ID, name: 'alice' }
    const where = { user, home: home.path, catalogue: builtInCatalogue(), workedIn }
    found.push(await readHome({ files, clock: new FakeClock(), memory }, where, task))
  }
  files[Symbol.dispose]()
  const sightings = found.flatMap((part) => part.sightings)
  return { names: sightings.map(({ name }) => name), found, read, saved: memory.save() }
}

function plant(home: FixtureHome): void {
  for (const profile of ['Default', 'Profile 1']) {
    writeChromiumProfile(home, `.config/chromium/${profile}`, [
      { id: SIDER, manifest: { name: profile, version: '1' } },
    ])
  }
  home.write('.claude.json', { mcpServers: { one: { command: 'npx', args: ['x', '--token', 'canary'] } } })
  home.write('.claude/CLAUDE.md', 'canary')
}

test('a folder that an agent works in now is read though the home has not changed', async () => {
  using home = fixtureHome()
  plant(home)
  home.write('code/app/.mcp.json', { mcpServers: { two: { command: 'npx', args: ['y'] } } })
  const first = await look(home, '')
  const second = await look(home, first.saved ?? '', { workedIn: [home.at('code/app')] })
  const third = await look(home, second.saved ?? '', { workedIn: [home.at('code/app')] })
  expect([first, second, third].map(({ names }) => names.includes('two'))).toEqual([false, true, true])
  // The browsers' records are not read for it, and of what was read nothing is read again.
  expect(second.read.filter((path) => path.includes('chromium'))).toEqual([])
  expect(third.read).toEqual([])
})

test('does not read again what has not changed, and reports it all the same', async () => {
  using home = fixtureHome()
  plant(home)
  const first = await look(home, '')
  const second = await look(home, first.saved ?? '')
  expect(first.read.length).toBeGreaterThan(5)
  expect(second.read).toEqual([])
  expect(second.found).toEqual(first.found)
  expect(second.saved).toBeUndefined()
  expect(first.saved).not.toContain('canary')
})

test('one profile that changed is read, the others are not', async () => {
  using home = fixtureHome()
  plant(home)
  const { saved = '' } = await look(home, '')
  home.write('.config/chromium/Default/Preferences', { changed: true })
  const { read, names } = await look(home, saved)
  expect(read.filter((path) => path.includes('chromium')).every((path) => path.includes('/Default/'))).toBe(true)
  expect(names).toEqual(expect.arrayContaining(['Default', 'Profile 1']))
})

test.each<[string, (home: FixtureHome) => void, string[]]>([
  ['a file that was not there', (home) => home.write('.codex/AGENTS.md', 'new'), ['AGENTS.md']],
  [
    'a file in the place of another',
    (home) => {
      home.write('other', 'abcdef')
      renameSync(home.at('other'), home.at('.claude/CLAUDE.md'))
    },
    [],
  ],
  ['other rights', (home) => chmodSync(home.at('.claude/CLAUDE.md'), 0o666), []],
])('%s is seen', async (_, change, names) => {
  using home = fixtureHome()
  plant(home)
  const { saved = '', found } = await look(home, '')
  change(home)
  const after = await look(home, saved)
  expect(after.found).not.toEqual(found)
  expect(after.names).toEqual(expect.arrayContaining(names))
})

test('what has only just changed is not remembered', async () => {
  using home = fixtureHome()
  plant(home)
  const { saved = '' } = await look(home, '', { nowMs: Date.now() })
  expect((await look(home, saved)).read.length).toBeGreaterThan(5)
})

test.each<[string, (saved: string) => string]>([
  ['cut off', (saved) => saved.slice(0, -10)],
  ['with another byte in it', (saved) => saved.replace('Default', 'Defaulu')],
  ['without its head', (saved) => saved.slice(saved.indexOf('\n') + 1)],
  ['no JSON', () => 'x\ny'],
])('a memory that is %s counts for nothing', async (_, damage) => {
  using home = fixtureHome()
  plant(home)
  const { saved = '', found } = await look(home, '')
  const after = await look(home, damage(saved))
  expect(after.read.length).toBeGreaterThan(5)
  expect(after.found).toEqual(found)
})

test('a memory of another program, catalogue or person counts for nothing', async () => {
  using home = fixtureHome()
  plant(home)
  const { saved = '' } = await look(home, '')
  expect((await look(home, saved, { subject: 'other' })).read.length).toBeGreaterThan(5)
})

test('now and then a look begins with nothing, though there is a memory', () => {
  using folder = temporaryFolder()
  let forgets = false
  const init = { folder: join(folder.path, 'memories') }
  const memories = homeMemories({ log: silentLog, forgets: () => forgets }, init)
  using kept = memories.saver('7')
  kept.write(Buffer.from('whole'))
  kept.keep()
  const opened = memories.open('7')
  opened?.destroy()
  forgets = true
  expect([opened, memories.open('7')]).toEqual([expect.anything(), undefined])
  const forgotten = Array.from({ length: 20_000 }, forgetsNowAndThen).filter(Boolean).length
  expect([forgotten > 50, forgotten < 400]).toEqual([true, true])
})

test('memories lie in a folder that only we may see; half a memory is not kept', async () => {
  using folder = temporaryFolder()
  const place = join(folder.path, 'memories')
  const memories = homeMemories({ log: silentLog }, { folder: place })
  expect(memories.open('7')).toBeUndefined()
  using kept = memories.saver('7')
  kept.write(Buffer.from('whole'))
  kept.keep()
  {
    using half = memories.saver('7')
    half.write(Buffer.from('ha'))
  }
  expect(readFileSync(join(place, '7'), 'utf8')).toBe('whole')
  expect(() => statSync(join(place, '7.new'))).toThrow('ENOENT')
  expect([statSync(place).mode & 0o777, statSync(join(place, '7')).mode & 0o777]).toEqual([0o700, 0o600])
  writeFileSync(join(folder.path, 'file'), '')
  const told: unknown[] = []
  const log = { warn: (message: string, fields?: object) => void told.push({ message, ...fields }) }
  using nowhere = homeMemories({ log }, { folder: join(folder.path, 'file') }).saver('7')
  nowhere.write(Buffer.from('x'))
  nowhere.write(Buffer.from('y'))
  nowhere.keep()
  expect(told).toEqual([{ message: 'what was seen of a home cannot be kept', user: '7', reason: 'EEXIST' }])
})
