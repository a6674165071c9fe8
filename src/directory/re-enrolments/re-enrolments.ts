import { SuretyError } from '../../base/errors.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { Results } from '../devices/results.ts'
import type { ReEnrolment, ReEnrolmentStore } from './re-enrolment-store.ts'

export interface ReEnrolmentsComponents
  extends ActComponents<{
    readonly devices: Pick<DeviceStore, 'withKey' | 'withEndorsement'>
    readonly reEnrolments: Pick<ReEnrolmentStore, 'get' | 'settle' | 'pending' | 'startEpoch'>
  }> {
  readonly results: Results
  /** Called inside the transaction of an approval. */
  readonly ownerChanged?: (device: string, owner: string) => Promise<void>
  /** Called after the commit, to end sessions that wait for the outcome or belong to the earlier epoch. */
  readonly settled: (reEnrolment: ReEnrolment, outcome: 'approve' | 'deny') => void
}

export interface ReEnrolments {
  /**
   * Approves or denies a re-enrolment, once.
   *
   * @throws `NOT_FOUND`; `CONFLICT` if it was settled otherwise, or another device has its key or TPM by now.
   */
  settle(id: string, outcome: 'approve' | 'deny', actor: string, reason?: string): Promise<void>
}

export function reEnrolments({ store, clock, results, settled, ownerChanged }: ReEnrolmentsComponents): ReEnrolments {
  interface Settled {
    readonly id: string
    readonly device: string
    readonly state: 'approved' | 'denied'
    readonly actor: string
    readonly reason: string | undefined
  }
  const settle = async ({ id, device, state, actor, reason }: Settled) => {
    const at = clock.now()
    await store.reEnrolments.settle(id, { state, at, by: actor, reason })
    const details = { reEnrolment: id, ...(reason === undefined ? {} : { reason }) }
    const changed = { before: { state: 'pending' }, after: { state } }
    await store.audit.add({ at, actor, act: `re-enrolment-${state}`, subject: id, device, details, ...changed })
  }
  return {
    async settle(id, outcome, actor, reason) {
      const state = outcome === 'approve' ? 'approved' : 'denied'
      const reEnrolment = await store.transaction(async () => {
        const found = await store.reEnrolments.get(id)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no re-enrolment ${id}`)
        if (found.state === state) return undefined
        if (found.state !== 'pending') throw new SuretyError('CONFLICT', `the re-enrolment was ${found.state} before`)
        if (state === 'approved') await requireOwnKeys(store, found)
        const { device } = found
        await settle({ id, device, state, actor, reason })
        if (state === 'approved') {
          // An approval denies the pending re-enrolments of earlier epochs.
          for (const earlier of await store.reEnrolments.pending(found.device, found.epoch)) {
            await settle({ id: earlier, device, state: 'denied', actor, reason: 'a later enrolment was approved' })
          }
          await store.reEnrolments.startEpoch(found, clock.now())
          await ownerChanged?.(found.device, found.owner)
          await results.refresh(found.device)
        }
        return found
      })
      if (reEnrolment !== undefined) settled(reEnrolment, outcome)
    },
  }
}

/**
 * Refuses keys that another device enrolled with while the re-enrolment was pending.
 *
 * @throws `CONFLICT`.
 */
async function requireOwnKeys(
  { devices }: Pick<ReEnrolmentsComponents['store'], 'devices'>,
  { device, applicationKey, endorsement }: ReEnrolment,
): Promise<void> {
  const byEndorsement = endorsement && (await devices.withEndorsement(endorsement.publicHash))
  const holder = [await devices.withKey(applicationKey), byEndorsement].find(
    (one) => one !== undefined && one.id !== device,
  )
  if (holder === undefined) return
  throw new SuretyError('CONFLICT', `${holder.id} has its key or TPM by now: it can only be denied`)
}
