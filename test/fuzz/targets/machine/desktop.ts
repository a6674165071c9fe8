import type { ErrorCode } from '../../../../src/base/errors.ts'
import {
  decodeMessage,
  encodeMessage,
  type Message,
  messageLength,
} from '../../../../src/system/desktop/dbus-messages.ts'
import { marshal, variant } from '../../../../src/system/desktop/dbus-values.ts'
import { promise, refusing, type Target } from '../../target.ts'

const REFUSED: readonly ErrorCode[] = ['INPUT_MALFORMED', 'INPUT_TOO_LARGE']

const CALL: Message = {
  type: 'call',
  serial: 7,
  path: '/MenuBar',
  interface: 'com.canonical.dbusmenu',
  member: 'Event',
  destination: ':1.2',
  sender: ':1.1',
  signature: 'isvu',
  body: [3, 'clicked', variant('i', 0), 9],
}

/** What other programs of the session send to the tray. */
const messageTarget: Target = {
  name: 'dbus-message',
  kind: 'bytes',
  seeds: () => [
    encodeMessage(CALL),
    encodeMessage({ type: 'return', serial: 1, replyTo: 7, signature: 'a{sv}', body: [[['k', variant('as', ['v'])]]] }),
    encodeMessage({
      type: 'signal',
      serial: 2,
      path: '/',
      interface: 'a.b',
      member: 'C',
      signature: 'ayd(xt)',
      body: [new Uint8Array(3), 1, [1n, 2n]],
    }),
    encodeMessage({ type: 'error', serial: 3, replyTo: 7, errorName: 'a.Error', body: [] }),
  ],
  async run(input) {
    const length = await refusing(REFUSED, async () => messageLength(input))
    promise(length === undefined || length >= 16, 'a message has a head')
    const message = await refusing(REFUSED, async () => decodeMessage(input))
    if (message === undefined) return
    // What was read can be written.
    marshal(message.signature ?? '', message.body)
  },
}

export const desktopTargets: readonly Target[] = [messageTarget]
