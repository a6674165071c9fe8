import { toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { ActivityStore } from '../activity/activity.ts'
import { type Device, type DeviceKeys, type Endorsement, NO_HEAD, NO_SEQUENCE } from '../devices/device.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { Results } from '../devices/results.ts'
import type { ReEnrolment, ReEnrolmentStore } from '../re-enrolments/re-enrolment-store.ts'
import type { ProvenDevice } from './ceremony.ts'
import type { PreregistrationStore } from './preregistration-store.ts'
import { preregistrationOf } from './preregistrations.ts'
import type { Token, TokenStore } from './token-store.ts'
import { requireUsable } from './tokens.ts'

interface EnrolmentStore {
  readonly tokens: Pick<TokenStore, 'get' | 'use' | 'mayBeRetried'>
  readonly devices: Pick<DeviceStore, 'put' | 'withKey' | 'withEndorsement' | 'withMachineId'>
  readonly reEnrolments: Pick<ReEnrolmentStore, 'put' | 'withKey' | 'highestEpoch'>
  readonly preregistrations: Pick<PreregistrationStore, 'find' | 'use'>
  readonly activity: ActivityStore
  transaction<T>(work: () => T): T
}

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
 * Stores a proven device, or a pending re-enrolment, and counts a use of the token, in one transaction. The same keys with the
 * same token get the same answer again.
 *
 * @throws `TOKEN_*`: the token may have been used or revoked since the hello, or takes only preregistered devices.
 * `ENROLMENT_DENIED`.
 */
export function enrol(components: EnrolComponents, proven: ProvenDevice, tokenId: string): Enrolled {
  const { store, clock } = components
  return store.transaction(() => {
    const token = store.tokens.get(tokenId)
    if (token === undefined) throw new SuretyError('TOKEN_UNKNOWN', 'there is no such token')
    requireUsable(store.tokens, token, clock.now())
    const keys = keysOf(proven)
    const before = enrolledBefore(store, token, keys)
    if (before !== undefined) return before
    if (clock.now() >= token.expiresAt) throw new SuretyError('TOKEN_EXPIRED', 'the token has expired')
    if (!store.tokens.use(token.id)) throw new SuretyError('TOKEN_USED', 'the token was used')
    const known = knownDevice(store, keys)
    const found = token.preregistered === true ? preregistrationOf(store.preregistrations, keys, known?.id) : undefined
    const admitted = { token, keys, owner: found?.owner ?? ownerOf(token) }
    const enrolled = known === undefined ? accept(components, admitted) : askHuman(components, admitted, known)
    const device = enrolled.status === 'accepted' ? enrolled.device.id : enrolled.reEnrolment.device
    if (found !== undefined) store.preregistrations.use(found.id, device, clock.now())
    return enrolled
  })
}

/** What a new device or re-enrolment is made of. */
interface Admitted {
  readonly token: Token
  readonly keys: DeviceKeys
  readonly owner: string
}

/** A token without an owner takes only preregistered devices, whose preregistrations have owners. */
function ownerOf({ id, owner }: Token): string {
  if (owner === undefined) throw new SuretyError('STORE_CORRUPT', `the token ${id} has no owner`)
  return owner
}

function enrolledBefore(store: EnrolmentStore, token: Token, keys: DeviceKeys): Enrolled | undefined {
  const device = store.devices.withKey(keys.applicationKey)
  if (device !== undefined && mayRetry(device, token, keys)) return { status: 'accepted', device }
  const reEnrolment = store.reEnrolments.withKey(token.id, keys.applicationKey)
  if (reEnrolment === undefined || !haveSameKeys(reEnrolment, keys)) return undefined
  if (reEnrolment.state === 'denied') throw new SuretyError('ENROLMENT_DENIED', 'an administrator denied the enrolment')
  return reEnrolment.state === 'pending' ? { status: 'pending', reEnrolment } : undefined
}

/** The welcome may have been lost only if the same keys ask and the device never attested or reported under its own id. */
function mayRetry(device: Device, token: Token, keys: DeviceKeys): boolean {
  const isUnconfirmed = device.status === 'active' && device.confirmedAt === undefined
  return isUnconfirmed && device.token === token.id && haveSameKeys(device, keys)
}

/** Compares all keys: a stolen application key may be presented with another TPM. */
function haveSameKeys(one: DeviceKeys, other: DeviceKeys): boolean {
  return (
    one.applicationKey === other.applicationKey &&
    one.attestationPublic === other.attestationPublic &&
    one.endorsement?.publicHash === other.endorsement?.publicHash
  )
}

/**
 * Finds the device that has this key or TPM, in any epoch: each belongs to one device for ever.
 *
 * @throws `ENROLMENT_DENIED` if the key belongs to one device and the TPM to another.
 */
function knownDevice(store: EnrolmentStore, keys: DeviceKeys): Device | undefined {
  const byKey = store.devices.withKey(keys.applicationKey)
  const byEndorsement = keys.endorsement && store.devices.withEndorsement(keys.endorsement.publicHash)
  if (byKey !== undefined && byEndorsement !== undefined && byKey.id !== byEndorsement.id) {
    throw new SuretyError('ENROLMENT_DENIED', 'the application key belongs to another device')
  }
  return byEndorsement ?? byKey
}

function accept({ store, clock, random, results }: EnrolComponents, { token, keys, owner }: Admitted): Enrolled {
  const now = clock.now()
  const { machineId } = keys.label
  const sameMachine = machineId === undefined ? [] : store.devices.withMachineId(machineId)
  const notes =
    sameMachine.length === 0 ? [] : [`other devices report this machine id: ${sameMachine.slice(0, 4).join(', ')}`]
  const device: Device = {
    ...keys,
    notes: [...keys.notes, ...notes],
    id: newId('dev', random),
    epoch: 1,
    status: 'active',
    owner,
    token: token.id,
    enrolledAt: now,
    attestedAt: now,
    sequence: NO_SEQUENCE,
    head: NO_HEAD,
    lastOrder: 0,
  }
  store.devices.put(device)
  const detail = { tier: device.tier, owner: device.owner, token: token.id, notes: device.notes.join('; ') }
  store.activity.add({ at: now, kind: 'enrolled', device: device.id, detail })
  results.refresh(device.id)
  return { status: 'accepted', device }
}

function askHuman(
  { store, clock, random }: EnrolComponents,
  { token, keys, owner }: Admitted,
  known: Device,
): Enrolled {
  const reEnrolment: ReEnrolment = {
    ...keys,
    id: newId('ren', random),
    device: known.id,
    epoch: store.reEnrolments.highestEpoch(known.id) + 1,
    state: 'pending',
    owner,
    token: token.id,
    createdAt: clock.now(),
  }
  store.reEnrolments.put(reEnrolment)
  const detail = { reEnrolment: reEnrolment.id, epoch: reEnrolment.epoch, tier: reEnrolment.tier, token: token.id }
  store.activity.add({ at: reEnrolment.createdAt, kind: 're-enrolment-pending', device: known.id, detail })
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
