import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { deviceReader } from '../../../src/protocol/nouns/devices/devices.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { TEST_SEED } from '../../support/jest/test-seed.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { seededRandom } from '../power/seeded-random.ts'
import {
  enrol,
  kill,
  orderCollection,
  type Stage,
  setStage,
  settledDaemon,
  startDaemonIn,
  untilStatus,
} from '../storage/stage.ts'

/**
 * `suretyd` itself, whole, dies by `kill -9` at random moments of its start, its collection and its orders. A tenth of
 * `KILLS`, for each costs a start; `TEST_SEED=NUMBER` for the same moments again.
 */

const KILLS = Math.ceil(Number(process.env.KILLS ?? 300) / 10)

/** What the directory keeps, as it says that it follows each other. */
function chainIn({ data }: Stage) {
  using database = openDatabase(join(data, 'directory.sqlite'), { readOnly: true })
  let previous = 'A'.repeat(43)
  return database
    .prepare('SELECT sequence, jws FROM evidence ORDER BY sequence')
    .all()
    .map(({ sequence, jws }) => {
      const payload = JSON.parse(Buffer.from(String(jws).split('.')[1] ?? '', 'base64url').toString())
      const follows = payload.previous === previous && payload.sequence === sequence
      previous = createHash('sha256').update(String(jws)).digest('base64url')
      return follows ? sequence : 'broken'
    })
}

test(
  `after ${KILLS} kills of the whole daemon, its chain is at the directory once`,
  async () => {
    process.stdout.write(`kills of the daemon, seed ${TEST_SEED}\n`)
    const random = seededRandom(TEST_SEED)
    using folder = temporaryFolder()
    const stage = await setStage(folder.path)
    await using directory = await stage.startDirectory()
    await enrol(stage)
    let id = ''
    let wholeLifeMs = 0
    {
      const startedAt = performance.now()
      await using daemon = stage.startDaemon()
      id = (await settledDaemon(stage, daemon)).device?.id ?? ''
      wholeLifeMs = performance.now() - startedAt
      await kill(daemon)
    }
    let acknowledged = 0
    for (let count = 0; count < KILLS; count++) {
      await using daemon = startDaemonIn(stage.device)
      if (count % 2 === 0) await orderCollection(stage, id)
      await delay(random.next() * wholeLifeMs)
      await kill(daemon)
      expect(daemon.stderr()).not.toMatch(/set aside|damaged|fork|gap/i)
      const { length } = chainIn(stage)
      expect(length).toBeGreaterThanOrEqual(acknowledged)
      acknowledged = length
    }
    await using daemon = startDaemonIn(stage.device)
    const { spool, health } = await untilStatus(
      stage.device,
      daemon,
      (status) => status.directory.connected && status.spool.waiting === 0 && status.findings.length > 0,
    )
    const { forked, head } = await apiClient(profileOf(stage.data)).ask('GET', `/devices/${id}`, deviceReader)
    expect([health, forked, head.sequence >= spool.acknowledged]).toEqual([[], false, true])
    const chain = chainIn(stage)
    expect(chain).toEqual(chain.map((_, index) => index + 1))
    expect(chain.length).toBeGreaterThanOrEqual(Math.max(acknowledged, head.sequence))
    await kill(daemon)
    await kill(directory)
  },
  scaledMs(Math.max(600_000, KILLS * 40_000)),
)
