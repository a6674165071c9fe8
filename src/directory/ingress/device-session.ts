import { SuretyError } from '../../base/errors.ts'
import type { Hello } from '../../protocol/frames.ts'
import type { Standing } from '../registry/device.ts'
import { AuthenticatedDevice, challengeDevice, type Handshake, welcomeFrame } from './handshake.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'
import type { StreamInit } from './stream.ts'

/** A device that was enrolled before: hello, challenge, attestation, welcome. @returns what its stream begins with. */
export async function authenticateDevice(
  components: SessionComponents,
  init: SessionInit,
  session: Handshake & { readonly id: string },
): Promise<StreamInit> {
  const { connection, hello, id } = session
  const { arrivals, evidence, keys, registry, orders } = components
  const known = expectedDevice(components, id, hello)
  arrivals.admit(id)
  const authenticated = new AuthenticatedDevice(keys, known)
  const frame = await challengeDevice(init, session)
  const challenge = session.challenges.use()
  const { device, result } = await registry.attestations.accept(frame, {
    ...{ device: id, epoch: known.epoch, key: authenticated.key },
    ...{ challenge, fresh: true, signed: () => arrivals.arrived(id) },
  })
  evidence.forgotten.shown(device, hello.receipt)
  const lastOrder = orders.raise(device, hello.order)
  connection.authenticated()
  const welcomed = { ...device, lastOrder, orders: orders.pending(device) }
  connection.send(welcomeFrame(components, init, { device: welcomed, challenge }))
  return { connection, authenticated, result }
}

/** @throws `DEVICE_UNKNOWN`, `DEVICE_RETIRED`, `ENROLMENT_PENDING`, `ENROLMENT_DENIED`, `EPOCH_MISMATCH`. */
function expectedDevice({ registry, enrolment }: SessionComponents, id: string, hello: Hello): Standing {
  const device = registry.standing(id)
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
