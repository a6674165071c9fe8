import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { runTogether } from '../../base/run-together.ts'
import { WakeUp } from '../../base/wake-up.ts'
import type { Receipt } from '../../protocol/evidence.ts'
import { type Order, type OrderKind, orderReader } from '../../protocol/order.ts'
import { isPassingFault } from '../../system/files/transient-errors.ts'
import type { Health } from '../health/health.ts'
import type { State } from '../state/state.ts'
import type { DirectoryKeys } from '../stream/directory-keys.ts'
import type { Welcomed } from '../stream/handshake.ts'

/** Takes orders: believed, newer than the last, in time; each is counted durably before it is carried out. */
export interface OrderHandler {
  welcomed(welcomed: Welcomed): Promise<void>
  received(compact: string, keys: DirectoryKeys): Promise<void>
  /** Carries orders out one after the other. First come receipts of what an earlier run left undone. */
  run(options: { signal: AbortSignal }): Promise<void>
}

export interface OrderHandlerComponents {
  readonly clock: Clock
  readonly log: Log
  readonly state: State
  readonly health: Health
  readonly act: Readonly<Record<'attest' | 'collect', (options: { signal: AbortSignal }) => Promise<void>>>
  /** Resolves once the receipt is in the spool. */
  readonly answer: (receipt: Receipt, options: { signal: AbortSignal }) => Promise<void>
}

interface Accepted {
  readonly order: Order
  /** By the directory's signed time, carried forward. */
  readonly expired: () => boolean
}

/** One order may take so long before it counts as failed. */
const ACT_WITHIN_MS = 5 * 60_000
const MAX_OPEN = 64
const RETRY_MS = 5_000

export function createOrderHandler(components: OrderHandlerComponents): OrderHandler {
  return new QueuedOrders(components)
}

class QueuedOrders implements OrderHandler {
  readonly #components: OrderHandlerComponents
  readonly #queue: Accepted[] = []
  /** By number, those that are not durable yet, and the newest number that a welcome told: nothing of it is acted on. */
  readonly #held = new Map<number, Accepted>()
  #newest = 0
  /** Whose all of this is: another device has numbers of its own. */
  #device: string | undefined
  readonly #holds = new WakeUp()
  readonly #left: { readonly order: string; readonly number: number }[]
  readonly #arrived = new WakeUp()

  constructor(components: OrderHandlerComponents) {
    this.#components = components
    this.#left = [...components.state.progress.open]
  }

  async welcomed({ welcome, keys }: Welcomed): Promise<void> {
    // The signed welcome vouches for what is in it; anything it does not list up to its number is over.
    const orders = welcome.orders.flatMap((compact) => this.#read(compact, keys) ?? [])
    await this.#accept(orders, keys, welcome.order)
  }

  async received(compact: string, keys: DirectoryKeys): Promise<void> {
    const order = this.#read(compact, keys)
    if (order !== undefined) await this.#accept([order], keys, 0)
  }

  async run(options: { signal: AbortSignal }): Promise<void> {
    await runTogether([(either) => this.#carryOutAll(either), (either) => this.#keepHeld(either)], options)
  }

  async #carryOutAll({ signal }: { signal: AbortSignal }): Promise<void> {
    for (let open = this.#left.shift(); open !== undefined; open = this.#left.shift()) {
      await this.#answer({ id: open.order, number: open.number }, { outcome: 'failed', code: 'INTERRUPTED' }, signal)
    }
    while (!signal.aborted) {
      const next = this.#queue.shift()
      if (next === undefined) await this.#arrived.wait({ signal })
      else await this.#answer(next.order, await this.#carryOut(next, signal), signal)
    }
  }

  /** On a disk that fails, orders wait until it can keep them: evidence of the fault must go on meanwhile. */
  async #keepHeld({ signal }: { signal: AbortSignal }): Promise<void> {
    while (!signal.aborted) {
      if (this.#holding) await this.#components.clock.sleep(RETRY_MS, { signal }).catch(() => undefined)
      else await this.#holds.wait({ signal })
      if (!signal.aborted) await this.#keep().catch(() => undefined)
    }
  }

  get #holding(): boolean {
    return Math.max(this.#newest, ...this.#held.keys()) > this.#components.state.progress.order
  }

  /** @returns undefined for an order of another device or epoch. @throws when it is no order of this directory. */
  #read(compact: string, keys: DirectoryKeys): Order | undefined {
    const { state, health, log } = this.#components
    let order: Order
    try {
      order = orderReader.readCanonicalJson(keys.verify('order', compact))
    } catch (error) {
      health.raise('ORDERS_REFUSED')
      log.warn('order refused', { code: codeOf(error), reason: describeError(error) })
      throw error
    }
    if (order.device === state.identity?.device && order.epoch === state.identity.epoch) return order
    health.raise('ORDERS_REFUSED')
    log.warn('order refused', { code: 'ORDER_REFUSED', reason: 'for another device or epoch', order: order.id })
    return undefined
  }

  async #accept(orders: readonly Order[], keys: DirectoryKeys, newest: number): Promise<void> {
    const { state, log } = this.#components
    this.#forgetOthers()
    const { order: last } = state.progress
    for (const order of orders) {
      if (order.number > last) this.#held.set(order.number, { order, expired: () => keys.time() >= order.notAfter })
      // Innocent when its receipt is still on the way.
      else log.debug('order passed over', { code: 'ORDER_REPLAYED', order: order.id, number: order.number })
    }
    this.#newest = Math.max(this.#newest, newest)
    try {
      await this.#keep()
    } catch (error) {
      if (!isPassingFault(error)) {
        this.#held.clear()
        throw error
      }
      log.error('orders wait: progress could not be written', { reason: describeError(error) })
      this.#holds.wake()
    }
  }

