import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../../src/base/clock.ts'
import { CHAIN_START } from '../../../../src/daemon/spool/chain.ts'
import { openSpoolFiles } from '../../../../src/daemon/spool/open-spool-files.ts'
import type { Spool } from '../../../../src/daemon/spool/spool.ts'
import { unsignedBatch } from '../../../support/daemon/unsigned-batch.ts'
import { type Line, lastDone } from '../said.ts'
import type { SeededRandom } from '../seeded-random.ts'

/** Small, so that it drops. */
export const SPOOL_BOUND = { maxBytes: 40_000, keepAcknowledgedBytes: 10_000 }

/** A spool of some batches, one page of which is no longer what was written. @returns what was told of it. */
export async function makeDamagedSpool(folder: string, random: SeededRandom): Promise<Line[]> {
  const said: Line[] = []
  {
    using spool = openSpoolFiles({ clock: systemClock }, { stateFolder: folder, ...SPOOL_BOUND })
    spool.begin({ device: 'dev_one', epoch: 1 })
    for (let each = 0; each < 6 && spool.chain !== undefined; each++) {
      const batch = unsignedBatch(spool.chain, random.text(3_000))
      await spool.append(batch)
      said.push({ word: 'will', what: 'append', number: batch.sequence, text: batch.hash })
    }
  }
  const path = join(folder, 'spool.db')
  const bytes = readFileSync(path)
  const page = 1 + random.below(bytes.length / 4096 - 1)
  writeFileSync(path, bytes.fill(0xff, page * 4096, page * 4096 + 600))
  return said
}

/** @returns what is wrong with the spool of a daemon whose power was cut. */
export async function checkSpool(folder: string, said: readonly Line[]): Promise<string[]> {
  const wrong: string[] = []
  const begun = said.some(({ what }) => what === 'begin')
  const onSetAside = (path: string) => {
    if (begun) wrong.push(`half-written: set aside as ${path}`)
  }
  using spool = openSpoolFiles({ clock: systemClock, onSetAside }, { stateFolder: folder, ...SPOOL_BOUND })
  if (spool.chain === undefined) {
    return begun ? [...wrong, 'lost: the chain'] : wrong
  }
  wrong.push(...headProblems(spool, said), ...acknowledgedProblems(spool, said), ...linkProblems(spool, said))
  const next = unsignedBatch(spool.chain, 'the first after the cut')
  await spool.append(next)
  if (spool.read(next.sequence)?.hash !== next.hash) wrong.push('lost: what was appended after the cut')
  return wrong
}

function headProblems({ chain }: Spool, said: readonly Line[]): string[] {
  const { done } = lastDone(said, 'append')
  const head = chain?.head ?? CHAIN_START
  const wrong: string[] = []
  if (head.sequence < (done?.number ?? 0)) wrong.push(`lost: batches ${head.sequence + 1} to ${done?.number}`)
  const signed = said.some(
    ({ what, number, text }) => what === 'append' && number === head.sequence && text === head.hash,
  )
  if (head.sequence > 0 && !signed) wrong.push(`half-written: nobody signed the head ${head.sequence}`)
  return wrong
}

function acknowledgedProblems(spool: Spool, said: readonly Line[]): string[] {
  const { done, possible } = lastDone(said, 'acknowledge')
  const wrong: string[] = []
  const reached = spool.chain?.acknowledged.sequence ?? 0
  if (reached < (done?.number ?? 0)) wrong.push(`lost: the acknowledgement of ${done?.number}`)
  const receipt = spool.acknowledgement()
  const known = possible.some(({ number, text }) => number === reached && text === receipt)
  if (reached > 0 && !known) wrong.push(`half-written: receipt ${receipt} at ${reached}`)
  return wrong
}

/** Every held batch is one that was signed, and follows the one before. */
function linkProblems(spool: Spool, said: readonly Line[]): string[] {
  const { floor, head } = spool.chain ?? { floor: CHAIN_START, head: CHAIN_START }
  const wrong: string[] = []
  let previous = floor.hash
  for (let sequence = floor.sequence + 1; sequence <= head.sequence; sequence++) {
    const batch = spool.read(sequence)
    if (batch?.previous !== previous) wrong.push(`half-written: batch ${sequence} does not follow ${sequence - 1}`)
    const signed = said.some(
      ({ what, number, text }) => what === 'append' && number === sequence && text === batch?.hash,
    )
    if (!signed) wrong.push(`half-written: nobody signed batch ${sequence}`)
    previous = batch?.hash ?? ''
  }
  return wrong
}
