import type { Clock } from '../../base/clock.ts'
import { codeOf } from '../../base/errors.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { StopSelector } from '../../protocol/stop.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { IssuedOrder } from '../orders/order-store.ts'
import type { AddedOrderInit, Orders } from '../orders/orders.ts'
import { type ReachStore, reachOf } from './reach.ts'
import type { DueOrder, StopAnswerStore, StopDeviceStore, StopScopeStore, StopStore, StoredStop } from './stop-store.ts'

/** Brings devices to the state of the stops: which device gets which order, and when. */

export interface StopOrdersComponents
  extends ActComponents<{
    readonly stops: Pick<StopStore, 'pastEnd' | 'spreading' | 'update'> & SpreadStore['stops']
    readonly stopDevices: StopDeviceStore & Pick<StopAnswerStore, 'putAnswer'>
    readonly stopReach: SpreadStore['stopReach']
    readonly stopScopes: StopScopeStore
    readonly registrations: SpreadStore['registrations']
    readonly humans: SpreadStore['humans']
  }> {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly orders: Pick<Orders, 'recipient' | 'add' | 'deliver'>
  readonly isConnected: (device: string) => boolean
}

export interface StopOrders {
  /** Issues the orders that are due for a device, without sending them: its welcome has them. @returns how many. */
  issueDue(device: string): Promise<number>
  /** Orders may be due for these devices, which are connected. */
  check(devices: Iterable<string>): void
  /** Does a slice of the work in one transaction of about 20 ms. @returns whether more is left. */
  work(): Promise<boolean>
}

/** Devices that one slice includes in the scope of stops, or brings to their release, and at most as many stops. */
const SPREAD_AT_ONCE = 100
const ISSUED_AT_ONCE = 100
const WORK_MS = 20
/** Stops that end in one slice. */
const ENDED_AT_ONCE = 20
/** Of the pending orders of a device. The others are left to administrators. */
const MOST_PENDING = LIMITS.orders - 4
const ORDER_TTL_MS = 24 * 3_600_000

/** Who ends a stop whose time has come. */
const DIRECTORY = { id: 'directory', name: 'surety-directory' }

export function stopOrders(components: StopOrdersComponents): StopOrders {
  return new QueuedStopOrders(components)
}

class QueuedStopOrders implements StopOrders {
  readonly #components: StopOrdersComponents
  /** Connected devices for which orders may be due, in turn. */
  readonly #toCheck = new Set<string>()

  constructor(components: StopOrdersComponents) {
    this.#components = components
  }

  async issueDue(device: string): Promise<number> {
    const { store, clock } = this.#components
    if (!(await store.stopDevices.mayBeDue(device, clock.now()))) return 0
    return (await store.transaction(() => this.#issue(device))).length
  }

  check(devices: Iterable<string>): void {
    for (const device of devices) this.#toCheck.add(device)
  }

  async work(): Promise<boolean> {
    const { store, clock } = this.#components
    const until = clock.monotonic() + WORK_MS
    const due = await this.#takeDue(until)
    // Otherwise an idle directory would write to its disk.
    const isSpreading =
      (await store.stops.spreading()) !== undefined || (await store.stops.pastEnd(clock.now(), 1)).length > 0
    if (due.length === 0 && !isSpreading) return this.#toCheck.size > 0
    try {
      await store.transaction(() => this.#slice(due, until))
    } catch (error) {
      this.check(due)
      throw error
    }
    return isSpreading || this.#toCheck.size > 0
  }

  /** Takes devices for which orders may be due. */
  async #takeDue(until: number): Promise<string[]> {
    const { store, clock } = this.#components
    const now = clock.now()
    const due: string[] = []
    for (const device of this.#toCheck) {
      if (due.length >= ISSUED_AT_ONCE || clock.monotonic() >= until) break
      this.#toCheck.delete(device)
      if (await store.stopDevices.mayBeDue(device, now)) due.push(device)
    }
    return due
  }

  async #slice(due: readonly string[], until: number): Promise<void> {
    const { clock, orders } = this.#components
    await this.#endStops()
    await this.#spread()
    for (const [at, device] of due.entries()) {
      // At least one device gets its orders, so that the work ends.
      if (at === 0 || clock.monotonic() < until) for (const issued of await this.#issue(device)) orders.deliver(issued)
      else this.check([device])
    }
  }

  async #spread(): Promise<void> {
    const { store, isConnected } = this.#components
    let room = SPREAD_AT_ONCE
    while (room > 0) {
      const stop = await store.stops.spreading()
      if (stop === undefined) return
      const devices = await spread(store, stop, room)
      this.check(devices.filter(isConnected))
      room -= Math.max(1, devices.length)
    }
  }

  async #endStops(): Promise<void> {
    const { store, clock } = this.#components
    const at = clock.now()
    for (const stop of await store.stops.pastEnd(at, ENDED_AT_ONCE)) {
      await store.stops.update({ ...stop, state: 'ended' }, { spread: true })
      const changed = { before: { state: stop.state }, after: { state: 'ended' } }
      const details = { stop: stop.id, emergency: stop.emergency, confirmed: stop.confirmed !== undefined }
      await store.audit.add({ at, actor: DIRECTORY.id, act: 'stop-ended', subject: stop.id, details, ...changed })
    }
  }

