import { toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Challenge } from '../../protocol/messages/frames.ts'
import { TLS_EXPORTER_LABEL } from '../../protocol/messages/version.ts'
import type { LiveChallenge } from '../devices/live-challenge.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'
import type { Connection } from './sockets/connection.ts'

/** The challenges of one connection: one at a time, each valid for one attestation and a short time. */
export interface Challenges {
  /** Replaces the open challenge. @returns the frame to send. */
  issue(): string
  /** Consumes the open challenge, even if the attestation fails. @throws `NONCE_UNKNOWN`. */
  use(): LiveChallenge
}

type Components = Pick<SessionComponents, 'authority' | 'clock' | 'random'>

export function challenges(
  { authority, clock, random }: Components,
  init: SessionInit,
  connection: Connection,
): Challenges {
  let open: { readonly live: LiveChallenge; readonly until: number } | undefined
  return {
    issue() {
      const nonce = random(32)
      const bound = init.channelBinding === 'required'
      const exporter = bound ? connection.exporter(TLS_EXPORTER_LABEL) : new Uint8Array(32)
      const live = { nonce, exporter, caPin: authority.caPin, pcrs: init.pcrs }
      open = { live, until: clock.monotonic() + init.nonceLifetimeMs }
      const { orders, acknowledgements } = authority.delegations()
      const challenge: Challenge = {
        type: 'challenge',
        nonce: toBase64Url(nonce),
        time: clock.now(),
        expiresInMs: init.nonceLifetimeMs,
        pcrs: [...init.pcrs],
        channelBinding: init.channelBinding,
        delegations: [orders, acknowledgements],
        root: authority.root,
      }
      return authority.signAcknowledgement('challenge', challenge)
    },
    use() {
      const used = open
      open = undefined
      if (used === undefined) throw new SuretyError('NONCE_UNKNOWN', 'no challenge is open')
      if (clock.monotonic() >= used.until) throw new SuretyError('NONCE_UNKNOWN', 'the challenge has expired')
      return used.live
    },
  }
}
