import { existsSync, mkdirSync, mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { FakeClock } from '../../fakes/fake-clock.ts'
import { schedules } from './commands.ts'
import { openDirectorySide } from './directory-side.ts'
import { Reference } from './reference.ts'
import { World } from './world.ts'

/**
 * Spool, stream and evidence room, the real ones, against a reference that keeps everything in sets: schedules of what can
 * happen to them. `MODEL_SEED=NUMBER` gives the same schedules, `MODEL_RUNS` how many.
 */

const SEED = Number(process.env.MODEL_SEED ?? Date.now() % 1_000_000)
const RUNS = Number(process.env.MODEL_RUNS ?? 1_200)

const bounds = fc.record({
  maxBytes: fc.constantFrom(4_000, 12_000, 1_000_000),
  keepAcknowledgedBytes: fc.constantFrom(0, 3_000, 100_000),
})

test('nothing is lost, forked or held twice in thousands of schedules', async () => {
  using folder = mkdtempDisposableSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'surety-model-'))
  const template = join(folder.path, 'template')
  openDirectorySide({ clock: new FakeClock() }, template).close()
  let [runs, steps] = [0, 0]
  const property = fc.asyncProperty(schedules(40), bounds, async (commands, bound) => {
    const own = join(folder.path, String(runs++))
    mkdirSync(own, { mode: 0o700 })
    const reference = new Reference()
    using world = new World(reference, { folder: own, template, bound })
    await fc.asyncModelRun(() => ({ model: reference, real: world }), commands)
    await world.drain()
    reference.check(world.directory.chain, world.directory.held(), world.directory.forked())
    expect(reference.checkDrained(world.directory.chain)).toEqual([])
    steps += [...commands].length
  })
  try {
    await fc.assert(property, { seed: SEED, numRuns: RUNS })
  } finally {
    process.stdout.write(`model: ${runs} schedules, ${steps} steps, seed ${SEED}\n`)
  }
}, 1_200_000)
