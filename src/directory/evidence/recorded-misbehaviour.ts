import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isSignedAs } from '../../crypto/jws.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import { recordBounded } from '../activity/activity.ts'
import type { Results } from '../devices/results.ts'
import type { EvidenceFrame, Sender } from './evidence-frame.ts'
import type { EvidenceStore } from './evidence-store.ts'

/** Records what a device did wrong, so that an administrator sees it and its verdict does not stay good. */
export interface MisbehaviourRecorder {
  /**
   * Evidence was refused while it was read. If the device signed it, its verdict is unknown until a batch is accepted: an
   * earlier good verdict must not outlive evidence that could not be judged.
   */
  refused(frame: string, from: Sender, error: unknown): Promise<void>
  /** Evidence was read, but applying it threw. */
  onUnexpectedError(frame: EvidenceFrame, error: unknown): Promise<void>
  /** The device exceeded its rate and is read more slowly. */
  slowed(device: string): void
  /** The device reconnects too often or sends too many control frames. It is locked out for a while. */
  flooded(device: string, by: string): void
}

export interface MisbehaviourRecorderComponents {
  readonly store: EvidenceStore
  readonly results: Results
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly announce: (device: string, epoch: number, result: AttestationResult) => Promise<void>
}

export function misbehaviourRecorder({
  store,
  results,
  clock,
  log,
  announce,
}: MisbehaviourRecorderComponents): MisbehaviourRecorder {
  const record = async (device: string, epoch: number, error: unknown) => {
    const at = clock.now()
    const code = codeOf(error) ?? 'STORE_FAILED'
    const message = describeError(error).slice(0, 500)
    const refreshed = await store.transaction(async () => {
      const chain = await store.evidence.chain(device)
      if (chain === undefined || chain.epoch !== epoch) return undefined
      // Sequences stay within what JSON carries exactly.
      const sequence = Math.min(chain.sequence + 1, Number.MAX_SAFE_INTEGER)
      await store.unprocessed.put(device, { part: 'evidence', sequence, message: code, at })
      await recordBounded(store, { at, kind: 'evidence-refused', device, detail: { epoch, sequence, code, message } })
      return results.refresh(device)
    })
    if (refreshed?.changed) await announce(device, epoch, refreshed.result)
  }
  /** Its session does not wait. */
  const note = (news: Parameters<typeof recordBounded>[1]) => {
    store
      .transaction(() => recordBounded(store, news))
      .catch((error) => log.error('misbehaviour could not be recorded', { error: describeError(error) }))
  }
  return {
    async refused(frame, { device, epoch, key }, error) {
      if (!isSignedAs('evidence', frame, key)) return
      await record(device, epoch, error)
    },
    onUnexpectedError: ({ device, epoch }, error) => record(device, epoch, error),
    slowed(device) {
      log.warn('a device exceeds its rate and is read more slowly', { device })
      note({ at: clock.now(), kind: 'evidence-slowed', device, detail: {} })
    },
    flooded(device, by) {
      log.warn('a device floods the directory and is locked out for a minute', { device, by })
      note({ at: clock.now(), kind: 'flooded', device, detail: { by } })
    },
  }
}
