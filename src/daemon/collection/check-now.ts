import type { Clock } from '../../base/clock.ts'
import type { Checked } from '../../protocol/messages/control.ts'
import type { EvidenceBuilder } from '../evidence/evidence-builder.ts'
import type { Spool } from '../spool/spool.ts'
import type { Collection } from './collection.ts'

export interface CheckNowComponents {
  readonly clock: Pick<Clock, 'sleep'>
  readonly collection: Pick<Collection, 'checkAgain'>
  readonly evidence: Pick<EvidenceBuilder, 'settled' | 'current'>
  readonly spool: Pick<Spool, 'chain'>
}

/** A TPM signs within a second. While keys or disk fail, evidence waits for hours. */
const WRITTEN_WITHIN_MS = 10_000

/** Runs the checks, and answers with the batch that reports what they found, if it can be written. */
export async function checkNow(
  { clock, collection, evidence, spool }: CheckNowComponents,
  options: { signal: AbortSignal },
): Promise<Omit<Checked, 'time'>> {
  await collection.checkAgain(options)
  const over = new AbortController()
  const either = { signal: AbortSignal.any([options.signal, over.signal]) }
  try {
    const sequence = await Promise.race([
      evidence.settled(either).then(() => spool.chain?.head.sequence),
      clock.sleep(WRITTEN_WITHIN_MS, either).then(() => undefined),
    ])
    return { findings: [...evidence.current.findings], ...(sequence === undefined ? {} : { sequence }) }
  } finally {
    over.abort()
  }
}
