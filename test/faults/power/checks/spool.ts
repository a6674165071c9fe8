import { systemClock } from '../../../../src/base/clock.ts'
import { CHAIN_START } from '../../../../src/daemon/spool/chain.ts'
import { openSpoolFiles } from '../../../../src/daemon/spool/open-spool-files.ts'
import type { Spool } from '../../../../src/daemon/spool/spool.ts'
import { unsignedBatch } from '../../../support/unsigned-batch.ts'
import { type Line, lastDone } from '../said.ts'

/** Small, so that it drops. */
export const SPOOL_BOUND = { maxBytes: 40_000, keepAcknowledgedBytes: 10_000 }

/** @returns what is wrong with the spool of a daemon whose power was cut. */
export async function checkSpool(folder: string, said: readonly Line[]): Promise<string[]> {
  const wrong: string[] = []
  const onSetAside = (path: string) => wrong.push(`half-written: set aside as ${path}`)
  using spool = openSpoolFiles({ clock: systemClock, onSetAside }, { stateFolder: folder, ...SPOOL_BOUND })
  if (spool.chain === undefined) {
    return said.length > 0 ? [...wrong, 'lost: the chain'] : wrong
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
  const receipt = spool.receipt()
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
