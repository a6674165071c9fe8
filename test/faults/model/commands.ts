import fc, { type AsyncCommand } from 'fast-check'
import type { Claims } from '../../../src/daemon/evidence/batch-content.ts'
import type { Fault } from './device-side.ts'
import type { Reference } from './reference.ts'
import { MOST_FAULTS, type World } from './world.ts'

/** What can happen to a device and its directory. After each the reference must agree. */

type Command = AsyncCommand<Reference, World>

function command(name: string, run: (world: World) => void | Promise<void>): Command {
  return {
    check: () => true,
    async run(reference, world) {
      await run(world)
      await world.settle()
      const wrong = reference.check(await world.directory.chain(), world.directory.held(), world.directory.forked())
      if (wrong.length > 0) throw new Error(`after ${name}: ${wrong.join('; ')}`)
    },
    toString: () => name,
  }
}

function claimsOf(letters: number): Claims {
  return { findings: [{ check: 'os.supported', state: 'pass', detail: 'x'.repeat(letters) }] }
}

const count = fc.integer({ min: 1, max: 6 })
const turns = fc.integer({ min: 0, max: 3 })
const letters = fc.integer({ min: 0, max: 900 })

const append = fc.tuple(count, letters).map(([batches, size]) =>
  command(`append(${batches}, ${size})`, async (world) => {
    for (let each = 0; each < batches; each++) world.write(claimsOf(size))
    await world.settle()
  }),
)
/** A gap may be signed at the very moment at which more is dropped. */
const connectAmidAppends = fc.tuple(count, letters, turns).map(([batches, size, after]) =>
  command(`connectAmidAppends(${batches}, ${size}, ${after})`, async (world) => {
    await world.connect()
    await world.settle(after)
    for (let each = 0; each < batches; each++) world.write(claimsOf(size))
    await world.settle()
  }),
)
const connect = fc.constant(command('connect', (world) => world.connect()))
const deliverThere = count.map((frames) => command(`deliverThere(${frames})`, (world) => world.deliverThere(frames)))
const deliverBack = count.map((frames) => command(`deliverBack(${frames})`, (world) => world.link?.deliverBack(frames)))
const deliverAll = fc.constant(
  command('deliverAll', async (world) => {
    world.deliverThere(100)
    await world.settle()
    world.link?.deliverBack(100)
  }),
)
const loseConnection = fc.constant(command('loseConnection', (world) => world.disconnect()))
/** All came, and nothing of what was said to it came back. */
const loseAcknowledgement = fc.constant(
  command('loseAcknowledgement', async (world) => {
    world.deliverThere(100)
    await world.settle()
    world.disconnect()
  }),
)
const crashDevice = turns.map((after) =>
  command(`crashDevice(${after})`, async (world) => {
    world.write(claimsOf(10))
    await world.settle(after)
    world.crashDevice()
  }),
)
const crashDirectory = fc.tuple(count, turns).map(([frames, after]) =>
  command(`crashDirectory(${frames}, ${after})`, async (world) => {
    world.deliverThere(frames)
    await world.settle(after)
    await world.crashDirectory()
  }),
)
const copyDirectory = fc.constant(command('copyDirectory', (world) => world.copyDirectory()))
const restoreDirectory = fc.constant(command('restoreDirectory', (world) => world.restoreDirectory()))
const sendAgain = fc.oneof(fc.nat({ max: 6 }), fc.nat()).map((which) =>
  command(`sendAgain(${which})`, (world) => {
    const frame = world.history.at(-1 - (which % Math.max(1, world.history.length)))
    if (frame === undefined || world.link === undefined || world.link.lost) return
    world.link.provoked = true
    world.link.arriveAtDirectory(frame)
  }),
)
const reorder = fc.constant(
  command('reorder', (world) => {
    if (world.link?.swapThere() === true) world.link.provoked = true
  }),
)
/** A disk that fails while something comes and something is told. */
const failCommits = fc
  .array(fc.constantFrom<Fault>('undone', 'held'), { minLength: 1, maxLength: MOST_FAULTS })
  .map((faults) =>
    command(`failCommits(${faults})`, (world) => {
      world.faults.splice(0, MOST_FAULTS, ...faults)
    }),
  )
const advance = fc
  .integer({ min: 1, max: 1_500 })
  .map((ms) => command(`advance(${ms})`, (world) => world.clock.advance(ms)))

export const schedules = (maxCommands: number) =>
  fc.commands<Reference, World, false>(
    [
      ...[append, append, append, connect, connectAmidAppends, deliverThere, deliverThere, deliverBack, deliverAll],
      ...[loseConnection, loseAcknowledgement, crashDevice, crashDirectory, copyDirectory, restoreDirectory],
      ...[sendAgain, reorder, failCommits, advance],
    ],
    { maxCommands, size: 'max' },
  )
