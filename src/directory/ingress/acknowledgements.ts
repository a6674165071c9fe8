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

/**
 * When to acknowledge: at once when nothing else of the device is on its way to the disk, else at most once in
 * `intervalMs`. Nothing is on its way when the sockets were read once more and brought nothing: a signature costs as
 * much as what it would answer. The last batch of a burst is always followed by one.
 */
export function acknowledgements(
  components: {
    readonly clock: Clock
    readonly sign: (kind: 'ack', payload: object) => string
    readonly send: (frame: string) => void
    /** More of the device waits to be read, or to come to disk. */
    readonly moreComing: () => boolean
    /** An acknowledgement could not be made. */
    readonly failed: (error: unknown) => void
  },
  init: { readonly authenticated: Authenticated; readonly intervalMs: number },
): Acknowledgements {
  const { clock, sign, send, moreComing, failed } = components
  const { device, epoch } = init.authenticated
  let owed: Acknowledged | undefined
  let lastAt = clock.monotonic()
  let looking = false

  const acknowledge = () => {
    if (owed === undefined) return
    const { sequence, head } = owed
    owed = undefined
    lastAt = clock.monotonic()
    const ack: Ack = { type: 'ack', device, epoch, sequence, head, time: clock.now() }
    send(sign('ack', ack))
  }
  const look = () => {
    looking = false
    try {
      // Else it comes to disk, or is handled, and this is asked again.
      if (!moreComing()) acknowledge()
    } catch (error) {
      failed(error) // nobody else is there to catch it
    }
  }
  const lookSoon = () => {
    if (looking) return
    looking = true
    setImmediate(look)
  }
  return {
    durable(acknowledged) {
      owed = acknowledged
      if (clock.monotonic() - lastAt >= init.intervalMs) acknowledge()
      else lookSoon()
    },
    handled: lookSoon,
  }
}
