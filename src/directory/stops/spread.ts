import { type ReachStore, reachOf } from './reach.ts'
import type { StopScopeStore, StopStore, StoredStop } from './stop-store.ts'

/** Brings the next devices to the state of a stop. */

export interface SpreadStore extends ReachStore {
  readonly stops: ReachStore['stops'] & StopScopeStore & Pick<StopStore, 'spread'>
}

/**
 * A stop by the register looks at each device that it concerns or has concerned: one that is new in scope is included, one that
 * has to select something else is ordered again, one that it no longer concerns lets go.
 *
 * @returns devices for which an order may be due.
 */
export function spread(store: SpreadStore, stop: StoredStop, limit: number): readonly string[] {
  const inForce = stop.state === 'standing' || stop.state === 'release-waiting'
  const reach = inForce ? reachOf(store, stop) : undefined
  if (reach === undefined) return store.stops.spread(stop, limit)
  const after = store.stops.spreadAfter(stop) ?? ''
  if (after === '') store.stops.putNarrow(stop, reach.isNarrow)
  const page = { after, limit }
  const rows = new Map(store.stops.inScope(stop, page).map((row) => [row.device, row]))
  const devices = [...new Set([...reach.devices(page), ...rows.keys()])].toSorted().slice(0, limit)
  for (const device of devices) {
    // A retired device answers nothing. What it answered last stays.
    if (store.stops.ownerOf(device) === undefined) continue
    const selector = reach.on(device)
    const row = rows.get(device)
    if (selector === undefined) store.stops.exclude(stop, device)
    else if (row?.isOrdered !== true || row.isReleased || row.selector !== JSON.stringify(selector)) {
      store.stops.include(stop, device)
    }
  }
  store.stops.putSpreadAfter(stop, devices.length < limit ? undefined : devices.at(-1))
  return devices
}
