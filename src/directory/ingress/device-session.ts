import { generateKeyPairSync } from 'node:crypto'
import { toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Hello } from '../../protocol/messages/frames.ts'
import { AuthenticatedDevice, challengeDevice, type Handshake, welcome } from './handshake.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'
import type { StreamInit } from './stream.ts'

/**
 * Authenticates a device that was enrolled before: hello, challenge, attestation, welcome. A peer without the device's key
 * does not learn whether the device exists or what its state is.
 *
 * @returns the start of its stream.
 */
export async function authenticateDevice(
  components: SessionComponents,
  init: SessionInit,
  session: Handshake & { readonly id: string },
): Promise<StreamInit> {
  const { connection, hello, id } = session
  const { reconnects, evidence, keys, registry, orders } = components
  const { applicationKey, refusal } = await identify(components, id, hello)
  const authenticated = new AuthenticatedDevice(keys, { id, epoch: hello.epoch, applicationKey })
  const frame = await challengeDevice(init, session)
  const challenge = session.challenges.use()
  const expected = { device: id, epoch: hello.epoch, key: authenticated.key, challenge }
  const signed = () => {
    reconnects.admit(id)
    reconnects.arrived(id)
  }
  if (refusal !== undefined) {
    registry.attestations.recognise(frame, expected)
    signed()
    throw refusal
  }
  const { device, result } = await registry.attestations.accept(frame, { ...expected, fresh: true, signed })
  await evidence.restoreDetector.checkAcknowledgement(device, hello.receipt)
  const pending = await orders.welcome(device, hello.order)
  connection.authenticated()
  welcome(components, init, { connection, device: { ...device, pending }, challenge })
  return { connection, authenticated, welcomed: pending, result }
}

interface Named {
  /** The key that must sign. SubjectPublicKeyInfo, base64url. */
  readonly applicationKey: string
  /** Why the device is refused although its signature is valid. */
  readonly refusal?: SuretyError
}

/** Stands for the key of an unknown device. Its private half is not kept. */
const NO_KEY = toBase64Url(
  new Uint8Array(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' })),
)

/** Makes the same queries in every case, so that timing reveals nothing. */
async function identify({ registry, enrolment }: SessionComponents, id: string, { epoch }: Hello): Promise<Named> {
  // What waits is read first: once it is approved, the device is of the new epoch.
  const reEnrolment = await enrolment.reEnrolmentAt(id, epoch)
  const pending = await enrolment.pendingDevice(id)
  const device = await registry.standing(id)
  const ofEpoch = await registry.keyAt(id, epoch)
  if (device === undefined) {
    if (pending === undefined || epoch !== 1) return { applicationKey: NO_KEY, refusal: unknownDevice() }
    const refusal = undecided(pending.state === 'refused' ? 'denied' : 'pending')
    return { applicationKey: pending.applicationKey, refusal }
  }
  if (device.epoch === epoch) {
    const { applicationKey } = device
    return device.status === 'retired' ? { applicationKey, refusal: retiredDevice() } : { applicationKey }
  }
  if (reEnrolment?.state === 'pending' || reEnrolment?.state === 'denied') {
    return { applicationKey: reEnrolment.applicationKey, refusal: undecided(reEnrolment.state) }
  }
  const refusal =
    device.status === 'retired'
      ? retiredDevice()
      : new SuretyError('EPOCH_MISMATCH', `the device is in epoch ${device.epoch}`)
  // For an epoch that never existed, the device may still hold the key of its newest epoch.
  return { applicationKey: ofEpoch ?? device.applicationKey, refusal }
}

function unknownDevice(): SuretyError {
  return new SuretyError('DEVICE_UNKNOWN', 'there is no such device')
}

function retiredDevice(): SuretyError {
  return new SuretyError('DEVICE_RETIRED', 'the device was retired')
}

function undecided(state: 'pending' | 'denied'): SuretyError {
  return state === 'pending'
    ? new SuretyError('ENROLMENT_PENDING', 'a person has not decided yet')
    : new SuretyError('ENROLMENT_DENIED', 'a person decided against it')
}
