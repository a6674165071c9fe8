import type { Clock } from '../../base/clock.ts'
import type { Ack } from '../../protocol/messages/frames.ts'
import type { Acknowledged } from '../evidence/append-batch.ts'
import type { Authenticated } from './handshake.ts'

/** Acknowledges a device's evidence once it is on disk. */
export interface Acknowledgements {
  durable(acknowledged: Acknowledged): void
  /** A frame without evidence was handled. */
  handled(): void
}

export interface AcknowledgementsComponents {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  sign(kind: 'ack', payload: object): string
  send(frame: string): void
  /** More frames of the device wait to be read or written. */
  moreComing(): boolean
  /** An acknowledgement could not be signed or sent. */
  failed(error: unknown): void
  /** Everything is acknowledged, and nothing more is on its way. */
  atRest(): void
}

export interface AcknowledgementsInit {
  readonly authenticated: Pick<Authenticated, 'device' | 'epoch'>
  readonly intervalMs: number
}

/**
 * Acknowledges at once if nothing else of the device is on its way to disk, otherwise at most once per `intervalMs`. It reads the
 * sockets once more before it decides, because a signature costs as much as verifying a batch. The last batch of a burst is
 * always acknowledged.
 */
export function acknowledgements(components: AcknowledgementsComponents, init: AcknowledgementsInit): Acknowledgements {
  return new DeviceAcknowledgements(components, init)
}

/** A class, because every connected device has one. */
class DeviceAcknowledgements implements Acknowledgements {
  readonly #components: AcknowledgementsComponents
  readonly #init: AcknowledgementsInit
  #owed: Acknowledged | undefined
  #lastAt: number
  #isScheduled = false

  constructor(components: AcknowledgementsComponents, init: AcknowledgementsInit) {
    this.#components = components
    this.#init = init
    this.#lastAt = components.clock.monotonic()
  }

  durable(acknowledged: Acknowledged): void {
    this.#owed = acknowledged
    if (this.#components.clock.monotonic() - this.#lastAt >= this.#init.intervalMs) this.#acknowledge()
    else this.handled()
  }

  handled(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#check())
  }

  #check(): void {
    this.#isScheduled = false
    try {
      // If more comes, it calls this again once it is handled.
      if (this.#components.moreComing()) return
      this.#acknowledge()
      this.#components.atRest()
    } catch (error) {
      this.#components.failed(error) // called from setImmediate: no caller can catch it
    }
  }

  #acknowledge(): void {
    if (this.#owed === undefined) return
    const { clock } = this.#components
    const { device, epoch } = this.#init.authenticated
    const { sequence, head } = this.#owed
    this.#owed = undefined
    this.#lastAt = clock.monotonic()
    const ack: Ack = { type: 'ack', device, epoch, sequence, head, time: clock.now() }
    this.#components.send(this.#components.sign('ack', ack))
  }
}
