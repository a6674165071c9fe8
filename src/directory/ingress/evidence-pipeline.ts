import type { Clock } from '../../base/clock.ts'
import type { Acknowledged } from '../evidence/append-batch.ts'
import type { Submission } from '../evidence/commit.ts'
import { COSTLY_MS } from '../evidence/device-queues.ts'
import type { EvidenceFrame, NamedSender } from '../evidence/evidence-frame.ts'
import type { ReadRequest } from '../evidence/verifiers.ts'
import {
  type Acknowledgements,
  type AcknowledgementsComponents,
  type AcknowledgementsInit,
  acknowledgements,
} from './acknowledgements.ts'
import type { DeviceInFlight } from './in-flight-limiter.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'
import type { Connection } from './sockets/connection.ts'

/** The cost of a frame's signature and transaction, in bytes of rate. */
export const FRAME_COST = 512
/** The most time charged for one frame. More means that the directory or its machine was stopped. */
const MOST_PAID_MS = 500

interface Stream {
  atRest(): void
  /** A frame took more event loop time than its bytes pay for. */
  worked(ms: number): void
}

/**
 * Takes one device's evidence from its socket to disk. Frames are verified in parallel and submitted in order, none after a
 * refused one. Frames on disk are acknowledged.
 */
export class EvidencePipeline implements AcknowledgementsComponents, AcknowledgementsInit {
  readonly clock: Clock
  readonly authenticated: NamedSender
  readonly intervalMs: number
  readonly #components: SessionComponents
  readonly #connection: Connection
  readonly #stream: Stream
  readonly #acks: Acknowledgements
  /** Frames that are not submitted yet, in order of arrival. */
  readonly #unsubmitted: FrameInPipeline[] = []
  /** Shared by all connections of the device. */
  readonly share: DeviceInFlight
  #inFlight = 0
  #refused = false

  constructor(
    components: SessionComponents,
    init: SessionInit,
    own: {
      readonly connection: Connection
      readonly authenticated: NamedSender
      readonly stream: Stream
      readonly share: DeviceInFlight
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

  /** A frame without evidence was handled. */
  frameHandled(): void {
    this.#acks.handled()
  }

  /** Resolves once the next frame may come. @throws why the connection ended, if that happened before the frame was read. */
  async take(compact: string): Promise<void> {
    // It arrived before the connection was closed.
    if (this.#refused) return
    const turn = new FrameInPipeline(this, compact)
    const full = this.#components.inFlight.enter(this.share, turn.bytes, this.#connection)
    if (full !== undefined) await full
    this.#inFlight++
    // An earlier frame was refused meanwhile.
    if (this.#refused) return this.settled(turn)
    this.#unsubmitted.push(turn)
    this.#components.evidence.read(turn)
  }

  /** Submits frames from the front while they are verified. */
  advance(): void {
    for (;;) {
      const first = this.#unsubmitted[0]
      if (first === undefined || first.state === 'unread') return
      if (first.state === 'broken') {
        this.#refuse(first)
        return
      }
      this.#unsubmitted.shift()
      this.#components.evidence.submit(first.frame, first)
    }
  }

  kept(turn: FrameInPipeline, acknowledged: Acknowledged, tookMs: number): void {
    // The bytes of a frame pay for `COSTLY_MS`.
    if (tookMs > COSTLY_MS) this.#stream.worked(Math.min(tookMs, MOST_PAID_MS) - COSTLY_MS)
    this.share.costly = tookMs > COSTLY_MS
    this.settled(turn)
    try {
      this.#acks.durable(acknowledged)
    } catch (error) {
      this.failed(error) // no caller can catch it
    }
  }

  /** The frame is no longer in memory. */
  settled({ bytes }: FrameInPipeline): void {
    this.#inFlight--
    this.#components.inFlight.leave(this.share, bytes)
  }

  #refuse({ compact, error }: FrameInPipeline): void {
    this.#refused = true
    // Frames that are still being read are settled when that ends.
    for (const turn of this.#unsubmitted.splice(0)) if (turn.forget()) this.settled(turn)
    const { evidence } = this.#components
    // Earlier frames are processed first. Otherwise they would clear the failure that is recorded here.
    evidence.runAfter(this.authenticated.device, async () => {
      try {
        await evidence.refused(compact, this.authenticated, error)
        this.failed(error)
      } catch (failure) {
        this.failed(failure)
      }
    })
  }
}

/** One frame in the pipeline. A class, because there are thousands per second. */
class FrameInPipeline implements ReadRequest, Submission {
  readonly compact: string
  readonly #path: EvidencePipeline
  #frame: EvidenceFrame | undefined
  state: 'unread' | 'unwanted' | 'held' | 'broken' = 'unread'
  error: unknown

  constructor(path: EvidencePipeline, compact: string) {
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

  /** The frame need not be read any more. @returns whether it was read already. */
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
