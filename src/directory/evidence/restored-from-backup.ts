import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type CompactJws, splitJws } from '../../crypto/jws.ts'
import { ackReader } from '../../protocol/messages/frames.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import type { Device } from '../devices/device.ts'

/** Notices that this directory was restored from a backup and lost evidence that it had acknowledged. */
export interface RestoreDetector {
  /**
   * Checks the newest acknowledgement that a device presents. If this directory signed it and it is ahead of the stored chain,
   * the missing batches are recorded. The welcome then asks for them; a gap record covers those that the device no longer has.
   * An invalid acknowledgement is logged and otherwise ignored: a device must not be locked out because of it.
   */
  checkAcknowledgement(device: Pick<Device, 'id' | 'epoch' | 'sequence'>, receipt: string | undefined): Promise<void>
}

export interface RestoreDetectorComponents {
  readonly store: { readonly activity: ActivityStore; transaction<T>(work: () => Promise<T>): Promise<T> }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  /** @throws `SIGNATURE_INVALID` if this directory did not sign it. */
  readonly verify: (jws: CompactJws) => string
}

export function restoreDetector({ store, clock, log, verify }: RestoreDetectorComponents): RestoreDetector {
  return {
    async checkAcknowledgement({ id, epoch, sequence }, receipt) {
      if (receipt === undefined) return
      try {
        const jws = splitJws('ack', receipt)
        const ack = ackReader.readCanonicalJson(jws.payload)
        // The content counts only after `verify`. Most acknowledgements report nothing missing and need no verification.
        if (ack.device !== id || ack.epoch !== epoch || ack.sequence <= sequence) return
        verify(jws)
        const missing = { firstSequence: sequence + 1, lastSequence: ack.sequence, batches: ack.sequence - sequence }
        log.warn('the directory was restored from a backup and lacks evidence', { device: id, epoch, ...missing })
        const detail = { epoch, ...missing, acknowledgedAt: ack.time }
        const news = { at: clock.now(), kind: 'evidence-forgotten', device: id, detail } as const
        await store.transaction(() => recordBounded(store, news))
      } catch (error) {
        if (codeOf(error) === 'STORE_FAILED') throw error
        log.warn('a device presented an invalid acknowledgement', {
          device: id,
          code: codeOf(error),
          reason: describeError(error),
        })
      }
    },
  }
}
