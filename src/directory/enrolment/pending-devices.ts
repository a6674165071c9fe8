import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { AuditStore } from '../audit/audit.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import { type NewDeviceComponents, putNewDevice } from './new-device.ts'
import type { PendingDevice, PendingDeviceStore } from './pending-device-store.ts'
import type { PreregistrationStore } from './preregistration-store.ts'
import type { TokenStore } from './token-store.ts'

export interface PendingDevicesComponents extends NewDeviceComponents {
  readonly store: NewDeviceComponents['store'] & {
    readonly devices: Pick<DeviceStore, 'withKey' | 'withEndorsement'>
    readonly pendingDevices: Pick<PendingDeviceStore, 'get' | 'settle'>
    readonly preregistrations: Pick<PreregistrationStore, 'release'>
    readonly tokens: Pick<TokenStore, 'unclaim'>
    readonly audit: AuditStore
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly clock: Pick<Clock, 'now'>
  /** Called after the commit, to end the session that waits. */
  readonly settled: (device: string) => void
}

export interface Decision {
  readonly outcome: 'accept' | 'refuse'
  readonly reason?: string | undefined
  /** Of an accepted device. Absent: whom the token or preregistration named. */
  readonly owner?: string | undefined
}

export interface PendingDevices {
  /**
   * Accepts or refuses a new device, once.
   *
   * @throws `NOT_FOUND`; `CONFLICT` if it was settled otherwise, or a device has its key or TPM by now.
   */
  settle(id: string, decision: Decision, actor: string): Promise<void>
}

export function pendingDevices(components: PendingDevicesComponents): PendingDevices {
  const { store, clock, settled } = components
  const letIn = async (found: PendingDevice, owner: string, now: number) => {
    await requireOwnKeys(store, found)
    const { id, token, createdAt } = found
    await putNewDevice(components, { id, keys: found, owner, token, attestedAt: createdAt, now })
  }
  return {
    async settle(id, { outcome, reason, owner }, actor) {
      const state = outcome === 'accept' ? 'accepted' : 'refused'
      const isNew = await store.transaction(async () => {
        const found = await store.pendingDevices.get(id)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no pending device ${id}`)
        if (found.state === state) return false
        if (found.state !== 'pending') throw new SuretyError('CONFLICT', `the device was ${found.state} before`)
        const at = clock.now()
        if (state === 'accepted') await letIn(found, owner ?? found.owner, at)
        else {
          // Another device may come in its place.
          await store.preregistrations.release(id)
          await store.tokens.unclaim(id)
        }
        await store.pendingDevices.settle(id, { state, at, by: actor, reason })
        const details = {
          token: found.token,
          tier: found.tier,
          why: found.why,
          owner: owner ?? found.owner,
          ...(reason === undefined ? {} : { reason }),
        }
        const changed = { before: { state: found.state }, after: { state } }
        await store.audit.add({ at, actor, act: `device-${state}`, subject: id, device: id, details, ...changed })
        return true
      })
      if (isNew) settled(id)
    },
  }
}

/**
 * Refuses keys that a device enrolled with while this one waited.
 *
 * @throws `CONFLICT`.
 */
async function requireOwnKeys(
  { devices }: Pick<PendingDevicesComponents['store'], 'devices'>,
  { applicationKey, endorsement }: PendingDevice,
): Promise<void> {
  const holder =
    (await devices.withKey(applicationKey)) ?? (endorsement && (await devices.withEndorsement(endorsement.publicHash)))
  if (holder === undefined) return
  throw new SuretyError('CONFLICT', `${holder.id} has its key or TPM by now: it can only be refused`)
}
