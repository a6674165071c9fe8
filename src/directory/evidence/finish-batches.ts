import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Results } from '../devices/results.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { project } from './project.ts'
import { readKept } from './take-in.ts'

export interface FinishComponents {
  readonly store: EvidenceStore
  readonly results: Results
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/**
 * Brings the register up to the batches that a directory kept and did not finish before it ended: nothing but the register
 * says so, for their devices were told that they are kept. To be called before any device is heard.
 *
 * @throws `STORE_FAILED`, `STORE_CORRUPT`.
 */
export function finishBatches({ store, results, clock, log }: FinishComponents): void {
  for (const batch of store.unfinished.list()) {
    const { device, epoch, sequence } = batch
    log.info('a batch is brought into the register that was kept before', { device, epoch, sequence })
    store.transaction(() => {
      const kept = store.evidence.batchAt(device, epoch, sequence)
      if (kept === undefined) throw new SuretyError('STORE_CORRUPT', `batch ${sequence} of ${device} is gone`)
      project(store, { device, evidence: readKept(kept), at: clock.now() })
      store.unfinished.drop(device, batch)
      results.refresh(device)
    })
  }
}
