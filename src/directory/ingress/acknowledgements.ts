import type { Clock } from '../../base/clock.ts'
import type { Ack } from '../../protocol/frames.ts'
import type { Acknowledged } from '../evidence/take-in.ts'
import type { Authenticated } from './handshake.ts'

/**
 * When to acknowledge: at once when nothing else of the device is on its way to the disk, else at most once in
 * `intervalMs`. The last batch of a burst is always followed by one, so that no timer is needed.
 */
export function acknowledgements(
  components: {
    readonly clock: Clock
    readonly sign: (kind: 'ack', payload: object) => string
    readonly send: (frame: string) => void
  },
  init: { readonly authenticated: Authenticated; readonly intervalMs: number },
): { durable(acknowledged: Acknowledged, moreComing: boolean): void } {
  const { clock, sign, send } = components
  const { device, epoch } = init.authenticated
  let lastAt = Number.NEGATIVE_INFINITY
  return {
    durable({ sequence, head }, moreComing) {
      const now = clock.monotonic()
      if (moreComing && now - lastAt < init.intervalMs) return
      lastAt = now
      const ack: Ack = { type: 'ack', device, epoch, sequence, head, time: clock.now() }
      send(sign('ack', ack))
    },
  }
}
