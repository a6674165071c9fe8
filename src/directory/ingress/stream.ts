import { SuretyError } from '../../base/errors.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import { type ResultFrame, renewReader } from '../../protocol/frames.ts'
import { jwsKindOf } from '../../protocol/jws-types.ts'
import { acknowledgements } from './acknowledgements.ts'
import { type Challenges, challenges } from './challenges.ts'
import type { Connection } from './connection.ts'
import type { Authenticated } from './handshake.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'
import type { LiveSession } from './sessions.ts'
import { type TokenBucket, tokenBucket } from './token-bucket.ts'

export interface StreamInit {
  readonly connection: Connection
  readonly authenticated: Authenticated
  /** What the device is told first. */
  readonly result: AttestationResult | undefined
}

/** Batches of one device between socket and disk; beyond that it is not read. */
const MAX_IN_FLIGHT = 256
/** What a frame costs besides its bytes: its signature and its transaction. Bytes. */
const FRAME_COST = 512
/** What a new challenge and a quote cost. Bytes. */
const RENEW_COST = 16 * 1024

/** The stream of an authenticated device, until its connection ends. */
export function stream(components: SessionComponents, init: SessionInit, own: StreamInit): Promise<void> {
  return new DeviceStream(components, init, own).run()
}

/** Thousands of these lie idle: what a device needs that says something is made when it does. */
class DeviceStream implements LiveSession {
  readonly device: string
  readonly epoch: number
  readonly #components: SessionComponents
  readonly #init: SessionInit
  readonly #connection: Connection
  readonly #authenticated: Authenticated
  #unsent: AttestationResult | undefined
  #bucket: TokenBucket | undefined
  #slowed = false
  #evidence: EvidencePath | undefined
  #challenges: Challenges | undefined

  constructor(components: SessionComponents, init: SessionInit, own: StreamInit) {
    this.device = own.authenticated.device
    this.epoch = own.authenticated.epoch
    this.#components = components
    this.#init = init
    this.#connection = own.connection
    this.#authenticated = own.authenticated
    this.#unsent = own.result
  }

  sendResult(result: AttestationResult): void {
    const { authority, clock } = this.#components
    const { device, epoch } = this
    const frame: ResultFrame = { type: 'result', device, epoch, time: clock.now(), result }
    this.#connection.send(authority.signAcknowledgement('result', frame))
  }

  sendOrder(compact: string): void {
    this.#connection.send(compact)
  }

  end(error: SuretyError): void {
    this.#connection.refuse(error)
  }

  async run(): Promise<void> {
    const { sessions } = this.#components
    sessions.enter(this)
    try {
      if (this.#unsent !== undefined) this.sendResult(this.#unsent)
      this.#unsent = undefined
      for (;;) await this.#take(await this.#connection.next())
    } finally {
      sessions.leave(this)
    }
  }

  async #take(frame: string): Promise<void> {
    const kind = frame.startsWith('{') ? 'renew' : jwsKindOf(frame)
    const waitMs = this.#debtMs(frame.length + (kind === 'evidence' ? FRAME_COST : RENEW_COST))
    // In debt: the frame is not looked at and no other is read, until the device has kept its rate again.
    if (waitMs > 0) {
      if (!this.#slowed) this.#components.evidence.slowed(this.device)
      this.#slowed = true
      await this.#components.clock.sleep(waitMs, { signal: this.#connection.signal })
    }
    switch (kind) {
      case 'evidence':
        this.#evidence ??= evidencePath(this.#components, this.#init, this.#connection, this.#authenticated)
        return await this.#evidence.take(frame)
      case 'renew':
        renewReader.readCanonicalJson(frame)
        this.#challenges ??= challenges(this.#components, this.#init, this.#connection)
        this.#connection.send(this.#challenges.issue())
        return this.#evidence?.handledOther()
      case 'attestation':
        await this.#attest(frame)
        return this.#evidence?.handledOther()
      default:
        throw new SuretyError('FRAME_UNEXPECTED', `${kind ?? 'a frame of no known kind'} from a device that is at work`)
    }
  }

  #debtMs(cost: number): number {
    const { clock } = this.#components
    const { evidenceRateBytes: perSecond, evidenceBurstBytes: burst } = this.#init
    this.#bucket ??= this.#components.sessions.bucket(this.device, () =>
      tokenBucket({ perSecond, burst, nowMs: clock.monotonic() }),
    )
    return this.#bucket.take(cost, clock.monotonic())
  }

  async #attest(frame: string): Promise<void> {
    const { attestations } = this.#components.registry
    const { device, epoch, key } = this.#authenticated
    const challenge = this.#challenges?.use()
    this.#challenges = undefined
    if (challenge === undefined) throw new SuretyError('NONCE_UNKNOWN', 'no challenge is open')
    const { result } = await attestations.accept(frame, { device, epoch, key, challenge, fresh: false })
    this.sendResult(result)
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
  connection: Connection,
  authenticated: Authenticated,
): EvidencePath {
  let inFlight = 0
  let room: (() => void) | undefined
  const acks = acknowledgements(
    {
      clock,
      sign: authority.signAcknowledgement,
      send: (frame) => connection.send(frame),
      moreComing: () => inFlight > 0 || !connection.idle,
      failed: (error) => connection.refuse(error),
    },
    { authenticated, intervalMs: init.ackIntervalMs },
  )
  const read = (frame: string) => {
    try {
      return evidence.read(frame, authenticated)
    } catch (error) {
      evidence.refused(frame, authenticated, error)
      throw error
    }
  }
  const settled = () => {
    inFlight--
    room?.()
    room = undefined
  }
  return {
    handledOther: acks.handled,
    async take(frame) {
      const kept = evidence.submit(read(frame))
      inFlight++
      kept
        .finally(settled)
        .then(acks.durable)
        .catch((error: unknown) => connection.refuse(error))
      if (inFlight >= MAX_IN_FLIGHT) {
        await new Promise<void>((resolve) => {
          room = resolve
        })
      }
    },
  }
}
