import { fromBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { importP256 } from '../../crypto/jws.ts'
import type { Hello } from '../../protocol/frames.ts'
import type { Device } from '../registry/device.ts'
import { challengeDevice, type Handshake, welcomeFrame } from './handshake.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'
import { stream } from './stream.ts'

/** A device that was enrolled before: hello, challenge, attestation, welcome, then the stream. */
export async function authenticateDevice(
  components: SessionComponents,
  init: SessionInit,
  session: Handshake & { readonly id: string },
): Promise<void> {
  const { connection, hello, id } = session
  const { evidence, registry, orders } = components
  const known = expectedDevice(components, id, hello)
  const key = importP256(fromBase64Url(known.applicationKey) ?? new Uint8Array())
  const frame = await challengeDevice(init, session)
  const challenge = session.challenges.use()
  const { device, result } = registry.attestations.accept(frame, { device: id, key, challenge, fresh: true })
  evidence.forgotten.shown(device, hello.receipt)
  const lastOrder = orders.raise(device, hello.order)
  session.handshake.clear()
  connection.authenticated()
  const welcomed = { ...device, lastOrder, orders: orders.pending(device) }
  connection.send(welcomeFrame(components, init, { device: welcomed, challenge }))
  await stream(components, init, { ...session, authenticated: { device: id, epoch: device.epoch, key }, result })
}

/** @throws `DEVICE_UNKNOWN`, `DEVICE_RETIRED`, `ENROLMENT_PENDING`, `ENROLMENT_DENIED`, `EPOCH_MISMATCH`. */
function expectedDevice({ registry, enrolment }: SessionComponents, id: string, hello: Hello): Device {
  const device = registry.device(id)
  if (device === undefined) throw new SuretyError('DEVICE_UNKNOWN', 'there is no such device')
  if (device.epoch !== hello.epoch) {
    const decision = enrolment.decisionAt(id, hello.epoch)
    if (decision?.state === 'pending') throw new SuretyError('ENROLMENT_PENDING', 'a human has not decided yet')
    if (decision?.state === 'denied') throw new SuretyError('ENROLMENT_DENIED', 'a human decided against it')
  }
  if (device.status === 'retired') throw new SuretyError('DEVICE_RETIRED', 'the device was retired')
  if (device.epoch !== hello.epoch) throw new SuretyError('EPOCH_MISMATCH', `the device is in epoch ${device.epoch}`)
  return device
}
