import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Results } from '../devices/results.ts'
import { readStoredEvidence } from './append-batch.ts'
import { applyEvidence } from './apply-evidence.ts'
import type { EvidenceStore } from './evidence-store.ts'

export interface FinishComponents {
  readonly store: EvidenceStore
  readonly results: Results
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/**
 * Applies batches that an earlier run acknowledged but did not finish. Devices do not send them again. Call this before
 * any device connects.
 *
 * @throws `STORE_FAILED`, `STORE_CORRUPT`.
 */
export async function finishBatches({ store, results, clock, log }: FinishComponents): Promise<void> {
  for (const batch of await store.unfinished.list()) {
    const { device, epoch, sequence } = batch
    log.info('applying a batch that the last run did not finish', { device, epoch, sequence })
    await store.transaction(async () => {
      const stored = await store.evidence.batchAt(device, epoch, sequence)
      if (stored === undefined)
        throw new SuretyError(
          'STORE_CORRUPT',
          `unfinished batch ${sequence} of ${device} is missing: restore the database from a backup`,
        )
      await applyEvidence(store, { device, evidence: readStoredEvidence(stored), at: clock.now() })
      await store.unfinished.drop(device, batch)
      await results.refresh(device)
    })
  }
}
