import { productOf, type ReachStore, reachOf } from './reach.ts'
import type { ReachedQueries, StopTarget } from './stop-store.ts'

export interface ReachedStore {
  readonly stops: ReachStore['stops'] & ReachedQueries
  readonly registrations: ReachStore['registrations']
  readonly humans: ReachStore['humans']
}

/**
 * Devices that a stop reaches now, by what they last reported. Some may come twice. A device where something that it selects may
 * start later does not count.
 *
 * @param most the caller looks at no more different devices than this.
 */
export function* reachedDevices(store: ReachedStore, stop: StopTarget, most: number): Generator<string> {
  const { device, product, user } = stop.selector
  const reach = reachOf(store, stop)
  if (reach !== undefined) {
    // What a registration selects by product concerns every device, and reaches those that have it.
    if (!reach.isNarrow && reach.products !== undefined) {
      for (const item of reach.products) yield* store.stops.devicesReporting({ product: productOf(item) }, most)
      return
    }
    for (let after = ''; ; ) {
      const page = reach.devices({ after, limit: most })
      for (const one of page) if (!reach.isNarrow || reach.on(one) !== undefined) yield one
      const last = page.at(-1)
      if (last === undefined || page.length < most) return
      after = last
    }
  }
  if (device !== undefined) yield device
  else if (product !== undefined) yield* store.stops.devicesReporting({ product, user }, most)
  else if (user !== undefined) yield* store.stops.devicesOfUser(user, most)
  else yield* store.stops.activeAfter({ after: '', limit: most })
}
