import { type Clock, orAborted, untilAborted } from '../../base/clock.ts'
import type { EvidenceBuilder } from '../evidence/evidence-builder.ts'
import type { Spool } from '../spool/spool.ts'
import type { Collection } from './collection.ts'

export interface FirstCollectionComponents {
  readonly clock: Pick<Clock, 'sleep'>
  readonly collection: Pick<Collection, 'quick' | 'all'>
  readonly evidence: Pick<EvidenceBuilder, 'settled'>
  readonly spool: Pick<Spool, 'chain'>
  /** Resolves at the first attestation of this run. */
  readonly attested: Promise<void>
  readonly acknowledgements: AcknowledgementCallbacks
  readonly onPhase: (phase: { readonly phase: 'collected' | 'complete' }) => void
  /** Gives memory of the first collection back to the system. */
  readonly releaseMemory?: (() => void) | undefined
}

const FIRST_EVIDENCE_WITHIN_MS = 1_000
const RELEASE_AFTER_MS = 10_000

/** Runs the first collection of a run, the quick parts first, and announces its phases. Then waits until `signal` aborts. */
export async function runFirstCollection(
  components: FirstCollectionComponents,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, collection, evidence, onPhase, attested } = components
  await collection.quick({ signal })
  // The slow parts would delay the attestation and the first evidence, so that they begin after those.
  const delivered = Promise.all([attested, evidence.settled({ signal })]).then(() => allAcknowledged(components))
  await Promise.race([delivered, clock.sleep(FIRST_EVIDENCE_WITHIN_MS, { signal })])
  await collection.all({ signal })
  await evidence.settled({ signal })
  onPhase({ phase: 'collected' })
  await orAborted(allAcknowledged(components), signal)
  onPhase({ phase: 'complete' })
  // Threads and children that have answered are still ending.
  await clock.sleep(RELEASE_AFTER_MS, { signal })
  components.releaseMemory?.()
  await untilAborted({ signal })
}

/** Resolves once the directory has everything that is in the chain now. */
function allAcknowledged({ spool, acknowledgements }: FirstCollectionComponents): Promise<void> {
  return new Promise((resolve) => {
    acknowledgements.add(spool.chain?.head.sequence ?? 0, resolve)
    acknowledgements.acknowledged(spool.chain?.acknowledged.sequence ?? 0)
  })
}

/** Callbacks that run once, when the directory has acknowledged a sequence number. */
export class AcknowledgementCallbacks {
  #pending: { readonly sequence: number; readonly callback: () => void }[] = []

  add(sequence: number, callback: () => void): void {
    this.#pending.push({ sequence, callback })
  }

  /** Runs the callbacks up to `sequence`. */
  acknowledged(sequence: number): void {
    const due = this.#pending.filter((one) => one.sequence <= sequence)
    this.#pending = this.#pending.filter((one) => one.sequence > sequence)
    for (const { callback } of due) callback()
  }
}
