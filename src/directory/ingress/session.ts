import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { type Hello, helloReader } from '../../protocol/frames.ts'
import { PROTOCOL_VERSION } from '../../protocol/version.ts'
import { challenges } from './challenges.ts'
import type { Connection } from './connection.ts'
import { deadline } from './deadline.ts'
import { authenticateDevice } from './device-session.ts'
import { enrolDevice } from './enrolment-session.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'

/** Speaks `surety.v1` with one device until its connection ends; whatever goes wrong is told to it and ends it. */
export async function runSession(
  components: SessionComponents,
  init: SessionInit,
  connection: Connection,
): Promise<void> {
  const { clock, log } = components
  const handshake = deadline(clock, connection, init.handshakeTimeoutMs)
  try {
    const hello = readHello(await connection.next())
    const session = { connection, hello, challenges: challenges(components, init, connection), handshake }
    if (hello.token !== undefined) await enrolDevice(components, init, { ...session, token: hello.token })
    else if (hello.device !== undefined) await authenticateDevice(components, init, { ...session, id: hello.device })
  } catch (error) {
    if (connection.signal.aborted) return
    const code = codeOf(error)
    if (code === undefined) log.error('a session failed', { error: describeError(error) })
    else log.debug('a device was refused', { address: connection.address, code })
    connection.refuse(error)
  } finally {
    handshake.clear()
  }
}

/** @throws `PROTOCOL_UNSUPPORTED`, `FRAME_MALFORMED`, `INPUT_*`. */
function readHello(frame: string): Hello {
  const hello = helloReader.readCanonicalJson(frame)
  if (hello.protocol !== PROTOCOL_VERSION) {
    throw new SuretyError('PROTOCOL_UNSUPPORTED', `this directory speaks protocol ${PROTOCOL_VERSION}`)
  }
  if ((hello.token === undefined) === (hello.device === undefined)) {
    throw new SuretyError('FRAME_MALFORMED', 'a hello names either a token or a device')
  }
  return hello
}
