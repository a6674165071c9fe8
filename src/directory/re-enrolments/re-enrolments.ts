import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { EventStore } from '../activity/activity.ts'
import type { Device } from '../devices/device.ts'
import type { Results } from '../devices/results.ts'
import type { ReEnrolment, ReEnrolmentStore } from './re-enrolment.ts'

export interface ReEnrolmentsComponents {
  readonly store: ReEnrolmentStore &
    EventStore & {
      transaction<T>(work: () => T): T
      deviceByKey(applicationKey: string): Device | undefined
      deviceByEndorsement(publicHash: string): Device | undefined
    }
  readonly clock: Pick<Clock, 'now'>
  readonly results: Results
  /** After the commit: sessions of the device that wait, or that the new epoch has ended. */
  readonly settled: (reEnrolment: ReEnrolment, outcome: 'approve' | 'deny') => void
}

export interface ReEnrolments {
  /** @throws `NOT_FOUND`, `CONFLICT` when it was decided otherwise before, or its key or TPM is another device's by now. */
  decide(id: string, outcome: 'approve' | 'deny', actor: string): void
}

export function reEnrolments({ store, clock, results, settled }: ReEnrolmentsComponents): ReEnrolments {
  const settle = (id: string, state: 'approved' | 'denied', actor: string) => {
    const at = clock.now()
    const reEnrolment = store.reEnrolment(id)
    store.settleReEnrolment(id, { state, at, by: actor })
    store.record({ at, kind: `re-enrolment-${state}`, device: reEnrolment?.device, actor, detail: { reEnrolment: id } })
  }
  return {
    decide(id, outcome, actor) {
      const state = outcome === 'approve' ? 'approved' : 'denied'
      const reEnrolment = store.transaction(() => {
        const found = store.reEnrolment(id)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no re-enrolment ${id}`)
        if (found.state === state) return undefined
        if (found.state !== 'pending') throw new SuretyError('CONFLICT', `the re-enrolment was ${found.state} before`)
        if (state === 'approved') requireOwnKeys(store, found)
        settle(id, state, actor)
        if (state === 'approved') {
          // Approving a later epoch says no to the earlier ones that still wait.
          for (const earlier of store.pendingBelow(found.device, found.epoch)) settle(earlier, 'denied', actor)
          store.adoptReEnrolment(found, clock.now())
          results.refresh(found.device)
        }
        return found
      })
      if (reEnrolment !== undefined) settled(reEnrolment, outcome)
    },
  }
}

/**
 * While it waited, another device may have enrolled with its key or its TPM, which nobody had then.
 *
 * @throws `CONFLICT`.
 */
function requireOwnKeys(
  store: ReEnrolmentsComponents['store'],
  { device, applicationKey, endorsement }: ReEnrolment,
): void {
  const byEndorsement = endorsement && store.deviceByEndorsement(endorsement.publicHash)
  const holder = [store.deviceByKey(applicationKey), byEndorsement].find(
    (one) => one !== undefined && one.id !== device,
  )
  if (holder === undefined) return
  throw new SuretyError('CONFLICT', `its key or TPM is that of ${holder.id} by now: it can only be denied`)
}
