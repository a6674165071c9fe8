import { SuretyError } from '../../base/errors.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import type { Labelling, OwnerChange } from '../../protocol/nouns/devices/devices.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { AuditStore } from '../audit/audit.ts'
import { type Device, unknownDevice } from './device.ts'
import type { DeviceStore } from './device-store.ts'
import type { Results } from './results.ts'

export interface DevicesComponents
  extends ActComponents<{
    readonly devices: Pick<DeviceStore, 'get' | 'retire' | 'putLabels' | 'putOwner'>
    readonly reEnrolments: {
      /** Ids of the device's re-enrolments that wait for approval. */
      pending(device: string): Promise<readonly string[]>
      settle(id: string, outcome: { state: 'denied'; at: number; by: string }): Promise<void>
    }
  }> {
  readonly results: Results
  /** Called inside the transaction. */
  readonly ownerChanged?: (device: string, owner: string) => Promise<void>
  /** Sends a changed result to its device if that is connected. */
  readonly announce?: (device: string, epoch: number, result: AttestationResult) => Promise<void>
  /** Called after the commit, to end the device's session and those of the re-enrolments in `denied`. */
  readonly retired: (device: string, denied: readonly string[]) => void
}

export interface Devices {
  /**
   * Refuses the device from now on, until a human approves a re-enrolment. Pending re-enrolments are denied. Retiring it
   * again changes nothing else.
   *
   * @throws `DEVICE_UNKNOWN`.
   */
  retire(id: string, reason: string, actor: string): Promise<void>
  /** Changes labels and appraises the device, which may be in another group now. @throws `DEVICE_UNKNOWN`, `QUOTA_EXCEEDED`. */
  label(id: string, labelling: Labelling, actor: string): Promise<void>
  /** Another owner answers for it from now on. The device is appraised, as by `label`. @throws `DEVICE_UNKNOWN`. */
  setOwner(id: string, change: OwnerChange, actor: string): Promise<void>
}

export function devices({ store, clock, results, retired, announce, ownerChanged }: DevicesComponents): Devices {
  /** A device may be in another group of the policy after a change. */
  const changeAndAppraise = async (id: string, change: () => Promise<Device>) => {
    const { device, outcome } = await store.transaction(async () => ({
      device: await change(),
      outcome: await results.refresh(id),
    }))
    if (outcome?.changed === true) await announce?.(id, device.epoch, outcome.result)
  }
  return {
    async label(id, labelling, actor) {
      await changeAndAppraise(id, () => setLabels(store, { id, labelling, actor, at: clock.now() }))
    },
    async setOwner(id, { owner, reason }, actor) {
      await changeAndAppraise(id, async () => {
        const device = await store.devices.get(id)
        if (device === undefined) throw unknownDevice(id)
        if (device.owner === owner) return device
        await store.devices.putOwner(id, owner)
        await ownerChanged?.(id, owner)
        const details = { from: device.owner, to: owner, ...(reason === undefined ? {} : { reason }) }
        const changed = { before: { owner: device.owner }, after: { owner } }
        await store.audit.add({
          at: clock.now(),
          actor,
          act: 'owner-changed',
          subject: id,
          device: id,
          details,
          ...changed,
        })
        return device
      })
    },
    async retire(id, reason, actor) {
      const denied = await store.transaction(async () => {
        const device = await store.devices.get(id)
        if (device === undefined) throw unknownDevice(id)
        const entry = { at: clock.now(), actor, device: id }
        const pending = await store.reEnrolments.pending(id)
        for (const reEnrolment of pending) {
          await store.reEnrolments.settle(reEnrolment, { state: 'denied', at: entry.at, by: actor })
          const details = { reEnrolment, reason: 'retired' }
          const changed = { before: { state: 'pending' }, after: { state: 'denied' } }
          await store.audit.add({ ...entry, act: 're-enrolment-denied', subject: reEnrolment, details, ...changed })
        }
        if (device.status === 'retired') return pending
        await store.devices.retire(id)
        const changed = { before: { status: device.status }, after: { status: 'retired' } }
        await store.audit.add({ ...entry, act: 'retired', subject: id, details: { reason }, ...changed })
        await results.refresh(id)
        return pending
      })
      retired(id, denied)
    },
  }
}

const MAX_LABELS = 64

/** Inside the caller's transaction. @returns the device as it was. @throws `DEVICE_UNKNOWN`, `INPUT_MALFORMED`, `QUOTA_EXCEEDED`. */
async function setLabels(
  store: { readonly devices: Pick<DeviceStore, 'get' | 'putLabels'>; readonly audit: AuditStore },
  act: { readonly id: string; readonly labelling: Labelling; readonly actor: string; readonly at: number },
): Promise<Device> {
  const { id, labelling, actor, at } = act
  const { set = {}, remove = [] } = labelling
  const device = await store.devices.get(id)
  if (device === undefined) throw unknownDevice(id)
  const twice = remove.find((name) => Object.hasOwn(set, name))
  if (twice !== undefined) throw new SuretyError('INPUT_MALFORMED', `the label ${twice} is both set and removed`)
  const labels = { ...device.labels, ...set }
  for (const name of remove) delete labels[name]
  if (Object.keys(labels).length > MAX_LABELS) {
    throw new SuretyError('QUOTA_EXCEEDED', `a device has at most ${MAX_LABELS} labels: remove some`)
  }
  await store.devices.putLabels(id, labels)
  const details = {
    ...(Object.keys(set).length > 0 ? { set: wordsOf(set) } : {}),
    ...(remove.length > 0 ? { removed: remove.join(', ') } : {}),
  }
  const changed = { before: { labels: device.labels }, after: { labels } }
  await store.audit.add({ at, actor, act: 'labelled', subject: id, device: id, details, ...changed })
  return device
}

function wordsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}
