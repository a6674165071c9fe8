import type { Clock } from '../../base/clock.ts'
import type { Submission } from '../evidence/commit.ts'
import { COSTLY_MS } from '../evidence/device-queues.ts'
import type { EvidenceFrame, NamedSender } from '../evidence/evidence-frame.ts'
import type { Acknowledged } from '../evidence/take-in.ts'
import type { Reading } from '../evidence/verifiers.ts'
import {
  type Acknowledgements,
  type AcknowledgementsComponents,
  type AcknowledgementsInit,
  acknowledgements,
} from './acknowledgements.ts'
import type { Connection } from './connection.ts'
import type { Share } from './intake.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'

/** What a frame costs besides its bytes: its signature and its transaction. Bytes. */
export const FRAME_COST = 512
/** More is no work of a frame but a directory that was stopped, or its machine, meanwhile: its device pays for so much. */
const MOST_PAID_MS = 500

interface Stream {
  atRest(): void
  /** A frame took more of the loop than its bytes pay for. */
  worked(ms: number): void
}

/**
 * The way of one device's evidence from its socket to the disk. Frames are read beside each other and submitted as they
 * came, none after one that was refused; what has come to disk is acknowledged.
 */
export class EvidencePath implements AcknowledgementsComponents, AcknowledgementsInit {
  readonly clock: Clock
  readonly authenticated: NamedSender
  readonly intervalMs: number
  readonly #components: SessionComponents
  readonly #connection: Connection
  readonly #stream: Stream
  readonly #acks: Acknowledgements
  /** What is not submitted yet, as it came. */
  readonly #turns: FrameInTurn[] = []
  /** Whose they are, with those of its other connections. */
  readonly share: Share
  #inFlight = 0
  #refused = false

  constructor(
    components: SessionComponents,
    init: SessionInit,
    own: {
      readonly connection: Connection
      readonly authenticated: NamedSender
      readonly stream: Stream
      readonly share: Share
    },
  ) {
    this.clock = components.clock
    this.authenticated = own.authenticated
    this.intervalMs = init.ackIntervalMs
    this.#components = components
    this.#connection = own.connection
    this.#stream = own.stream
    this.share = own.share
    this.#acks = acknowledgements(this, this)
  }

  sign(kind: 'ack', payload: object): string {
    return this.#components.authority.signAcknowledgement(kind, payload)
  }

  send(frame: string): void {
    this.#connection.send(frame)
  }

  moreComing(): boolean {
    return this.#inFlight > 0 || !this.#connection.idle
  }

  failed(error: unknown): void {
    this.#connection.refuse(error)
  }

  atRest(): void {
    if (!this.#refused) this.#stream.atRest()
  }

  /** A frame that was no evidence was done with. */
  handledOther(): void {
    this.#acks.handled()
  }

  /** @returns when more may come. @throws why the connection ended, when that is before the frame was read. */
  async take(compact: string): Promise<void> {
    // It had come before the connection was closed.
    if (this.#refused) return
    const turn = new FrameInTurn(this, compact)
    const full = this.#components.intake.enter(this.share, turn.bytes, this.#connection)
    if (full !== undefined) await full
    this.#inFlight++
    // One before it was refused meanwhile.
    if (this.#refused) return this.settled(turn)
    this.#turns.push(turn)
    this.#components.evidence.read(turn)
  }

  /** A frame was read: whatever now stands first goes on. */
  advance(): void {
    for (;;) {
      const first = this.#turns[0]
      if (first === undefined || first.state === 'unread') return
      if (first.state === 'broken') {
        this.#refuse(first)
        return
      }
      this.#turns.shift()
      this.#components.evidence.submit(first.frame, first)
    }
  }

  kept(turn: FrameInTurn, acknowledged: Acknowledged, tookMs: number): void {
    // What a frame may take for its bytes alone is paid with them.
    if (tookMs > COSTLY_MS) this.#stream.worked(Math.min(tookMs, MOST_PAID_MS) - COSTLY_MS)
    this.share.costly = tookMs > COSTLY_MS
    this.settled(turn)
    try {
      this.#acks.durable(acknowledged)
    } catch (error) {
      this.failed(error) // nobody else is there to catch it
    }
  }

  /** Nothing of the frame is kept in memory any more. */
  settled({ bytes }: FrameInTurn): void {
    this.#inFlight--
    this.#components.intake.leave(this.share, bytes)
  }

  #refuse({ compact, error }: FrameInTurn): void {
    this.#refused = true
    // Those that are still to be read are settled when that comes to them.
    for (const turn of this.#turns.splice(0)) if (turn.forget()) this.settled(turn)
    const { evidence } = this.#components
    // What came before it is taken in first: else that would make good what came after it.
    evidence.afterwards(this.authenticated.device, () => {
      try {
        evidence.refused(compact, this.authenticated, error)
        this.failed(error)
      } catch (failure) {
        this.failed(failure)
      }
    })
  }
}

/** One frame on its way. A class, for there are thousands a second. */
class FrameInTurn implements Reading, Submission {
  readonly compact: string
  readonly #path: EvidencePath
  #frame: EvidenceFrame | undefined
  state: 'unread' | 'unwanted' | 'held' | 'broken' = 'unread'
  error: unknown

  constructor(path: EvidencePath, compact: string) {
    this.#path = path
    this.compact = compact
  }

  get from(): NamedSender {
    return this.#path.authenticated
  }

  get bytes(): number {
    return this.compact.length + FRAME_COST
  }

  get wanted(): boolean {
    return this.state === 'unread'
  }

  get costly(): boolean {
    return this.#path.share.costly
  }

  get frame(): EvidenceFrame {
    if (this.#frame === undefined) throw new TypeError('the frame was not read yet')
    return this.#frame
  }

  /** It need not be read any more. @returns whether it was read. */
  forget(): boolean {
    const wasRead = this.state !== 'unread'
    if (!wasRead) this.state = 'unwanted'
    return wasRead
  }

  held(frame: EvidenceFrame): void {
    if (!this.wanted) {
      this.dropped()
      return
    }
    this.state = 'held'
    this.#frame = frame
    this.#path.advance()
  }

  broken(error: unknown): void {
    if (!this.wanted) {
      this.dropped()
      return
    }
    this.state = 'broken'
    this.error = error
    this.#path.advance()
  }

  dropped(): void {
    this.#path.settled(this)
  }

  kept(acknowledged: Acknowledged, tookMs: number): void {
    this.#path.kept(this, acknowledged, tookMs)
  }

  refused(error: unknown): void {
    this.#path.settled(this)
    this.#path.failed(error)
  }
}
