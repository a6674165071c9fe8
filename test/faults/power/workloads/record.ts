/** A directory that records what it does, and signs checkpoints of it. */
import { systemClock } from '../../../../src/base/clock.ts'
import { sequenceSome } from '../../../../src/directory/record/sequencer.ts'
import { openActing } from '../checks/actions.ts'
import { openLogIn } from '../checks/record.ts'
import { say } from '../said.ts'
import { seededRandom } from '../seeded-random.ts'

const [folder = '', seed = '', variant] = process.argv.slice(2)
const random = seededRandom(Number(seed))

using acting = await openActing(folder)
const logKey = await openLogIn(folder, acting)
if (variant === 'synchronous-normal') acting.database.exec('PRAGMA synchronous=NORMAL')
// Often enough that pages go to their place, and the log begins anew.
acting.database.exec('PRAGMA wal_autocheckpoint=48')

for (let step = 0; step < 4; step++) {
  for (let more = random.below(3); more >= 0; more--) {
    const { enrolment } = await acting.tokens.create(
      { owner: 'ada', ttlMs: 3_600_000, minimumTier: 'software' },
      'adm_one',
    )
    say('did', 'token', { text: enrolment })
  }
  await sequenceSome({ store: acting.store, clock: systemClock, logKey })
  const { note = '' } = (await acting.store.record.checkpoint()) ?? {}
  say('did', 'checkpoint', { text: note })
}
