import { existsSync, mkdirSync, mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { SpoolBound } from '../../../src/daemon/spool/spool-rules.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { TEST_SEED } from '../../support/jest/test-seed.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { schedules } from './commands.ts'
import { openDirectorySide } from './directory-side.ts'
import { Reference } from './reference.ts'
import { World } from './world.ts'

/**
 * Spool, stream and evidence room, the real ones, against a reference that keeps everything in sets: schedules of what can
 * happen to them. `TEST_SEED=NUMBER` gives the same schedules, `MODEL_RUNS` how many.
 */

const RUNS = Number(process.env.MODEL_RUNS ?? 800)

const bounds = fc.record({
  maxBytes: fc.constantFrom(4_000, 12_000, 1_000_000),
  keepAcknowledgedBytes: fc.constantFrom(0, 3_000, 100_000),
})

const ownFolder = () => mkdtempDisposableSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'surety-model-'))

/** Runs `happens` in a world of its own, which must drain and agree afterwards. */
async function inWorld(
  init: { readonly folder: string; readonly template: string; readonly bound: SpoolBound },
  happens: (reference: Reference, world: World) => Promise<void>,
): Promise<void> {
  mkdirSync(init.folder, { mode: 0o700 })
  const reference = new Reference()
  using world = await World.open(reference, init)
  await happens(reference, world)
  await world.drain()
  reference.check(await world.directory.chain(), world.directory.held(), world.directory.forked())
  expect(reference.checkDrained(await world.directory.chain())).toEqual([])
}

test(
  'nothing is lost, forked or held twice in thousands of schedules',
  async () => {
    using folder = ownFolder()
    const template = join(folder.path, 'template')
    ;(await openDirectorySide({ clock: new FakeClock() }, template)).close()
    let [runs, steps] = [0, 0]
    const property = fc.asyncProperty(schedules(40), bounds, async (commands, bound) => {
      const own = join(folder.path, String(runs++))
      await inWorld({ folder: own, template, bound }, async (reference, world) => {
        await fc.asyncModelRun(() => ({ model: reference, real: world }), commands)
      })
      steps += [...commands].length
    })
    try {
      await fc.assert(property, { seed: TEST_SEED, numRuns: RUNS })
    } finally {
      process.stdout.write(`model: ${runs} schedules, ${steps} steps, seed ${TEST_SEED}\n`)
    }
  },
  scaledMs(Math.max(900_000, RUNS * 500)),
)

/** Found by seed 673703: what the spool knew as acknowledged was taken for what this directory has. */
test('what a restored directory has forgotten may be dropped while it is sent again', async () => {
  using folder = ownFolder()
  const template = join(folder.path, 'template')
  ;(await openDirectorySide({ clock: new FakeClock() }, template)).close()
  const bound = { maxBytes: 12_000, keepAcknowledgedBytes: 100_000 }
  await inWorld({ folder: join(folder.path, 'world'), template, bound }, async (_, world) => {
    await append(world, 3, 401)
    world.copyDirectory()
    await world.connect()
    await append(world, 6, 753)
    for (let twice = 0; twice < 2; twice++) {
      world.deliverThere(100)
      await world.settle()
      world.link?.deliverBack(100)
      await world.settle()
    }
    await world.restoreDirectory()
    await world.connect()
    await world.settle()
    await append(world, 6, 900)
  })
})

async function append(world: World, batches: number, letters: number): Promise<void> {
  for (let each = 0; each < batches; each++) {
    world.write({ findings: [{ check: 'os.supported', state: 'pass', detail: 'x'.repeat(letters) }] })
  }
  await world.settle()
}
