import type { Clock } from '../../base/clock.ts'
import type { Ack } from '../../protocol/frames.ts'
import type { Acknowledged } from '../evidence/take-in.ts'
import type { Authenticated } from './handshake.ts'

/** What a device is owed for the evidence that is on disk. */
export interface Acknowledgements {
  durable(acknowledged: Acknowledged): void
  /** Something of the device was done with that brings no evidence. */
  handled(): void
}

export interface AcknowledgementsComponents {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  sign(kind: 'ack', payload: object): string
  send(frame: string): void
  /** More of the device waits to be read, or to come to disk. */
  moreComing(): boolean
  /** An acknowledgement could not be made. */
  failed(error: unknown): void
  /** All is acknowledged, and nothing more of the device is on its way. */
  atRest(): void
}

export interface AcknowledgementsInit {
  readonly authenticated: Pick<Authenticated, 'device' | 'epoch'>
  readonly intervalMs: number
}

/**
 * When to acknowledge: at once when nothing else of the device is on its way to the disk, else at most once in
 * `intervalMs`. Nothing is on its way when the sockets were read once more and brought nothing: a signature costs as
 * much as what it would answer. The last batch of a burst is always followed by one.
 */
export function acknowledgements(components: AcknowledgementsComponents, init: AcknowledgementsInit): Acknowledgements {
  return new DeviceAcknowledgements(components, init)
}

/** A class, for every device that is connected has one. */
class DeviceAcknowledgements implements Acknowledgements {
  readonly #components: AcknowledgementsComponents
  readonly #init: AcknowledgementsInit
  #owed: Acknowledged | undefined
  #lastAt: number
  #looking = false

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
    if (this.#looking) return
    this.#looking = true
    setImmediate(() => this.#look())
  }

  #look(): void {
    this.#looking = false
    try {
      // Else it comes to disk, or is handled, and this is asked again.
      if (this.#components.moreComing()) return
      this.#acknowledge()
      this.#components.atRest()
    } catch (error) {
      this.#components.failed(error) // nobody else is there to catch it
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
