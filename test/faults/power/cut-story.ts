import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Disk, diskOf, type Survival } from './disk.ts'
import { type Recorder, type Recording, record, type Workload } from './recorder.ts'
import type { Line } from './said.ts'
import { type SeededRandom, seededRandom } from './seeded-random.ts'

/** A workload, and how its disk is looked at after the cut: with the real modules, as the next start would. */
export interface Story {
  readonly workload: Workload
  /** What the disk holds at first, all of it durable; nothing when left out. @returns what was told of it. */
  readonly prepare?: (folder: string, random: SeededRandom) => Promise<Line[]>
  /** Where the power is cut: before each of this many of the first operations, or of all. */
  readonly firstOperations?: number
  /** @returns one line for each thing that is wrong; it may change the disk. */
  readonly check: (folder: string, said: readonly Line[]) => Promise<string[]>
}

export interface StoryInit {
  readonly folder: string
  readonly seed: number
  /** So many places, drawn by the seed. */
  readonly places?: number
  /** This share of all places where `places` is left out; 1 by default. */
  readonly share?: number
  /** How many machines start again from a torn disk, and are cut once more: recovery must survive a cut too. */
  readonly restarts: number
}

/** What came out of the cuts of one workload. */
export interface Outcome {
  readonly operations: number
  /** Between two operations, before the first and after the last: where the power was cut. */
  readonly places: number
  /** Of machines that had started again. */
  readonly placesOfRestarts: number
  readonly reboots: number
  /** What was wrong, and after which cut. */
  readonly wrong: readonly string[]
}

/** Of the places: a look costs a start of the program, and each run draws others. */
const TORN_SHARE = Number(process.env.POWER_CUT_TORN ?? 0.4)
/** Of each machine that has started again. */
const PLACES_OF_A_RESTART = 12

/**
 * Runs a workload once and cuts its power at every place, or at a share of them. After each cut the disk is looked at with nothing that was not
 * synced, unless it was the same at the place before. At some places, drawn by the seed, it is looked at with some of that
 * too: in sectors or in pages.
 */
export async function cutPower(recorder: Recorder, story: Story, init: StoryInit): Promise<Outcome> {
  const random = seededRandom(init.seed)
  const folder = join(init.folder, 'live')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const before = (await story.prepare?.(folder, random)) ?? []
  const first = await live(recorder, story, { folder, before, seed: init.seed })
  if (first.failure !== undefined) throw new Error(`${story.workload.name} without a cut: ${first.failure}`)
  const found: Found = { places: 0, reboots: 0, wrong: [] }
  const last = Math.min(story.firstOperations ?? Number.POSITIVE_INFINITY, operationsOf(first))
  const wanted = drawn(random, last + 1, init.places ?? Math.ceil((last + 1) * (init.share ?? 1)))
  const torn = drawn(random, last + 1, init.restarts)
  const again: Torn[] = []
  const cut = cutter(found, story, { random, folder: join(init.folder, 'after') })
  await replay(first, async (place) => {
    if (wanted.has(place.number)) await cut(place)
    if (torn.has(place.number)) again.push(startAgain(place, random, join(init.folder, `again-${place.number}`)))
  })
  const { places } = found
  for (const each of again) await cutAgain(recorder, story, { found, random, torn: each })
  return { ...found, operations: operationsOf(first), places, placesOfRestarts: found.places - places }
}

interface Found {
  places: number
  reboots: number
  readonly wrong: string[]
}

/** A machine from its start to its end, or to where it could not go on. */
interface Life extends Recording {
  readonly folder: string
  /** As it was found. */
  readonly disk: Disk
  readonly before: readonly Line[]
}

async function live(
  recorder: Recorder,
  { workload }: Story,
  { folder, before, seed }: { folder: string; before: readonly Line[]; seed: number },
): Promise<Life> {
  const disk = diskOf(folder)
  return { ...(await record(recorder, { workload, seed, disk: folder })), folder, disk, before }
}