  /** Durable before any of it is acted on: whatever happens then, no number is acted on twice. */
  async #keep(): Promise<void> {
    const { state, log } = this.#components
    this.#forgetOthers()
    if (!this.#holding) return
    let fresh: readonly Accepted[] = []
    await state.changeProgress(({ order: last, open }) => {
      fresh = [...this.#held.values()].filter(({ order }) => order.number > last).sort(byNumber)
      const next = [...open, ...fresh.map(({ order: { id, number } }) => ({ order: id, number }))]
      if (next.length > MAX_OPEN) throw new SuretyError('QUOTA_EXCEEDED', 'too many orders at once')
      return { order: Math.max(last, this.#newest, ...this.#held.keys()), open: next }
    })
    for (const accepted of fresh) {
      const { id, number, kind } = accepted.order
      this.#held.delete(number)
      log.info('order accepted', { order: id, number, kind })
      this.#queue.push(accepted)
    }
    this.#arrived.wake()
  }

  /** Enrolled as another device since: the newest number of the one before says nothing of its orders. */
  #forgetOthers(): void {
    const device = this.#components.state.identity?.device
    if (device === this.#device) return
    this.#device = device
    this.#held.clear()
    this.#newest = 0
  }

  async #carryOut({ order, expired }: Accepted, signal: AbortSignal): Promise<Outcome> {
    if (expired()) return { outcome: 'expired', code: 'ORDER_EXPIRED' }
    const act = this.#actFor(order.kind)
    // Freezing, releasing and retiring are not built: an order that does nothing must not look done.
    if (act === undefined) return { outcome: 'refused', code: 'ORDER_REFUSED' }
    try {
      await act({ signal: AbortSignal.any([signal, AbortSignal.timeout(ACT_WITHIN_MS)]) })
      return { outcome: 'done' }
    } catch (error) {
      this.#components.log.warn('order failed', { order: order.id, reason: describeError(error) })
      return { outcome: 'failed', code: codeOf(error) ?? 'INTERNAL' }
    }
  }

  #actFor(kind: OrderKind) {
    const { act } = this.#components
    switch (kind) {
      case 'attest':
      case 'collect':
        return act[kind]
      case 'freeze':
      case 'release':
      case 'retire':
        return undefined
      default:
        return kind satisfies never
    }
  }

  async #answer(order: Pick<Order, 'id' | 'number'>, outcome: Outcome, signal: AbortSignal): Promise<void> {
    const { clock, log, state, answer } = this.#components
    // Stopped in the middle: it stays open, and the next run says that it was interrupted.
    signal.throwIfAborted()
    const time = Math.max(0, Math.trunc(clock.now()))
    await answer({ order: order.id, number: order.number, ...outcome, time }, { signal })
    try {
      await state.changeProgress(({ order: last, open }) => {
        return { order: last, open: open.filter(({ number }) => number !== order.number) }
      })
    } catch (error) {
      // It was answered all the same; the next run may say once more that it was interrupted.
      log.error('progress could not be written', { order: order.id, reason: describeError(error) })
    }
  }
}

type Outcome = Pick<Receipt, 'outcome' | 'code'>

function byNumber(one: Accepted, other: Accepted): number {
  return one.order.number - other.order.number
}
