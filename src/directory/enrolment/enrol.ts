import { toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { ActivityStore } from '../activity/activity.ts'
import type { Device, DeviceKeys, Endorsement } from '../devices/device.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { Results } from '../devices/results.ts'
import type { ReEnrolment, ReEnrolmentStore } from '../re-enrolments/re-enrolment-store.ts'
import type { ProvenDevice } from './ceremony.ts'
import { putNewDevice } from './new-device.ts'
import type { PendingDevice, PendingDeviceStore } from './pending-device-store.ts'
import type { PreregistrationStore } from './preregistration-store.ts'
import { preregistrationOf } from './preregistrations.ts'
import { claimOf, recordClaims, spend } from './token-claims.ts'
import type { Token, TokenStore } from './token-store.ts'
import { requireUsable } from './tokens.ts'
import { type PendingSetting, type Waits, whyPending } from './why-pending.ts'

interface EnrolmentStore {
  readonly tokens: Pick<TokenStore, 'get' | 'use' | 'mayBeRetried' | 'claimed' | 'claim'>
  readonly devices: Pick<DeviceStore, 'put' | 'withKey' | 'withEndorsement' | 'withMachineId'>
  readonly reEnrolments: Pick<ReEnrolmentStore, 'put' | 'withKey' | 'highestEpoch'>
  readonly pendingDevices: Pick<PendingDeviceStore, 'put' | 'withKey' | 'wasRefused'>
  readonly preregistrations: Pick<PreregistrationStore, 'find' | 'use'>
  readonly activity: ActivityStore
  transaction<T>(work: () => Promise<T>): Promise<T>
}

export interface EnrolComponents {
  readonly store: EnrolmentStore
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly results: Results
}

export interface EnrolInit {
  /** Which new devices wait for a human whatever their token says. */
  readonly pending: PendingSetting
}

export type Enrolled =
  | { readonly status: 'accepted'; readonly device: Device }
  /** The key or TPM is known: a human decides. */
  | { readonly status: 'known'; readonly reEnrolment: ReEnrolment }
  /** A new device that a human has to accept. */
  | { readonly status: 'new'; readonly pendingDevice: PendingDevice }

/**
 * Stores a proven device, a pending one or a pending re-enrolment, and counts a use of the token, in one transaction. The same keys
 * with the same token get the same answer again.
 *
 * @throws `TOKEN_*`: the token may have been used or revoked since the hello, or takes only preregistered devices.
 * `ENROLMENT_DENIED`.
 */
export async function enrol(
  components: EnrolComponents,
  { pending }: EnrolInit,
  proven: ProvenDevice,
  tokenId: string,
): Promise<Enrolled> {
  const { store, clock } = components
  return store.transaction(async () => {
    const token = await store.tokens.get(tokenId)
    if (token === undefined) throw new SuretyError('TOKEN_UNKNOWN', 'there is no such token')
    await requireUsable(store.tokens, token, clock.now())
    const keys = keysOf(proven)
    const before = await enrolledBefore(store, token, keys)
    if (before !== undefined) return before
    if (clock.now() >= token.expiresAt) throw new SuretyError('TOKEN_EXPIRED', 'the token has expired')
    const earlier = await spend(store.tokens, token, claimOf(token, keys))
    const known = await knownDevice(store, keys)
    const listed = await listedAs(store, token, keys, known)
    const preregistration = listed !== undefined && 'found' in listed ? listed.found : undefined
    const admitted = { token, keys, owner: preregistration?.owner ?? ownerOf(token) }
    const candidate = { token, keys, earlier, listed }
    const waits = known === undefined ? await whyPending(store, pending, candidate) : undefined
    const enrolled =
      known !== undefined
        ? await askHuman(components, admitted, known)
        : waits === undefined
          ? await accept(components, admitted)
          : await letWait(components, admitted, waits)
    const device = deviceIdOf(enrolled)
    if (preregistration !== undefined) await store.preregistrations.use(preregistration.id, device, clock.now())
    await recordClaims(store.tokens, token, keys, device)
    return enrolled
  })
}

export function deviceIdOf(enrolled: Enrolled): string {
  if (enrolled.status === 'accepted') return enrolled.device.id
  return enrolled.status === 'known' ? enrolled.reEnrolment.device : enrolled.pendingDevice.id
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

/**
 * The preregistration of the device, if its token asks for one.
 *
 * @throws `TOKEN_SERIAL_MISMATCH` if the token takes only preregistered devices and it is none.
 */
async function listedAs(
  store: EnrolmentStore,
  token: Token,
  keys: DeviceKeys,
  known: Device | undefined,
): Promise<Awaited<ReturnType<typeof preregistrationOf>> | undefined> {
  if (token.preregistered !== true && token.pending !== 'unlisted') return undefined
  const listed = await preregistrationOf(store.preregistrations, keys, known?.id)
  if ('found' in listed || token.preregistered !== true) return listed
  const why = listed.usedBy === undefined ? 'this one is none' : 'another device enrolled as this one'
  throw new SuretyError('TOKEN_SERIAL_MISMATCH', `the token is for preregistered devices, and ${why}`)
}

async function enrolledBefore(store: EnrolmentStore, token: Token, keys: DeviceKeys): Promise<Enrolled | undefined> {
  const device = await store.devices.withKey(keys.applicationKey)
  if (device !== undefined && mayRetry(device, token, keys)) return { status: 'accepted', device }
  const pendingDevice = await store.pendingDevices.withKey(token.id, keys.applicationKey)
  if (pendingDevice !== undefined && device === undefined && haveSameKeys(pendingDevice, keys)) {
    if (pendingDevice.state === 'refused')
      throw new SuretyError('ENROLMENT_DENIED', 'an administrator refused the device')
    return { status: 'new', pendingDevice }
  }
  const reEnrolment = await store.reEnrolments.withKey(token.id, keys.applicationKey)
  if (reEnrolment === undefined || !haveSameKeys(reEnrolment, keys)) return undefined
  if (reEnrolment.state === 'denied') throw new SuretyError('ENROLMENT_DENIED', 'an administrator denied the enrolment')
  return reEnrolment.state === 'pending' ? { status: 'known', reEnrolment } : undefined
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
async function knownDevice(store: EnrolmentStore, keys: DeviceKeys): Promise<Device | undefined> {
  const byKey = await store.devices.withKey(keys.applicationKey)
  const byEndorsement = keys.endorsement && (await store.devices.withEndorsement(keys.endorsement.publicHash))
  if (byKey !== undefined && byEndorsement !== undefined && byKey.id !== byEndorsement.id) {
    throw new SuretyError('ENROLMENT_DENIED', 'the application key belongs to another device')
  }
  return byEndorsement ?? byKey
}

async function accept(components: EnrolComponents, { token, keys, owner }: Admitted): Promise<Enrolled> {
  const now = components.clock.now()
  const id = newId('dev', components.random)
  return {
    status: 'accepted',
    device: await putNewDevice(components, { id, keys, owner, token: token.id, attestedAt: now, now }),
  }
}

async function letWait(
  { store, clock, random }: EnrolComponents,
  { token, keys, owner }: Admitted,
  { why, notes }: Waits,
): Promise<Enrolled> {
  const pendingDevice: PendingDevice = {
    ...keys,
    id: newId('dev', random),
    state: 'pending',
    owner,
    token: token.id,
    why,
    createdAt: clock.now(),
    notes: [...keys.notes, ...notes],
  }
  await store.pendingDevices.put(pendingDevice)
  const { id, tier, createdAt: at } = pendingDevice
  const said = { host: keys.label.hostname, ...member('serial', keys.label.serial) }
  await store.activity.add({
    at,
    kind: 'enrolment-pending',
    device: id,
    detail: { why, tier, owner, token: token.id, ...said },
  })
  return { status: 'new', pendingDevice }
}

async function askHuman(
  { store, clock, random }: EnrolComponents,
  { token, keys, owner }: Admitted,
  known: Device,
): Promise<Enrolled> {
  const reEnrolment: ReEnrolment = {
    ...keys,
    id: newId('ren', random),
    device: known.id,
    epoch: (await store.reEnrolments.highestEpoch(known.id)) + 1,
    state: 'pending',
    owner,
    token: token.id,
    createdAt: clock.now(),
  }
  await store.reEnrolments.put(reEnrolment)
  const detail = { reEnrolment: reEnrolment.id, epoch: reEnrolment.epoch, tier: reEnrolment.tier, token: token.id }
  await store.activity.add({ at: reEnrolment.createdAt, kind: 're-enrolment-pending', device: known.id, detail })
  return { status: 'known', reEnrolment }
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
