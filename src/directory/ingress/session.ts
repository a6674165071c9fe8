import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { type Hello, helloReader } from '../../protocol/messages/frames.ts'
import { PROTOCOL_VERSION } from '../../protocol/messages/version.ts'
import { challenges } from './challenges.ts'
import { authenticateDevice } from './device-session.ts'
import { enrolDevice } from './enrolment-session.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'
import type { Connection } from './sockets/connection.ts'
import { DeviceStream } from './stream.ts'

/** Speaks `surety.v1` with devices. */
export interface Reception {
  /**
   * Runs the handshake. It is a call of its own because a suspended async function keeps everything that it ever held.
   *
   * @returns the stream. Undefined if a human has to decide first. @throws why the device is refused.
   */
  meet(connection: Connection): Promise<Stream | undefined>
  /** Refuses and closes the connection. @param device the device, if its key was proven. */
  failed(connection: Connection, error: unknown, device: string | undefined): void
}

export type Stream = Pick<DeviceStream, 'device' | 'enter' | 'run' | 'leave'>

export function reception(components: SessionComponents, init: SessionInit): Reception {
  const { reconnects, log } = components
  return {
    meet: (connection) => shakeHands(components, init, connection),
    failed(connection, error, device) {
      if (connection.flooded && device !== undefined) reconnects.flooded(device)
      if (connection.signal.aborted) return
      const code = codeOf(error)
      if (code === undefined) log.error('a session failed', { error: describeError(error) })
      else log.debug('a device was refused', { address: connection.address, code })
      connection.refuse(error)
    },
  }
}

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
