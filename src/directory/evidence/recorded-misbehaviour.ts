import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isSignedAs } from '../../crypto/jws.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import { recordBounded } from '../activity/activity.ts'
import type { Results } from '../devices/results.ts'
import type { EvidenceFrame, Sender } from './evidence-frame.ts'
import type { EvidenceStore } from './evidence-store.ts'

/** What is kept of a device that says what cannot be taken: an administrator sees it, and its verdict is not left good. */
export interface Misbehaviour {
  /**
   * Its evidence was refused as it was read. If the device signed it, its verdict is unknown until a batch has been taken
   * in: never does the last good one stand because the next could not be judged.
   */
  refused(frame: string, from: Sender, error: unknown): void
  /** It was read, and threw as it was taken in. */
  poisonous(frame: EvidenceFrame, error: unknown): void
  /** It sent more than its rate, and is read more slowly. */
  slowed(device: string): void
  /** It comes, or says what is no use to anybody, without a pause: it is kept out for a while. */
  flooded(device: string, by: string): void
}

export interface MisbehaviourComponents {
  readonly store: EvidenceStore
  readonly results: Results
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly announce: (device: string, epoch: number, result: AttestationResult) => void
}

export function misbehaviour({ store, results, clock, log, announce }: MisbehaviourComponents): Misbehaviour {
  const record = (device: string, epoch: number, error: unknown) => {
    const at = clock.now()
    const code = codeOf(error) ?? 'STORE_FAILED'
    const message = describeError(error).slice(0, 500)
    const refreshed = store.transaction(() => {
      const chain = store.evidence.chain(device)
      if (chain === undefined || chain.epoch !== epoch) return undefined
      // Beyond the last place there is none: what has it can always be read back.
      const sequence = Math.min(chain.sequence + 1, Number.MAX_SAFE_INTEGER)
      store.unprocessed.put(device, { part: 'evidence', sequence, message: code, at })
      recordBounded(store, { at, kind: 'evidence-refused', device, detail: { epoch, sequence, code, message } })
      return results.refresh(device)
    })
    if (refreshed?.changed) announce(device, epoch, refreshed.result)
  }
  return {
    refused(frame, { device, epoch, key }, error) {
      if (!isSignedAs('evidence', frame, key)) return
      record(device, epoch, error)
    },
    poisonous: ({ device, epoch }, error) => record(device, epoch, error),
    slowed(device) {
      log.warn('a device sends more than its rate', { device })
      store.transaction(() => recordBounded(store, { at: clock.now(), kind: 'evidence-slowed', device, detail: {} }))
    },
    flooded(device, by) {
      log.warn('a device floods the directory and is kept out for a while', { device, by })
      store.transaction(() => recordBounded(store, { at: clock.now(), kind: 'flooded', device, detail: { by } }))
    },
  }
}
