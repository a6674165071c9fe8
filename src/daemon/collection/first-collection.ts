import { type Clock, orAborted } from '../../base/clock.ts'
import type { EvidenceBuilder } from '../evidence/evidence-builder.ts'
import type { Spool } from '../spool/spool.ts'
import type { Collection } from './collection.ts'
import type { Milestones } from './milestones.ts'

export interface FirstCollectionComponents {
  readonly clock: Pick<Clock, 'sleep'>
  readonly collection: Pick<Collection, 'quick' | 'all'>
  readonly evidence: Pick<EvidenceBuilder, 'settled'>
  readonly spool: Pick<Spool, 'chain'>
  readonly attested: Promise<void>
  readonly acknowledged: Milestones
  readonly reached: (phase: { readonly phase: 'collected' | 'complete' }) => void
  /** Gives back what a whole collection needed and nothing needs any more. */
  readonly releaseMemory?: (() => void) | undefined
}

const FIRST_EVIDENCE_WITHIN_MS = 1_000
const RELEASE_AFTER_MS = 10_000

/**
 * Looks at the device as a run begins, first at what is quick, and tells how far its evidence has come. Then waits until
 * `signal` aborts.
 */
export async function firstCollection(
  components: FirstCollectionComponents,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, collection, evidence, reached, attested } = components
  await collection.quick({ signal })
  // What is slow would only make the attestation and the first evidence slow.
  const delivered = Promise.all([attested, evidence.settled({ signal })]).then(() => allAcknowledged(components))
  await Promise.race([delivered, clock.sleep(FIRST_EVIDENCE_WITHIN_MS, { signal })])
  await collection.all({ signal })
  await evidence.settled({ signal })
  reached({ phase: 'collected' })
  await orAborted(allAcknowledged(components), signal)
  reached({ phase: 'complete' })
  // Threads and children that have answered are still ending.
  await clock.sleep(RELEASE_AFTER_MS, { signal })
  components.releaseMemory?.()
  await orAborted(new Promise<never>(() => undefined), signal)
}

/** Resolves once the directory has what is in the chain now. */
function allAcknowledged({ spool, acknowledged }: FirstCollectionComponents): Promise<void> {
  return new Promise((resolve) => {
    acknowledged.at(spool.chain?.head.sequence ?? 0, resolve)
    acknowledged.reached(spool.chain?.acknowledged.sequence ?? 0)
  })
}
