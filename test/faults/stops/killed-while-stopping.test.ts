import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { agentOf, testEnforcement } from '../../support/daemon/test-enforcement.ts'
import { TEST_SEED } from '../../support/jest/test-seed.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { countingAgent } from '../../support/processes/counting-agent.ts'
import { CGROUP2, freezerName } from '../../support/processes/test-freezer.ts'
import { testSlice } from '../../support/processes/test-slice.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startProcess } from '../kill/killed-process.ts'
import { seededRandom } from '../power/seeded-random.ts'

/**
 * `kill -9` at random moments of stops and releases. Afterwards the agent is frozen where the stop was written down, and free where
 * it was not; and nothing else is paused. `KILLS`, and `TEST_SEED` for the same moments again.
 */

const CHILD = resolve(import.meta.dirname, 'stopping-child.ts')
const KILLS = Math.ceil(Number(process.env.KILLS ?? 300) / 10)
/** Several stops and releases. */
const LIFE_MS = 60

const asRoot = CGROUP2 === undefined ? test.skip : test

asRoot(
  `after each of ${KILLS} kills an agent is frozen or free, as the next run reports`,
  async () => {
    process.stdout.write(`kills while stopping, seed ${TEST_SEED}\n`)
    const random = seededRandom(TEST_SEED)
    using folder = temporaryFolder()
    using slice = testSlice()
    const name = freezerName()
    const ends = { frozen: 0, free: 0 }
    for (let kills = 0; kills < KILLS; kills++) {
      await using agent = await countingAgent(folder.path, `agent-${kills}`)
      await using other = await countingAgent(folder.path, `other-${kills}`)
      for (const { pid } of [agent, other]) slice.take(pid)
      const found = agentOf(agent)
      const ready = Promise.withResolvers<void>()
      const child = startProcess([CHILD, folder.path, name, found.id, `${agent.pid}`, `${agent.startTicks}`], () =>
        ready.resolve(),
      )
      await Promise.race([ready.promise, child.failed])
      await delay(random.next() * LIFE_MS)
      await child.kill()
      await using next = await testEnforcement({ folder: folder.path, name })
      await other.goesOn()
      next.scanned([found])
      if (next.enforcement.stops.length > 0) {
        await waitFor('the agent to be held', () => next.enforcement.held.length === 1)
        await waitFor('the agent to stand still', async () => !(await agent.writes()))
        ends.frozen++
      } else {
        await agent.goesOn()
        ends.free++
      }
      const marks = join(CGROUP2 ?? '', 'surety.quarantine', name, 'paused')
      expect(existsSync(marks) ? readdirSync(marks).filter((each) => each.includes('slice')) : []).toEqual([])
      await next.enforcement.release(next.enforcement.stops.map(({ id }) => id))
    }
    process.stdout.write(`${JSON.stringify(ends)}\n`)
    expect(ends.frozen + ends.free).toBe(KILLS)
  },
  scaledMs(30_000 + KILLS * 10_000),
)
