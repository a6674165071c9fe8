import type { Clock } from '../../base/clock.ts'
import type { EvidenceFrame, NamedSender } from '../evidence/evidence-frame.ts'
import type { Submission } from '../evidence/ingest.ts'
import type { Acknowledged } from '../evidence/take-in.ts'
import type { Reading } from '../evidence/verifiers.ts'
import {
  type Acknowledgements,
  type AcknowledgementsComponents,
  type AcknowledgementsInit,
  acknowledgements,
} from './acknowledgements.ts'
import type { Connection } from './connection.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'

/** Batches of one device between socket and disk; beyond that it is not read. */
const MAX_IN_FLIGHT = 256
/** What a frame may take of the loop for its bytes alone. */
const FRAME_MS = 10
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
  #inFlight = 0
  #refused = false
  #room: (() => void) | undefined

  constructor(
    components: SessionComponents,
    init: SessionInit,
    own: { readonly connection: Connection; readonly authenticated: NamedSender; readonly stream: Stream },
  ) {
    this.clock = components.clock
    this.authenticated = own.authenticated
    this.intervalMs = init.ackIntervalMs
    this.#components = components
    this.#connection = own.connection
    this.#stream = own.stream
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

  /** @returns when more may come. */
  async take(compact: string): Promise<void> {
    // It had come before the connection was closed.
    if (this.#refused) return
    const turn = new FrameInTurn(this, compact)
    this.#inFlight++
    this.#turns.push(turn)
    this.#components.evidence.read(turn)
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      await new Promise<void>((resolve) => {
        this.#room = resolve
      })
    }
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

  kept(acknowledged: Acknowledged, tookMs: number): void {
    if (tookMs > FRAME_MS) this.#stream.worked(Math.min(tookMs, MOST_PAID_MS) - FRAME_MS)
    this.settled(1)
    try {
      this.#acks.durable(acknowledged)
    } catch (error) {
      this.failed(error) // nobody else is there to catch it
    }
  }

  settled(frames: number): void {
    this.#inFlight -= frames
    this.#room?.()
    this.#room = undefined
  }

  #refuse({ compact, error }: FrameInTurn): void {
    this.#refused = true
    this.settled(this.#turns.splice(0).length)
    const { evidence } = this.#components
    // What came before it is taken in first: else that would make good what came after it.
    evidence.afterwards(() => {
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
  state: 'unread' | 'held' | 'broken' = 'unread'
  error: unknown

  constructor(path: EvidencePath, compact: string) {
    this.#path = path
    this.compact = compact
  }

  get from(): NamedSender {
    return this.#path.authenticated
  }

  get frame(): EvidenceFrame {
    if (this.#frame === undefined) throw new TypeError('the frame was not read yet')
    return this.#frame
  }

  held(frame: EvidenceFrame): void {
    this.state = 'held'
    this.#frame = frame
    this.#path.advance()
  }

  broken(error: unknown): void {
    this.state = 'broken'
    this.error = error
    this.#path.advance()
  }

  kept(acknowledged: Acknowledged, tookMs: number): void {
    this.#path.kept(acknowledged, tookMs)
  }

  refused(error: unknown): void {
    this.#path.settled(1)
    this.#path.failed(error)
  }
}
