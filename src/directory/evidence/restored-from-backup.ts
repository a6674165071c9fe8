import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type CompactJws, splitJws } from '../../crypto/jws.ts'
import { ackReader } from '../../protocol/frames.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import type { Device } from '../devices/device.ts'

/** What this directory once acknowledged and does not have: it was restored from a backup. */
export interface Forgotten {
  /**
   * A device shows the newest acknowledgement it keeps. When it is ours and newer than what we hold, the record says
   * which batches are missing; the welcome asks for them, and a gap record tells of those that the device no longer has.
   * One that proves nothing changes nothing: a device must not be kept away for what it keeps.
   */
  shown(device: Pick<Device, 'id' | 'epoch' | 'sequence'>, receipt: string | undefined): void
}

export interface ForgottenComponents {
  readonly store: { readonly activity: ActivityStore }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  /** @throws `SIGNATURE_INVALID` when this directory did not sign it. */
  readonly verify: (jws: CompactJws) => string
}

export function forgottenEvidence({ store, clock, log, verify }: ForgottenComponents): Forgotten {
  return {
    shown({ id, epoch, sequence }, receipt) {
      if (receipt === undefined) return
      try {
        const jws = splitJws('ack', receipt)
        const ack = ackReader.readCanonicalJson(jws.payload)
        // Nothing of it counts before the signature held; but mostly there is nothing that could.
        if (ack.device !== id || ack.epoch !== epoch || ack.sequence <= sequence) return
        verify(jws)
        const missing = { firstSequence: sequence + 1, lastSequence: ack.sequence, batches: ack.sequence - sequence }
        log.warn('restored from a backup: evidence was forgotten', { device: id, epoch, ...missing })
        const detail = { epoch, ...missing, acknowledgedAt: ack.time }
        recordBounded(store, { at: clock.now(), kind: 'evidence-forgotten', device: id, detail })
      } catch (error) {
        if (codeOf(error) === 'STORE_FAILED') throw error
        log.warn('a device shows an acknowledgement that is not of this directory', {
          ...{ device: id, code: codeOf(error), reason: describeError(error) },
        })
      }
    },
  }
}