function operationsOf({ events }: Life): number {
  return events.filter(({ kind }) => kind !== 'said').length
}

/** `count` of the places 1 to `places`. */
function drawn(random: SeededRandom, places: number, count: number): Set<number> {
  const all = Array.from({ length: places }, (_, index) => index + 1)
  while (all.length > count) all.splice(random.below(all.length), 1)
  return new Set(all)
}

interface Place {
  readonly number: number
  /** The operation that comes next. */
  readonly next: string
  readonly disk: Disk
  readonly said: readonly Line[]
  /** What is durable is the same at all places with the same number of these. */
  readonly syncs: number
}

/** Stands still at each place of a life: before each of its operations, and after the last. */
async function replay({ events, disk, before, folder }: Life, visit: (place: Place) => Promise<void>): Promise<void> {
  const said = [...before]
  let number = 0
  let syncs = 0
  for (const event of events) {
    if (event.kind === 'said') {
      // Our own workload wrote it, one line a call.
      said.push(JSON.parse(event.text) as Line)
      continue
    }
    await visit({ number: ++number, next: `${event.kind} ${event.path}`, disk, said, syncs })
    disk.apply(event)
    if (event.kind === 'sync') syncs++
  }
  await visit({ number: ++number, next: 'the end', disk, said, syncs })
  const missed = disk.differences(folder)
  if (missed.length > 0) throw new Error(`the recording is not whole: ${missed.join(', ')}`)
}

/** Cuts the power at places of one life. */
function cutter(found: Found, story: Story, { random, folder }: { random: SeededRandom; folder: string }) {
  const look = async (place: Place, how: string, survival?: Survival) => {
    found.reboots++
    rmSync(folder, { recursive: true, force: true })
    for (const each of await problems(story, place.disk.afterPowerCut(folder, survival), place.said)) {
      found.wrong.push(`${story.workload.name}, cut before ${place.next} (${place.number}), ${how}: ${each}`)
    }
  }
  let seen: string | undefined
  return async (place: Place) => {
    found.places++
    const durable = `${place.syncs} ${place.said.length}`
    if (durable !== seen) await look(place, 'only what was synced')
    seen = durable
    if (!random.happens(TORN_SHARE)) return
    if (random.happens(0.5)) await look(place, 'torn sectors', { random, blockBytes: 512, chance: 0.7 })
    else await look(place, 'torn pages', { random, blockBytes: 4096, chance: 0.5 })
  }
}

async function problems(story: Story, folder: string, said: readonly Line[]): Promise<string[]> {
  try {
    return await story.check(folder, said)
  } catch (error) {
    return [`cannot be opened: ${String(error)}`]
  }
}

/** A disk on which a machine starts again. */
interface Torn {
  readonly folder: string
  readonly said: readonly Line[]
  readonly number: number
}

function startAgain({ disk, said, number }: Place, random: SeededRandom, folder: string): Torn {
  return { folder: disk.afterPowerCut(folder, { random, blockBytes: 4096, chance: 0.5 }), said: [...said], number }
}

async function cutAgain(
  recorder: Recorder,
  story: Story,
  { found, random, torn }: { found: Found; random: SeededRandom; torn: Torn },
): Promise<void> {
  const life = await live(recorder, story, { folder: torn.folder, before: torn.said, seed: random.below(2 ** 31) })
  const again = { workload: { name: `${story.workload.name} after ${torn.number}` }, check: story.check }
  if (life.failure !== undefined) found.wrong.push(`${again.workload.name}: does not start: ${life.failure}`)
  const wanted = drawn(random, operationsOf(life) + 1, PLACES_OF_A_RESTART)
  const cut = cutter(found, again, { random, folder: `${torn.folder}-after` })
  await replay(life, async (place) => {
    if (wanted.has(place.number)) await cut(place)
  })
  rmSync(torn.folder, { recursive: true, force: true })
}
