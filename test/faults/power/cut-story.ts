import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterPowerCut, type Disk, newDisk } from './disk.ts'
import { type Machine, removeDisk, run, type Workload } from './machine.ts'
import type { Line } from './said.ts'
import { type SeededRandom, seededRandom } from './seeded-random.ts'

/** A workload, and how its disk is looked at after the cut: with the real modules, as the next start would. */
export interface Story {
  readonly workload: Workload
  /** What the disk holds at first, all of it durable; nothing when left out. @returns what was told of it. */
  readonly prepare?: (folder: string, random: SeededRandom) => Promise<Line[]>
  /** Where the cuts are: among this many of the first operations, or all. */
  readonly firstOperations?: number
  /** @returns one line for each thing that is wrong; it may change the disk. */
  readonly check: (folder: string, said: readonly Line[]) => Promise<string[]>
}

export interface StoryInit {
  readonly folder: string
  readonly seed: number
  readonly cuts: number
}

/** What came out of many cuts of one workload. */
export interface Outcome {
  /** Of runs that were still going on at their place. */
  readonly cuts: number
  readonly reboots: number
  /** Operations of an uncut run: with no more cuts than these, each place between two of them is cut at most once. */
  readonly operations: number
  /** What was wrong, and after which cut. */
  readonly wrong: readonly string[]
}

/**
 * Cuts the power of `cuts` runs, at places spread evenly over all operations. After each cut the disk is looked at three
 * times: with nothing that was not synced, and with some of it, in sectors and in pages. Every third machine starts
 * again from such a torn disk and is cut once more: recovery must survive a cut too.
 */
export async function cutPower(machine: Machine, story: Story, init: StoryInit): Promise<Outcome> {
  const whole = await wholeRun(machine, story, init)
  const operations = whole.operations.length
  const wrong = [...whole.wrong]
  let cuts = 0
  let reboots = 1
  const planned = plan(init, story.firstOperations ?? operations)
  const work = async () => {
    for (let next = planned.shift(); next !== undefined; next = planned.shift()) {
      const one = await oneMachine(machine, story, next)
      cuts += one.cuts
      reboots += one.reboots
      wrong.push(...one.wrong)
      removeDisk(next.folder)
    }
  }
  await Promise.all(Array.from({ length: PROCESSES }, work))
  // Runs differ in length: some had ended before their cut.
  for (let missed = init.cuts - cuts, seed = init.seed + 1; missed > 0; missed = init.cuts - cuts, seed++) {
    const folder = join(init.folder, `again-${seed}`)
    planned.push(...plan({ folder, seed, cuts: missed }, Math.ceil((story.firstOperations ?? operations) / 2)))
    await work()
  }
  return { cuts, reboots, operations, wrong }
}

const PROCESSES = 2

interface MachinePlan {
  readonly folder: string
  readonly seed: number
  /** The operation before which the power is cut, in each of its lives. */
  readonly lives: readonly number[]
}

function plan(init: StoryInit, operations: number): MachinePlan[] {
  const random = seededRandom(init.seed)
  const machines: MachinePlan[] = []
  for (let cuts = 0; cuts < init.cuts; ) {
    const place = 1 + Math.floor(((cuts + random.next()) * operations) / init.cuts)
    const again = machines.length % 3 === 2 && cuts + 2 <= init.cuts
    // A second start finds most of its work done.
    const lives = again ? [place, 1 + random.below(Math.ceil(operations / 4))] : [place]
    machines.push({ folder: join(init.folder, String(machines.length)), seed: random.below(2 ** 31), lives })
    cuts += lives.length
  }
  return machines
}

async function wholeRun(machine: Machine, story: Story, init: StoryInit) {
  const folder = join(init.folder, 'whole')
  const { disk, said: before } = await firstDisk(story, folder, seededRandom(init.seed))
  const { said, operations, failure } = await run(machine, disk, { workload: story.workload, seed: init.seed })
  if (failure !== undefined) throw new Error(`${story.workload.name} without a cut: ${failure}`)
  const wrong = await story.check(afterPowerCut(disk, join(folder, 'after')), [...before, ...said])
  removeDisk(folder)
  return { operations, wrong: wrong.map((each) => `${story.workload.name}, power cut after the end: ${each}`) }
}

async function firstDisk(story: Story, folder: string, random: SeededRandom): Promise<{ disk: Disk; said: Line[] }> {
  const live = join(folder, 'live')
  mkdirSync(live, { recursive: true, mode: 0o700 })
  const said = (await story.prepare?.(live, random)) ?? []
  return { disk: newDisk(folder, live), said }
}

async function oneMachine(machine: Machine, story: Story, init: MachinePlan) {
  const random = seededRandom(init.seed)
  const wrong: string[] = []
  let cuts = 0
  let reboots = 0
  let { disk, said } = await firstDisk(story, join(init.folder, 'first'), random)
  for (const [life, cutAt] of init.lives.entries()) {
    const seed = random.below(2 ** 31)
    const ended = await run(machine, disk, { workload: story.workload, seed, cutAt })
    said = [...said, ...ended.said]
    if (ended.cut) cuts++
    const tell = (each: string, how: string) =>
      wrong.push(
        `${story.workload.name} life ${life + 1}, ${ended.operations.at(-1)} (${cutAt}), ${how}, seed ${init.seed}: ${each}`,
      )
    if (ended.failure !== undefined) {
      tell(`does not start: ${ended.failure}`, 'running')
      break
    }
    for (const [how, folder] of reboot(disk, join(init.folder, `life-${life}`), random)) {
      for (const each of await problems(story, folder, said)) tell(each, how)
      reboots++
    }
    const survival = { random, blockBytes: 4096, chance: 0.5 } as const
    disk = newDisk(
      join(init.folder, `next-${life}`),
      afterPowerCut(disk, join(init.folder, `next-${life}`, 'live'), survival),
    )
  }
  return { cuts, reboots, wrong }
}

function reboot(disk: Disk, folder: string, random: SeededRandom): (readonly [string, string])[] {
  return [
    ['only what was synced', afterPowerCut(disk, join(folder, 'strict'))],
    ['torn sectors', afterPowerCut(disk, join(folder, 'sectors'), { random, blockBytes: 512, chance: 0.7 })],
    ['torn pages', afterPowerCut(disk, join(folder, 'pages'), { random, blockBytes: 4096, chance: 0.5 })],
  ]
}

async function problems(story: Story, folder: string, said: readonly Line[]): Promise<string[]> {
  try {
    return await story.check(folder, said)
  } catch (error) {
    return [`cannot be opened: ${String(error)}`]
  }
}
