import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../../src/base/clock.ts'
import { builtInCatalogue } from '../../../../src/discovery/catalogue/built-in.ts'
import { homeMemories } from '../../../../src/reader/home-memories.ts'
import { homeReader } from '../../../../src/reader/home-reader.ts'
import { startProgram } from '../../../../src/system/program/command.ts'
import { type FixtureHome, fixtureHome } from '../../../support/homes/fixture-home.ts'
import { localUser } from '../../../support/users/local-user.ts'
import { seededRandom } from '../../power/seeded-random.ts'
import { faultyDisk, type Rule } from '../failing-disk/faulty-disk.ts'
import { prepareFaultyDisks } from '../failing-disk/faulty-disks.ts'
import { bitFlips, truncations } from './damage.ts'

/** Memories of homes that were damaged, swapped or cannot be kept: the home is read anew, and that is said. */

const PROGRAM = join(import.meta.dirname, '../../../support/homes/read-home-with-memory.ts')
const CHILD = join(import.meta.dirname, '../../../../src/main-reader.ts')
const UID = process.getuid?.() ?? 0
const ROOT = UID === 0
const TASKS = ['mcp', 'agent-files'] as const

const { folder, library, describeDisk } = prepareFaultyDisks()
let home: FixtureHome
/** A memory of it. */
let memory: string
let places = 0

beforeAll(async () => {
  home = fixtureHome()
  home.write('.cursor/mcp.json', { mcpServers: { browser: { command: 'npx', args: ['x'] } } })
  home.write('.claude/CLAUDE.md', 'be kind')
  const place = join(folder, 'memories-0')
  const first = await look(place)
  expect([first.names, first.logged]).toEqual([['browser', 'CLAUDE.md'], []])
  memory = readFileSync(join(place, String(UID)), 'utf8')
})
afterAll(() => home[Symbol.dispose]())

async function look(place: string) {
  const logged: object[] = []
  const log = { warn: (message: string, fields?: object) => void logged.push({ message, ...fields }) }
  const memories = homeMemories({ log }, { folder: place })
  const reader = homeReader({ startProgram, clock: systemClock, memories }, { command: [process.execPath, CHILD] })
  const user = localUser({ name: 'alice', home: home.path })
  const request = { user, catalogue: builtInCatalogue(), tasks: TASKS }
  const { sightings, sources } = await reader.readHome(request, { signal: new AbortController().signal })
  return { names: sightings.map(({ name }) => name), states: sources.map(({ state }) => state), logged }
}

/** A folder with the memory of a look. */
function remembered(): { readonly place: string; readonly file: string } {
  const place = join(folder, `memories-${++places}`)
  const file = join(place, String(UID))
  mkdirSync(place, { mode: 0o700 })
  writeFileSync(file, memory, { mode: 0o600 })
  return { place, file }
}

const OF_NO_USE = 'the memory of a home is of no use: it is read again'
const NOT_KEPT = 'what was seen of a home cannot be kept'
const FOUND = { names: ['browser', 'CLAUDE.md'], states: ['parsed', 'parsed', 'parsed'] }

test.each([...truncations(), ...bitFlips(seededRandom(7), 4)])(
  'a memory that was $name is not used, and is made again',
  async (damage) => {
    const { place, file } = remembered()
    damage.apply(file)
    const silent = isNobodys(readFileSync(file, 'utf8'))
    const { logged, ...found } = await look(place)
    expect(found).toEqual(FOUND)
    expect(logged).toEqual(silent ? [] : [{ message: OF_NO_USE, user: String(UID), reason: 'it is damaged' }])
    expect(isWhole(readFileSync(file, 'utf8'))).toBe(true)
  },
)

/** Nothing, or where the damage is in whose it is: that is how the memory of another program looks. */
function isNobodys(text: string): boolean {
  const [own, found] = [memory, text].map((each) => each.split('\n')[0] ?? '')
  if (found === '') return true
  try {
    const [{ format, subject }, mine] = [JSON.parse(found ?? ''), JSON.parse(own ?? '')]
    return format !== mine.format || subject !== mine.subject
  } catch {
    return false
  }
}