  async #issue(device: string): Promise<readonly IssuedOrder[]> {
    const { store, clock, orders } = this.#components
    const now = clock.now()
    const all = await store.stopDevices.due(device, { now, limit: MOST_PENDING })
    const recipient = all.length === 0 ? undefined : await orders.recipient(device)
    if (recipient === undefined) return []
    const issued: IssuedOrder[] = []
    for (const due of all) {
      if (issued.length >= MOST_PENDING - recipient.pending) break
      const init = await this.#orderFor(due, device, now)
      if (init === undefined) {
        await store.stopScopes.exclude(due.stop, device)
        continue
      }
      let one: IssuedOrder
      try {
        one = await orders.add({ ...recipient, lastOrder: recipient.lastOrder + issued.length }, init)
      } catch (error) {
        if (codeOf(error) !== 'FRAME_MALFORMED') throw error
        // No device could read the order. It must not keep the other orders back.
        const answer = { state: 'failed', at: now, code: 'FRAME_MALFORMED', dueAt: now + ORDER_TTL_MS } as const
        await store.stopDevices.putAnswer(device, due.stop, { answer })
        continue
      }
      const selector = isOfRegister(due.stop) ? JSON.stringify(init.stop?.selector) : undefined
      await store.stopDevices.putOrder(due, device, { id: one.order.id, at: now, dueAt: init.notAfter, selector })
      issued.push(one)
    }
    return issued
  }

  /** Undefined for a device that the stop no longer concerns. */
  async #orderFor({ stop, release }: DueOrder, device: string, now: number): Promise<AddedOrderInit | undefined> {
    if (release) return releaseOrder(stop, now)
    const selector = await selectorOn(this.#components.store, stop, device)
    return selector && standingOrder(stop, selector, now)
  }
}

function standingOrder(stop: StoredStop, selector: StopSelector, now: number): AddedOrderInit {
  const { id, kind, created, reason, endsAt } = stop
  const common = { kind, about: id, reason, notAfter: Math.min(now + ORDER_TTL_MS, endsAt ?? Number.MAX_SAFE_INTEGER) }
  if (kind === 'drill') return { ...common, by: created.by.id }
  const until = endsAt === undefined ? {} : { until: endsAt }
  return { ...common, by: created.by.id, stop: { id, selector, by: created.by.name, ...until } }
}

function releaseOrder({ id, release, state }: StoredStop, now: number): AddedOrderInit {
  const inForce = state === 'standing' || state === 'release-waiting'
  const byItself = {
    by: DIRECTORY,
    reason: inForce ? 'the stop no longer concerns this device' : 'the stop has ended',
  }
  const { by, reason } = inForce ? byItself : (release ?? byItself)
  return { kind: 'release', about: id, stop: { id, by: by.name }, reason, notAfter: now + ORDER_TTL_MS, by: by.id }
}

