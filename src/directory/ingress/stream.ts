import { SuretyError } from '../../base/errors.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import { type ResultFrame, renewReader } from '../../protocol/frames.ts'
import { jwsKindOf } from '../../protocol/jws-types.ts'
import { acknowledgements } from './acknowledgements.ts'
import type { Authenticated, Handshake } from './handshake.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'
import type { LiveSession } from './sessions.ts'
import { tokenBucket } from './token-bucket.ts'

export interface StreamInit extends Handshake {
  readonly authenticated: Authenticated
  readonly result: AttestationResult | undefined
}

/** Batches of one device between socket and disk; beyond that it is not read. */
const MAX_IN_FLIGHT = 256
/** What a frame costs besides its bytes: its signature and its transaction. Bytes. */
const FRAME_COST = 512
/** What a new challenge and a quote cost. Bytes. */
const RENEW_COST = 16 * 1024

/** The stream of an authenticated device, until its connection ends. */
export async function stream(components: SessionComponents, init: SessionInit, own: StreamInit): Promise<void> {
  const { sessions } = components
  const live = liveSession(components, own)
  sessions.enter(live)
  try {
    if (own.result !== undefined) live.sendResult(own.result)
    await readFrames(components, init, { ...own, live })
  } finally {
    sessions.leave(live)
  }
}

function liveSession({ authority, clock }: SessionComponents, { connection, authenticated }: StreamInit): LiveSession {
  const { device, epoch } = authenticated
  return {
    device,
    epoch,
    sendResult(result) {
      const frame: ResultFrame = { type: 'result', device, epoch, time: clock.now(), result }
      connection.send(authority.signAcknowledgement('result', frame))
    },
    sendOrder: (compact) => connection.send(compact),
    end: (error) => connection.refuse(error),
  }
}

async function readFrames(
  components: SessionComponents,
  init: SessionInit,
  own: StreamInit & { readonly live: LiveSession },
): Promise<void> {
  const { clock, registry } = components
  const { connection, challenges, live, authenticated } = own
  const evidence = evidencePath(components, init, own)
  const [perSecond, burst] = [init.evidenceRateBytes, init.evidenceBurstBytes]
  const bucket = tokenBucket({ perSecond, burst, nowMs: clock.monotonic() })
  for (;;) {
    const frame = await connection.next()
    const kind = frame.startsWith('{') ? 'renew' : jwsKindOf(frame)
    const waitMs = bucket.take(frame.length + (kind === 'evidence' ? FRAME_COST : RENEW_COST), clock.monotonic())
    // In debt: the frame is not looked at and no other is read, until the device has kept its rate again.
    if (waitMs > 0) await clock.sleep(waitMs, { signal: connection.signal })
    switch (kind) {
      case 'evidence':
        await evidence.take(frame)
        break
      case 'renew':
        renewReader.readCanonicalJson(frame)
        connection.send(challenges.issue())
        evidence.handledOther()
        break
      case 'attestation': {
        const { device, key } = authenticated
        const challenge = challenges.use()
        const { result } = registry.attestations.accept(frame, { device, key, challenge, fresh: false })
        live.sendResult(result)
        evidence.handledOther()
        break
      }
      default:
        throw new SuretyError('FRAME_UNEXPECTED', `${kind ?? 'a frame of no known kind'} from a device that is at work`)
    }
  }
}

interface EvidencePath {
  /** @returns when more may come. */
  take(frame: string): Promise<void>
  /** A frame that was no evidence was done with. */
  handledOther(): void
}

/** Verifies at once, does not wait for the disk, and acknowledges what has come there. */
function evidencePath(
  { evidence, clock, authority }: SessionComponents,
  init: SessionInit,
  { connection, authenticated }: StreamInit,
): EvidencePath {
  let inFlight = 0
  let room: (() => void) | undefined
  const acks = acknowledgements(
    {
      clock,
      sign: authority.signAcknowledgement,
      send: connection.send,
      moreComing: () => inFlight > 0 || !connection.idle,
      failed: connection.refuse,
    },
    { authenticated, intervalMs: init.ackIntervalMs },
  )
  const settled = () => {
    inFlight--
    room?.()
    room = undefined
  }
  return {
    handledOther: acks.handled,
    async take(frame) {
      const kept = evidence.submit(evidence.read(frame, authenticated))
      inFlight++
      kept.finally(settled).then(acks.durable).catch(connection.refuse)
      if (inFlight >= MAX_IN_FLIGHT) {
        await new Promise<void>((resolve) => {
          room = resolve
        })
      }
    },
  }
}
