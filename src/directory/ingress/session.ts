import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { type Hello, helloReader } from '../../protocol/frames.ts'
import { PROTOCOL_VERSION } from '../../protocol/version.ts'
import { challenges } from './challenges.ts'
import type { Connection } from './connection.ts'
import { authenticateDevice } from './device-session.ts'
import { enrolDevice } from './enrolment-session.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'
import { DeviceStream } from './stream.ts'

/** Speaks `surety.v1` with one device until its connection ends; whatever goes wrong is told to it and ends it. */
export async function runSession(
  components: SessionComponents,
  init: SessionInit,
  connection: Connection,
): Promise<void> {
  const { log } = components
  try {
    // Nothing of the handshake is kept while the device is connected: a function that waits keeps all it ever held.
    const stream = await shakeHands(components, init, connection)
    if (stream !== undefined) await stream.run()
  } catch (error) {
    if (connection.signal.aborted) return
    const code = codeOf(error)
    if (code === undefined) log.error('a session failed', { error: describeError(error) })
    else log.debug('a device was refused', { address: connection.address, code })
    connection.refuse(error)
  }
}

/** @returns nothing when a human has to decide first. */
async function shakeHands(
  components: SessionComponents,
  init: SessionInit,
  connection: Connection,
): Promise<DeviceStream | undefined> {
  const hello = readHello(await connection.next())
  const session = { connection, hello, challenges: challenges(components, init, connection) }
  const own =
    hello.token !== undefined
      ? await enrolDevice(components, init, { ...session, token: hello.token })
      : hello.device !== undefined
        ? await authenticateDevice(components, init, { ...session, id: hello.device })
        : undefined
  return own === undefined ? undefined : new DeviceStream(components, init, own)
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