function isOfRegister({ selector: { registration, human, group } }: StoredStop): boolean {
  return (registration ?? human ?? group) !== undefined
}

/**
 * What the device selects by. That an order reaches only the devices in scope is the work of the directory.
 *
 * @returns undefined where the register says that the device is not concerned.
 */
async function selectorOn(store: ReachStore, stop: StoredStop, device: string): Promise<StopSelector | undefined> {
  const reach = await reachOf(store, stop)
  if (reach !== undefined) return reach.on(device)
  const { agent, product, user } = stop.selector
  if (agent !== undefined) return { select: 'agent', agent }
  if (product !== undefined && user !== undefined) return { select: 'match', products: [product], users: [user] }
  if (product !== undefined) return { select: 'product', product }
  return user === undefined ? { select: 'all' } : { select: 'user', user }
}

const CHECK_ALL_EVERY_MS = 60_000
/** Answers of a fleet come in thousands. */
const FINISH_EVERY_MS = 500

export interface OrderingComponents {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly stopOrders: Pick<StopOrders, 'work' | 'check'>
  readonly connected: () => Iterable<string>
  /** Takes note of what the answers of devices have finished. @returns whether there may be more. */
  readonly finish: () => Promise<boolean>
}

/** Issues orders of stops. @returns the work of a worker. */
export function ordering({ clock, stopOrders, connected, finish }: OrderingComponents): () => Promise<boolean> {
  let finishedAt = Number.NEGATIVE_INFINITY
  let checkedAt = Number.NEGATIVE_INFINITY
  return async () => {
    const now = clock.monotonic()
    if (now - checkedAt >= CHECK_ALL_EVERY_MS) {
      checkedAt = now
      stopOrders.check(connected())
    }
    if (now - finishedAt >= FINISH_EVERY_MS) {
      finishedAt = now
      if (await finish()) {
        finishedAt = Number.NEGATIVE_INFINITY
        return true
      }
    }
    return stopOrders.work()
  }
}

/** Brings the next devices to the state of a stop. */

interface SpreadStore extends ReachStore {
  readonly stops: Pick<StopStore, 'spread'>
  readonly stopScopes: StopScopeStore
}

/**
 * A stop by the register looks at each device that it concerns or has concerned: one that is new in scope is included, one that
 * has to select something else is ordered again, one that it no longer concerns lets go.
 *
 * @returns devices for which an order may be due.
 */
async function spread(store: SpreadStore, stop: StoredStop, limit: number): Promise<readonly string[]> {
  const inForce = stop.state === 'standing' || stop.state === 'release-waiting'
  const reach = inForce ? await reachOf(store, stop) : undefined
  if (reach === undefined) return store.stops.spread(stop, limit)
  const after = (await store.stopScopes.spreadAfter(stop)) ?? ''
  if (after === '') await store.stopScopes.putNarrow(stop, reach.isNarrow)
  const page = { after, limit }
  const rows = new Map((await store.stopScopes.inScope(stop, page)).map((row) => [row.device, row]))
  const devices = [...new Set([...(await reach.devices(page)), ...rows.keys()])].toSorted().slice(0, limit)
  for (const device of devices) {
    // A retired device answers nothing. What it answered last stays.
    if ((await store.stopReach.ownerOf(device)) === undefined) continue
    const selector = await reach.on(device)
    const row = rows.get(device)
    if (selector === undefined) await store.stopScopes.exclude(stop, device)
    else if (row?.isOrdered !== true || row.isReleased || row.selector !== JSON.stringify(selector)) {
      await store.stopScopes.include(stop, device)
    }
  }
  await store.stopScopes.putSpreadAfter(stop, devices.length < limit ? undefined : devices.at(-1))
  return devices
}
