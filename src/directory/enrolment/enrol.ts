import { toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import { type Device, type DeviceKeys, type Endorsement, NO_HEAD, NO_SEQUENCE } from '../devices/device.ts'
import type { Results } from '../devices/results.ts'
import type { ReEnrolment } from '../re-enrolments/re-enrolment.ts'
import type { ProvenDevice } from './ceremony.ts'
import type { EnrolmentStore } from './enrolment-store.ts'
import type { Token } from './token.ts'
import { requireUsable } from './tokens.ts'

export interface EnrolComponents {
  readonly store: EnrolmentStore
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly results: Results
}

export type Enrolled =
  | { readonly status: 'accepted'; readonly device: Device }
  /** The key or TPM is known: a human decides. */
  | { readonly status: 'pending'; readonly reEnrolment: ReEnrolment }

/**
 * Turns what was proven into a device or a pending re-enrolment, and uses the token up, in one transaction. The same keys
 * with the same token again get what they got before.
 *
 * @throws `TOKEN_*`: the token may have been used or revoked since the hello. `ENROLMENT_DENIED`.
 */
export function enrol(components: EnrolComponents, proven: ProvenDevice, tokenId: string): Enrolled {
  const { store } = components
  return store.transaction(() => {
    const token = store.token(tokenId)
    if (token === undefined) throw new SuretyError('TOKEN_UNKNOWN', 'there is no such token')
    requireUsable(store, token, components.clock.now())
    const keys = keysOf(proven)
    const before = enrolledBefore(store, token, keys)
    if (before !== undefined) return before
    if (components.clock.now() >= token.expiresAt) throw new SuretyError('TOKEN_EXPIRED', 'the token has expired')
    if (!store.useToken(token.id)) throw new SuretyError('TOKEN_USED', 'the token was used')
    const known = knownDevice(store, keys)
    return known === undefined ? accept(components, token, keys) : wait(components, token, keys, known)
  })
}

function enrolledBefore(store: EnrolmentStore, token: Token, keys: DeviceKeys): Enrolled | undefined {
  const device = store.deviceByKey(keys.applicationKey)
  if (device !== undefined && isItsEnrolment(device, token, keys)) return { status: 'accepted', device }
  const reEnrolment = store.reEnrolmentByKey(token.id, keys.applicationKey)
  if (reEnrolment === undefined || !haveSameKeys(reEnrolment, keys)) return undefined
  if (reEnrolment.state === 'denied') throw new SuretyError('ENROLMENT_DENIED', 'a human decided against it')
  return reEnrolment.state === 'pending' ? { status: 'pending', reEnrolment } : undefined
}

/** Only the welcome of these very keys may have been lost, and only while the device has not spoken under its own id. */
function isItsEnrolment(device: Device, token: Token, keys: DeviceKeys): boolean {
  const unspoken = device.status === 'active' && device.confirmedAt === undefined
  return unspoken && device.token === token.id && haveSameKeys(device, keys)
}

/** Whoever has the application key alone may have it in another TPM. */
function haveSameKeys(one: DeviceKeys, other: DeviceKeys): boolean {
  return (
    one.applicationKey === other.applicationKey &&
    one.attestationPublic === other.attestationPublic &&
    one.endorsement?.publicHash === other.endorsement?.publicHash
  )
}

/**
 * One TPM is one device, for ever, and so is one key.
 *
 * @throws `ENROLMENT_DENIED` for a key that is another device's.
 */
function knownDevice(store: EnrolmentStore, keys: DeviceKeys): Device | undefined {
  const byKey = store.deviceByKey(keys.applicationKey)
  const byEndorsement = keys.endorsement && store.deviceByEndorsement(keys.endorsement.publicHash)
  if (byKey !== undefined && byEndorsement !== undefined && byKey.id !== byEndorsement.id) {
    throw new SuretyError('ENROLMENT_DENIED', 'the application key is that of another device')
  }
  return byEndorsement ?? byKey
}

function accept({ store, clock, random, results }: EnrolComponents, token: Token, keys: DeviceKeys): Enrolled {
  const now = clock.now()
  const namesakes = keys.label.machineId === undefined ? [] : store.devicesByMachineId(keys.label.machineId)
  const notes = namesakes.length === 0 ? [] : [`the machine id is also that of ${namesakes.slice(0, 4).join(', ')}`]
  const device: Device = {
    ...keys,
    notes: [...keys.notes, ...notes],
    id: newId('dev', random),
    epoch: 1,
    status: 'active',
    owner: token.owner,
    token: token.id,
    enrolledAt: now,
    attestedAt: now,
    sequence: NO_SEQUENCE,
    head: NO_HEAD,
    lastOrder: 0,
  }
  store.putDevice(device)
  const detail = { tier: device.tier, owner: device.owner, token: token.id, notes: device.notes.join('; ') }
  store.record({ at: now, kind: 'enrolled', device: device.id, detail })
  results.refresh(device.id)
  return { status: 'accepted', device }
}

function wait({ store, clock, random }: EnrolComponents, token: Token, keys: DeviceKeys, known: Device): Enrolled {
  const reEnrolment: ReEnrolment = {
    ...keys,
    id: newId('ren', random),
    device: known.id,
    epoch: store.highestEpoch(known.id) + 1,
    state: 'pending',
    owner: token.owner,
    token: token.id,
    createdAt: clock.now(),
  }
  store.putReEnrolment(reEnrolment)
  const detail = { reEnrolment: reEnrolment.id, epoch: reEnrolment.epoch, tier: reEnrolment.tier, token: token.id }
  store.record({ at: reEnrolment.createdAt, kind: 're-enrolment-pending', device: known.id, detail })
  return { status: 'pending', reEnrolment }
}

function keysOf({ appraisal, label }: ProvenDevice): DeviceKeys {
  const { tier, endorsement, counters, pcrs, notes } = appraisal
  return {
    tier,
    applicationKey: toBase64Url(appraisal.applicationKey),
    endorsement: endorsement && endorsementOf(endorsement),
    attestationPublic: endorsement && toBase64Url(endorsement.attestationPublic),
    counters,
    pcrs,
    label,
    notes,
  }
}

function endorsementOf(appraised: NonNullable<ProvenDevice['appraisal']['endorsement']>): Endorsement {
  const { publicHash, maker, model, firmware, certificateHash } = appraised
  return {
    publicHash: toBase64Url(publicHash),
    maker,
    model,
    firmware,
    certificateHash: certificateHash && toBase64Url(certificateHash),
  }
}