function isWhole(text: string): boolean {
  const [head = '', body = ''] = text.split('\n')
  return JSON.parse(head).sha256 === hash('sha256', body, 'hex')
}

test.each<[string, (file: string) => void, string]>([
  [
    'a link',
    (file) => {
      rmSync(file)
      symlinkSync('/etc/passwd', file)
    },
    'ELOOP',
  ],
  [
    'a FIFO',
    (file) => {
      rmSync(file)
      execFileSync('/usr/bin/mkfifo', [file])
    },
    'it is no file',
  ],
  [
    'a folder',
    (file) => {
      rmSync(file)
      mkdirSync(file)
    },
    'it is no file',
  ],
  ['writable by others', (file) => chmodSync(file, 0o666), 'others may write to it'],
  ['a terabyte of nothing', (file) => truncateSync(file, 2 ** 40), 'it is too large'],
])('a memory that is %s is of no use', async (_, swap, reason) => {
  const { place, file } = remembered()
  swap(file)
  const { logged, ...found } = await look(place)
  expect(found).toEqual(FOUND)
  expect(logged[0]).toMatchObject({ message: OF_NO_USE, reason })
})

const whenRoot = ROOT ? test : test.skip

whenRoot('a memory that another user owns is not used (only root can give it away)', async () => {
  const { place, file } = remembered()
  chownSync(file, 12_345, 12_345)
  const { logged, ...found } = await look(place)
  expect(found).toEqual(FOUND)
  expect(logged).toMatchObject([{ message: OF_NO_USE, reason: 'it belongs to somebody else' }])
})

test('uses and puts no memory in a folder that others may write to', async () => {
  const { place, file } = remembered()
  chmodSync(place, 0o777)
  const { logged, ...found } = await look(place)
  expect(found).toEqual(FOUND)
  expect(logged).toMatchObject([{ message: OF_NO_USE }, { message: NOT_KEPT }])
  expect(existsSync(`${file}.new`)).toBe(false)
})

test('a link in the place of a new memory is replaced, not followed', async () => {
  const { place, file } = remembered()
  const victim = join(folder, 'victim')
  writeFileSync(victim, 'untouched')
  rmSync(file)
  symlinkSync(victim, `${file}.new`)
  expect(await look(place)).toEqual({ ...FOUND, logged: [] })
  expect([readFileSync(victim, 'utf8'), existsSync(file)]).toEqual(['untouched', true])
})

describeDisk('a disk that fails', () => {
  test.each<[string, Rule]>([
    ['no memory can be read', ['read', '/memories-', 'EIO']],
    ['it is full', ['write', '/memories-', 'ENOSPC']],
    ['no new file can be made', ['open', '/memories-', 'EROFS']],
    ['nothing can be renamed', ['rename', '/memories-', 'EIO']],
  ])('reads a home where %s, reports it, and remembers the home once that is over', async (_, rule) => {
    const { place, file } = remembered()
    // Without a memory the new one is written; with one, it is read.
    if (rule[0] !== 'read') rmSync(file)
    const room = join(folder, `rules-${places}`)
    mkdirSync(room)
    const disk = faultyDisk(library, room, '/memories-')
    disk.set(rule)
    const env = { ...process.env, ...disk.env }
    const line = execFileSync(process.execPath, [PROGRAM, home.path, place, CHILD], { env, encoding: 'utf8' })
    const { logged, ...found } = JSON.parse(line)
    expect(found).toEqual(FOUND)
    const message = rule[0] === 'read' ? OF_NO_USE : NOT_KEPT
    expect(logged).toContainEqual({ message, user: String(UID), reason: rule[2] })
    expect(existsSync(`${file}.new`)).toBe(false)
    expect(await look(place)).toEqual({ ...FOUND, logged: [] })
    expect(isWhole(readFileSync(file, 'utf8'))).toBe(true)
  })
})
