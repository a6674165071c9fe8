/** A daemon's spool: appends alone and together, acknowledgements, drops and the gap records that tell of them. */
import { join } from 'node:path'
import { systemClock } from '../../../../src/base/clock.ts'
import type { Batch } from '../../../../src/daemon/spool/chain.ts'
import { openSpoolFiles } from '../../../../src/daemon/spool/open-spool-files.ts'
import type { Spool } from '../../../../src/daemon/spool/spool.ts'
import { openSpool } from '../../../../src/daemon/spool/sqlite-spool.ts'
import { openDatabase } from '../../../../src/system/sqlite/sqlite.ts'
import { batchAfter } from '../../../support/daemon/unsigned-batch.ts'
import { SPOOL_BOUND } from '../checks/spool.ts'
import { say } from '../said.ts'
import { seededRandom } from '../seeded-random.ts'

const [folder = '', seed = '', variant] = process.argv.slice(2)
const random = seededRandom(Number(seed))

function open(): Spool {
  if (variant === 'real') return openSpoolFiles({ clock: systemClock }, { stateFolder: folder, ...SPOOL_BOUND })
  const weakened = () => {
    const database = openDatabase(join(folder, 'spool.db'))
    database.exec('PRAGMA synchronous=NORMAL; PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; COMMIT')
    return database
  }
  return openSpool({ open: weakened, setAside: () => undefined }, SPOOL_BOUND)
}

function nextBatches(spool: Spool, howMany: number): Batch[] {
  const chain = spool.chain
  if (chain === undefined) throw new TypeError('the chain has begun')
  const batches: Batch[] = []
  let head = chain.head
  for (let each = 0; each < howMany; each++) {
    const batch = batchAfter(chain.epoch, head, random.text(200 + random.below(6_000)))
    batches.push(batch)
    head = batch
  }
  const { floor, acknowledged } = chain
  const [first, ...rest] = batches
  if (first === undefined || floor.sequence <= acknowledged.sequence) return batches
  return [{ ...first, gap: { firstSequence: acknowledged.sequence + 1, lastSequence: floor.sequence } }, ...rest]
}

async function append(spool: Spool): Promise<void> {
  const batches = nextBatches(spool, 1 + random.below(3))
  for (const { sequence, hash } of batches) say('will', 'append', { number: sequence, text: hash })
  await Promise.all(batches.map((batch) => spool.append(batch)))
  for (const { sequence, hash } of batches) say('did', 'append', { number: sequence, text: hash })
}

function acknowledge(spool: Spool): void {
  const { acknowledged, head } = spool.chain ?? { acknowledged: { sequence: 0 }, head: { sequence: 0 } }
  const sequence = acknowledged.sequence + 1 + random.below(Math.max(1, head.sequence - acknowledged.sequence))
  const hash = spool.hashAt(sequence)
  if (hash === undefined) return
  const receipt = `receipt of ${sequence}`
  say('will', 'acknowledge', { number: sequence, text: receipt })
  spool.acknowledge({ sequence, hash }, receipt)
  say('did', 'acknowledge', { number: sequence, text: receipt })
}

let spool = open()
spool.begin({ device: 'dev_one', epoch: 1 })
say('did', 'begin')
for (let step = 0; step < 24; step++) {
  const chance = random.next()
  if (chance < 0.7) await append(spool)
  else if (chance < 0.93) acknowledge(spool)
  else {
    spool[Symbol.dispose]()
    spool = open()
  }
}
spool[Symbol.dispose]()
