import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { codeOf } from '../../src/base/errors.ts'
import { openFiles } from '../../src/system/files/foreign/linux.ts'
import { scaledMs } from '../support/machine-speed.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { compileHostileProgram, type HostileProgram, sayMissing } from './hostile-program.ts'

/** Swaps between check and open: a real process exchanges names while the reader reads, and no forbidden byte comes back. */

const GOOD = 'good'
const FORBIDDEN = 'forbidden'
const READS = 4_000
const RACE_WITHIN_MS = scaledMs(30_000)

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const at = (...names: string[]) => join(folder.path, ...names)
const compiled = compileHostileProgram(folder.path)
if ('missing' in compiled) sayMissing('racing with a reader', compiled.missing)
const raced = 'missing' in compiled ? describe.skip : describe
const hostile: HostileProgram | undefined = 'missing' in compiled ? undefined : compiled

mkdirSync(at('forbidden'), { recursive: true })
writeFileSync(at('forbidden', 'file'), FORBIDDEN)
const files = openFiles()
afterAll(() => files[Symbol.dispose]())
type Read = (path: string) => Promise<string>
const ours: Read = (path) => files.readText(path, { maxBytes: 100 })
const anew: Read = async (path) => {
  using own = openFiles()
  return await own.readText(path, { maxBytes: 100 })
}

/** The places of one race: the file that is asked for, and the two names that change places. */
type Race = readonly [what: string, place: (home: string) => { file: string; a: string; b: string }]
const RACES: readonly Race[] = [
  [
    'a folder on the way becomes a link to the forbidden folder',
    (home) => {
      mkdirSync(join(home, 'way'))
      writeFileSync(join(home, 'way/file'), GOOD)
      symlinkSync(at('forbidden'), join(home, 'link'))
      return { file: join(home, 'way/file'), a: join(home, 'way'), b: join(home, 'link') }
    },
  ],
  [
    'the file becomes a link to the forbidden file',
    (home) => {
      writeFileSync(join(home, 'file'), GOOD)
      symlinkSync(at('forbidden/file'), join(home, 'link'))
      return { file: join(home, 'file'), a: join(home, 'file'), b: join(home, 'link') }
    },
  ],
  [
    'the folder above moves, so that a climbing link leads to the forbidden folder',
    (home) => {
      mkdirSync(join(home, 'one/two'), { recursive: true })
      writeFileSync(join(home, 'one/two/file'), GOOD)
      mkdirSync(join(home, 'other'))
      symlinkSync('../../forbidden', join(home, 'other/two'))
      return { file: join(home, 'one/two/file'), a: join(home, 'one'), b: join(home, 'other') }
    },
  ],
]

let homes = 0
async function outcomes(place: Race[1], read: Read, enough: (seen: ReadonlyMap<string, number>) => boolean) {
  const home = at(`home-${homes++}`)
  mkdirSync(home)
  const { file, a, b } = place(home)
  await using _ = await hostile?.start('swap', a, b)
  const seen = new Map<string, number>()
  const until = performance.now() + RACE_WITHIN_MS
  for (let reads = 1; !enough(seen) && performance.now() < until; reads++) {
    // Nothing here waits for the system: without a turn of the loop now and then no time would be up.
    if (reads % 256 === 0) await turn()
    const outcome = await read(file).catch((error: unknown) => codeOf(error) ?? 'an error of the system')
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
  }
  return seen
}

raced('a name that changes while it is read', () => {
  const count = (seen: ReadonlyMap<string, number>) => [...seen.values()].reduce((sum, each) => sum + each, 0)
  // A link when it was opened, a folder when it was looked at: nothing is said of what lies there.
  const fair = [GOOD, 'FILE_IS_LINK', 'FILE_UNREADABLE']

  test.each(RACES)('%s: never a byte of it', async (_, place) => {
    const seen = await outcomes(
      place,
      anew,
      (seen) => count(seen) >= READS && seen.has(GOOD) && seen.has('FILE_IS_LINK'),
    )
    expect([...seen.keys()].filter((outcome) => !fair.includes(outcome))).toEqual([])
    // Both were met, or nothing was raced.
    expect([...seen.keys()]).toEqual(expect.arrayContaining([GOOD, 'FILE_IS_LINK']))
  })

  test.each(RACES)('%s: never a byte of it by a reader that holds its way open', async (_, place) => {
    const seen = await outcomes(place, ours, (seen) => count(seen) >= READS)
    expect([...seen.keys()].filter((outcome) => !fair.includes(outcome))).toEqual([])
  })

  test.each(RACES)('%s: a reader that looks first and opens then is caught', async (_, place) => {
    const naive: Read = async (path) => {
      for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) {
        if ((await lstat(path.slice(0, end))).isSymbolicLink()) return 'refused'
      }
      if (!(await lstat(path)).isFile()) return 'refused'
      return await readFile(path, 'utf8')
    }
    const seen = await outcomes(place, naive, (outcome) => outcome.has(FORBIDDEN))
    expect(seen.has(FORBIDDEN)).toBe(true)
  })

  test('a file whose owner holds a lease delays no reader', async () => {
    writeFileSync(at('leased'), GOOD)
    await using _ = await hostile?.start('lease', at('leased'))
    await expect(ours(at('leased'))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('EAGAIN'),
    })
  })
})

test('a hard link gives its reader what its own rights give, and no more', async () => {
  writeFileSync(at('shadow'), FORBIDDEN, { mode: 0o600 })
  linkSync(at('shadow'), at('hard-link'))
  chmodSync(at('shadow'), 0o000)
  if (process.geteuid?.() === 0) expect(readFileSync(at('hard-link'), 'utf8')).toBe(FORBIDDEN)
  else await expect(ours(at('hard-link'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})
