import { SuretyError } from '../../base/errors.ts'
import type { Order } from '../../protocol/messages/order.ts'
import type { Enforcement } from './enforcement.ts'
import type { StopOutcome } from './stops/stop-receipt.ts'

/** What orders about stops do. They may be carried out again: they end in the same state. */
export function stopOrders(
  enforcement: Enforcement | undefined,
  { now, drill }: { readonly now: () => number; readonly drill: (() => Promise<StopOutcome>) | undefined },
): Record<'freeze' | 'retire' | 'release' | 'drill', ((order: Order) => Promise<StopOutcome>) | undefined> {
  if (enforcement === undefined) return { freeze: undefined, retire: undefined, release: undefined, drill: undefined }
  const stop = (kind: 'freeze' | 'retire') => (order: Order) => {
    const { id, selector, by, until } = stopOf(order)
    if (selector === undefined) throw new SuretyError('ORDER_REFUSED', 'the order selects no agents')
    return enforcement.stop({
      id,
      kind,
      origin: 'directory',
      selector,
      by,
      reason: order.reason,
      since: Math.max(0, Math.trunc(now())),
      ...(until === undefined ? {} : { until }),
    })
  }
  return {
    freeze: stop('freeze'),
    retire: stop('retire'),
    release(order) {
      const { id } = stopOf(order)
      // What a user of the device stopped is theirs.
      const ids = enforcement.stops.filter((one) => one.id === id && one.origin === 'directory').map((one) => one.id)
      return enforcement.release(ids)
    },
    drill,
  }
}

function stopOf({ stop }: Order) {
  if (stop === undefined) throw new SuretyError('ORDER_REFUSED', 'the order has no stop')
  return stop
}

/** While orders wait that stop agents. */
export function hurried(enforcement: Enforcement): Disposable {
  enforcement.prepare()
  return enforcement.hurry()
}
