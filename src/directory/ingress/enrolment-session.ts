import { toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Credential, Hello } from '../../protocol/messages/frames.ts'
import { NO_HEAD, NO_SEQUENCE } from '../devices/device.ts'
import type { LiveChallenge } from '../devices/live-challenge.ts'
import { deviceIdOf, type Enrolled } from '../enrolment/enrol.ts'
import { AuthenticatedDevice, challengeDevice, type Handshake, welcome } from './handshake.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'
import type { Waiting } from './sessions.ts'
import type { Connection } from './sockets/connection.ts'
import type { StreamInit } from './stream.ts'

/** Enrols a device: hello with a token, challenge, attestation, welcome. A TPM also activates a credential before the welcome. */
export async function enrolDevice(
  components: SessionComponents,
  init: SessionInit,
  session: Handshake & { readonly token: NonNullable<Hello['token']> },
): Promise<StreamInit | undefined> {
  const { connection } = session
  const { reconnects, enrolment, keys, orders, registry } = components
  const token = await enrolment.admit(session.token)
  const frame = await challengeDevice(init, session)
  const challenge = session.challenges.use()
  const ceremony = enrolment.ceremony({ token, challenge })
  const enrolled = await prove(components, session, { frame, challenge, token, ceremony }).catch(
    async (error: unknown) => {
      await enrolment.refused(token.id, error, ceremony.label)
      throw error
    },
  )
  const id = deviceIdOf(enrolled)
  // A device may enrol repeatedly with one token, so this is limited too.
  reconnects.admit(id)
  reconnects.arrived(id)
  connection.authenticated()
  if (enrolled.status !== 'accepted') {
    welcome(components, init, { connection, device: waitingDevice(enrolled), challenge })
    return await waitForHuman(components, connection, enrolled)
  }
  const { device } = enrolled
  const pending = await orders.welcome(device, device.lastOrder)
  welcome(components, init, { connection, device: { ...device, pending }, challenge })
  const authenticated = new AuthenticatedDevice(keys, device)
  return { connection, authenticated, welcomed: pending, result: await registry.result(device.id) }
}

async function prove(
  { authority, enrolment }: SessionComponents,
  { connection }: Handshake,
  init: {
    frame: string
    challenge: LiveChallenge
    token: Awaited<ReturnType<SessionComponents['enrolment']['admit']>>
    ceremony: ReturnType<SessionComponents['enrolment']['ceremony']>
  },
) {
  const { challenge, token, ceremony } = init
  const credential = ceremony.attest(init.frame)
  if (credential !== undefined) {
    const frame: Credential = {
      type: 'credential',
      nonce: toBase64Url(challenge.nonce),
      credentialBlob: toBase64Url(credential.credentialBlob),
      encryptedSecret: toBase64Url(credential.encryptedSecret),
    }
    connection.send(authority.signAcknowledgement('credential', frame))
    ceremony.activate(await connection.next())
  }
  return enrolment.enrol(ceremony.proven(), token.id)
}

function waitingDevice(enrolled: Exclude<Enrolled, { status: 'accepted' }>) {
  const nothing = { sequence: NO_SEQUENCE, head: NO_HEAD, pending: { order: 0, orders: [], more: [] } }
  if (enrolled.status === 'new') {
    const { id, tier } = enrolled.pendingDevice
    return { id, epoch: 1, tier, waits: {}, ...nothing }
  }
  const { device, epoch, tier, id: reEnrolment } = enrolled.reEnrolment
  return { id: device, epoch, tier, waits: { reEnrolment }, ...nothing }
}

/** Keeps the connection open so that the device learns the decision at once. It then reconnects with its own id. */
async function waitForHuman(
  { reconnects, sessions, enrolment }: SessionComponents,
  connection: Connection,
  enrolled: Exclude<Enrolled, { status: 'accepted' }>,
): Promise<never> {
  const device = deviceIdOf(enrolled)
  const decision = enrolled.status === 'known' ? enrolled.reEnrolment.id : device
  const waiting: Waiting = {
    decided: () => connection.close(1000, 'decided'),
    end: (error) => connection.refuse(error),
  }
  sessions.wait(decision, waiting)
  try {
    const now =
      enrolled.status === 'known'
        ? await enrolment.reEnrolmentAt(device, enrolled.reEnrolment.epoch)
        : await enrolment.pendingDevice(device)
    // It was decided before it waited.
    if (now?.state !== 'pending') waiting.decided()
    await connection.next()
    throw new SuretyError('ENROLMENT_PENDING', 'a person has not decided yet')
  } finally {
    sessions.stopWaiting(decision, waiting)
    if (connection.flooded) reconnects.flooded(device)
  }
}
