/** A directory that takes in evidence of three devices, some of it together. */
import { join } from 'node:path'
import { submitEvidence } from '../../../support/directory/submit-evidence.ts'
import { DEVICES, frameAfter, openDirectoryStore, openIngest } from '../checks/ingest.ts'
import { say } from '../said.ts'
import { seededRandom } from '../seeded-random.ts'

const [folder = '', seed = '', variant] = process.argv.slice(2)
const random = seededRandom(Number(seed))

const { database, store } = await openDirectoryStore(join(folder, 'directory.sqlite'))
if (variant === 'synchronous-normal') database.exec('PRAGMA synchronous=NORMAL')
// Often enough that pages go to their place, and the log begins anew, several times in one run.
database.exec('PRAGMA wal_autocheckpoint=200')
say('did', 'devices')
const queue = openIngest(store)
for (let step = 0; step < 20; step++) {
  const waiting: Promise<void>[] = []
  for (const device of DEVICES.filter(() => random.happens(0.6))) {
    const stored = await store.evidence.chain(device)
    if (stored === undefined) throw new TypeError('the device was put')
    let chain = { sequence: stored.sequence, head: stored.head }
    for (let each = random.below(3); each >= 0; each--) {
      const frame = frameAfter(device, chain, random)
      chain = { sequence: frame.evidence.sequence, head: frame.hash }
      say('will', device, { number: chain.sequence, text: frame.hash })
      waiting.push(
        submitEvidence(queue, frame).then(({ sequence, head }) => say('did', device, { number: sequence, text: head })),
      )
    }
  }
  await Promise.all(waiting)
}
await queue[Symbol.asyncDispose]()
database.close()
