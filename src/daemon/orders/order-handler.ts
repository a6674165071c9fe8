import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, type ErrorCode, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { runTogether } from '../../base/run-together.ts'
import { WakeUp } from '../../base/wake-up.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Receipt } from '../../protocol/messages/evidence.ts'
import { type Order, type OrderKind, orderEnvelopeReader, orderReader } from '../../protocol/messages/order.ts'
import type { StopReceipt } from '../../protocol/stop.ts'
import { isPassingFault } from '../../system/files/transient-errors.ts'
import type { Health } from '../health/health.ts'
import type { Progress } from '../state/identity.ts'
import type { State } from '../state/state.ts'
import type { DirectoryKeys } from '../stream/directory-keys.ts'
import type { Welcomed } from '../stream/handshake.ts'

/**
 * Carries out orders that are signed, newer than the last one and not expired. Each is counted durably before it is acted on. A
 * signed order that cannot be read is counted too, and answered as failed.
 */
export interface OrderHandler {
  /** Takes the pending orders of a welcome, and its number. @throws for one that the order key did not sign. */
  welcomed(welcomed: Welcomed): Promise<void>
  /** Takes one order. @throws when the order key did not sign it. */
  received(compact: string, keys: DirectoryKeys): Promise<void>
  /**
   * Answers the orders that an earlier run left open, then carries out orders one after the other. Orders about stops and approvals do
   * not wait for others.
   */
  run(options: { signal: AbortSignal }): Promise<void>
}

/** Carries out one order. It rejects when the order failed, and when `signal` aborts. */
export type OrderAction = (order: Order, options: { signal: AbortSignal }) => Promise<OrderResult | undefined>

/** What the receipt says besides. With a code the order failed all the same. */
export interface OrderResult {
  readonly receipt?: StopReceipt
  readonly code?: ErrorCode
}

export interface OrderHandlerComponents {
  readonly clock: Clock
  readonly log: Log
  readonly state: State
  readonly health: Health
  /** Undefined for a kind that this device does not carry out: such an order is refused. */
  readonly act: Readonly<Record<OrderKind, OrderAction | undefined>>
  /** Called when an order about a stop arrives. Disposed once it is answered. */
  readonly hurry?: () => Disposable
  /** Resolves once the receipt is in the spool. */
  readonly answer: (receipt: Receipt, options: { signal: AbortSignal }) => Promise<void>
}

type Numbered = Pick<Order, 'id' | 'number'>

interface AcceptedOrder extends Numbered {
  /** A code says why the order cannot be read. */
  readonly content: Order | ErrorCode
  /** By the directory's time. */
  readonly isExpired: () => boolean
}

/** Orders that do not wait for others. Carried out again, they end in the same state, so that an interruption loses none. */
const STOP_KINDS: readonly OrderKind[] = ['freeze', 'retire', 'release', 'drill']
/** Those that a person waits for do not wait for others either. */
const AT_ONCE: readonly OrderKind[] = [...STOP_KINDS, 'approval']
/** An order that takes longer counts as failed. */
const ACTION_TIMEOUT_MS = 5 * 60_000
const MAX_OPEN_ORDERS = 64
/** Orders that wait in memory until earlier ones are answered. Beyond that the connection ends, and the next welcome has them. */
const MAX_WAITING_ORDERS = 256
const RETRY_MS = 5_000

export function createOrderHandler(components: OrderHandlerComponents): OrderHandler {
  return new QueuedOrders(components)
}

class QueuedOrders implements OrderHandler {
  readonly #components: OrderHandlerComponents
  readonly #queue = new OrderQueue()
  readonly #atOnce = new OrderQueue()
  #hurried: Disposable | undefined
  /** Orders by number that are not durable yet. None is acted on before it is. */
  readonly #unsaved = new Map<number, AcceptedOrder>()
  /**
   * The number of this connection's welcome: an order up to it that the welcome did not list is over. It is not written to disk,
   * because only the acknowledgement key signed it. The number on disk is that of an order.
   */
  #overUpTo = 0
  /** The device that `#unsaved` and `#overUpTo` belong to: each device has its own order numbers. */
  #device: string | undefined
  readonly #hasUnsaved = new WakeUp()
  /** Orders that an earlier run began and did not answer. */
  readonly #interrupted: { readonly order: string; readonly number: number }[]

  constructor(components: OrderHandlerComponents) {
    this.#components = components
    const { open } = components.state.progress
    this.#interrupted = open.filter(({ again }) => again === undefined)
    for (const { again: order } of open) {
      if (order !== undefined) this.#atOnce.add({ ...numbersOf(order), content: order, isExpired: () => false })
    }
  }

  async welcomed({ welcome, keys }: Welcomed): Promise<void> {
    const orders = welcome.orders.flatMap((compact) => this.#read(compact, keys) ?? [])
    this.#forgetOtherDevice()
    // What still counts comes again on this connection, in the welcome or after it.
    this.#unsaved.clear()
    this.#overUpTo = this.#numberOf(welcome)
    await this.#accept(orders, this.#components.state.progress.order)
  }

  async received(compact: string, keys: DirectoryKeys): Promise<void> {
    const order = this.#read(compact, keys)
    if (order !== undefined)
      await this.#accept([order], Math.max(this.#components.state.progress.order, this.#overUpTo))
  }

  /** The thief of an acknowledgement key must not end all orders with one large number. */
  #numberOf({ order: number }: Welcomed['welcome']): number {
    const { state, health, log } = this.#components
    const { order: last } = state.progress
    if (number <= last + LIMITS.orderRise) return number
    health.raise('ORDERS_REFUSED')
    log.warn('the order number of the welcome is not used', { code: 'FRAME_MALFORMED', number, last })
    return 0
  }

  async run(options: { signal: AbortSignal }): Promise<void> {
    await runTogether(
      [
        (either) => this.#carryOutAll(either),
        (either) => this.#carryOutAtOnce(either),
        (either) => this.#retrySaving(either),
      ],
      options,
    )
  }

  async #carryOutAll({ signal }: { signal: AbortSignal }): Promise<void> {
    for (let open = this.#interrupted.shift(); open !== undefined; open = this.#interrupted.shift()) {
      await this.#answer({ id: open.order, number: open.number }, { outcome: 'failed', code: 'INTERRUPTED' }, signal)
    }
    while (!signal.aborted) {
      const next = await this.#queue.next(signal)
      if (next !== undefined) await this.#answer(next, await this.#carryOut(next, signal), signal)
    }
  }

  async #carryOutAtOnce({ signal }: { signal: AbortSignal }): Promise<void> {
    while (!signal.aborted) {
      const next = await this.#atOnce.next(signal)
      if (next !== undefined) await this.#answer(next, await this.#carryOut(next, signal), signal)
      if (!this.#atOnce.isEmpty) continue
      this.#hurried?.[Symbol.dispose]()
      this.#hurried = undefined
    }
  }

  /** While the disk fails, orders wait for it. The session continues, so that evidence of the fault is sent. */
  async #retrySaving({ signal }: { signal: AbortSignal }): Promise<void> {
    while (!signal.aborted) {
      if (this.#isUnsaved) await this.#components.clock.sleep(RETRY_MS, { signal }).catch(() => undefined)
      else await this.#hasUnsaved.wait({ signal })
      if (!signal.aborted) await this.#save().catch(() => undefined)
    }
  }

  get #isUnsaved(): boolean {
    return Math.max(0, ...this.#unsaved.keys()) > this.#components.state.progress.order
  }

  /**
   * @returns undefined for an order of another device or epoch, and where not even these can be read.
   * @throws when the order key did not sign it.
   */
  #read(compact: string, keys: DirectoryKeys): AcceptedOrder | undefined {
    const { identity } = this.#components.state
    let json: string
    try {
      json = keys.verify('order', compact)
    } catch (error) {
      this.#warn(error)
      throw error
    }
    try {
      const { id, number, device, epoch } = orderEnvelopeReader.readJson(json)
      if (device !== identity?.device || epoch !== identity.epoch) {
        throw new SuretyError('ORDER_REFUSED', `the order ${id} is for another device or epoch`)
      }
      return { id, number, ...this.#contentOf(json, keys) }
    } catch (error) {
      this.#warn(error)
      return undefined
    }
  }

  #contentOf(json: string, keys: DirectoryKeys): Pick<AcceptedOrder, 'content' | 'isExpired'> {
    try {
      const order = orderReader.readCanonicalJson(json)
      if (STOP_KINDS.includes(order.kind)) this.#hurried ??= this.#components.hurry?.()
      return { content: order, isExpired: () => keys.time() >= order.notAfter }
    } catch (error) {
      this.#warn(error)
      return { content: codeOf(error) ?? 'FRAME_MALFORMED', isExpired: () => false }
    }
  }

  #warn(error: unknown): void {
    const { health, log } = this.#components
    health.raise('ORDERS_REFUSED')
    log.warn('order refused', { code: codeOf(error), reason: describeError(error) })
  }

  /** @param over orders up to this number are over. */
  async #accept(orders: readonly AcceptedOrder[], over: number): Promise<void> {
    const { log } = this.#components
    this.#forgetOtherDevice()
    for (const order of orders) {
      if (order.number > over) this.#unsaved.set(order.number, order)
      // This is normal while the receipt of the order is still in the spool.
      else log.debug('order already handled', { code: 'ORDER_REPLAYED', order: order.id, number: order.number })
    }
    if (this.#unsaved.size > MAX_WAITING_ORDERS) {
      this.#unsaved.clear()
      throw new SuretyError('QUOTA_EXCEEDED', 'too many orders at once')
    }
    try {
      await this.#save()
    } catch (error) {
      if (!isPassingFault(error)) {
        this.#unsaved.clear()
        throw error
      }
      log.error('orders wait: progress could not be written', { reason: describeError(error) })
      this.#hasUnsaved.wake()
    }
  }

  /**
   * Makes order numbers durable before any of these orders is acted on, so that no order is acted on twice. Where too many are
   * open, the later ones wait.
   */
  async #save(): Promise<void> {
    const { state, log } = this.#components
    this.#forgetOtherDevice()
    if (!this.#isUnsaved || state.progress.open.length >= MAX_OPEN_ORDERS) return
    let fresh: readonly AcceptedOrder[] = []
    await state.changeProgress(({ order: last, open }) => {
      fresh = [...this.#unsaved.values()]
        .filter(({ number }) => number > last)
        .sort(byNumber)
        .slice(0, MAX_OPEN_ORDERS - open.length)
      return { order: fresh.at(-1)?.number ?? last, open: [...open, ...fresh.map(openOrder)] }
    })
    for (const accepted of fresh) {
      const { id, number, content } = accepted
      this.#unsaved.delete(number)
      const queue = isAtOnce(content) ? this.#atOnce : this.#queue
      log.info('order accepted', { order: id, number, kind: typeof content === 'string' ? content : content.kind })
      queue.add(accepted)
    }
  }

  /** After an enrolment as another device, the numbers of the earlier device mean nothing. */
  #forgetOtherDevice(): void {
    const device = this.#components.state.identity?.device
    if (device === this.#device) return
    this.#device = device
    this.#unsaved.clear()
    this.#overUpTo = 0
  }

  async #carryOut({ content: order, isExpired }: AcceptedOrder, signal: AbortSignal): Promise<Outcome> {
    if (typeof order === 'string') return { outcome: 'failed', code: order }
    if (isExpired()) return { outcome: 'expired', code: 'ORDER_EXPIRED' }
    const act = this.#components.act[order.kind]
    // An order that does nothing must not look done.
    if (act === undefined) return { outcome: 'refused', code: 'ORDER_REFUSED' }
    try {
      const result = await act(order, { signal: AbortSignal.any([signal, AbortSignal.timeout(ACTION_TIMEOUT_MS)]) })
      const { receipt, code } = result ?? {}
      const stop = receipt === undefined ? {} : { stop: receipt }
      return code === undefined ? { outcome: 'done', ...stop } : { outcome: 'failed', code, ...stop }
    } catch (error) {
      this.#components.log.warn('order failed', { order: order.id, reason: describeError(error) })
      return { outcome: 'failed', code: codeOf(error) ?? 'INTERNAL' }
    }
  }

  async #answer(order: Numbered, outcome: Outcome, signal: AbortSignal): Promise<void> {
    const { clock, log, state, answer } = this.#components
    // An order that is interrupted here stays open. The next run answers it as interrupted.
    signal.throwIfAborted()
    const time = Math.max(0, Math.trunc(clock.now()))
    await answer({ order: order.id, number: order.number, ...outcome, time }, { signal })
    try {
      await state.changeProgress(({ order: last, open }) => {
        return { order: last, open: open.filter(({ number }) => number !== order.number) }
      })
      // There is room for an order that waits.
      await this.#save()
    } catch (error) {
      // The receipt is durable. At worst the next run answers once more, as interrupted.
      log.error('progress could not be written', { order: order.id, reason: describeError(error) })
    }
  }
}

/** First in, first out. */
class OrderQueue {
  readonly #orders: AcceptedOrder[] = []
  readonly #added = new WakeUp()

  get isEmpty(): boolean {
    return this.#orders.length === 0
  }

  add(order: AcceptedOrder): void {
    this.#orders.push(order)
    this.#added.wake()
  }

  /** @returns undefined when it was woken for nothing, or the signal is aborted. */
  async next(signal: AbortSignal): Promise<AcceptedOrder | undefined> {
    if (this.#orders.length === 0) await this.#added.wait({ signal })
    return this.#orders.shift()
  }
}

function numbersOf({ id, number }: Numbered): Numbered {
  return { id, number }
}

/** One that cannot be read is answered at once too. */
function isAtOnce(content: AcceptedOrder['content']): boolean {
  return typeof content === 'string' || AT_ONCE.includes(content.kind)
}

function openOrder({ id, number, content }: AcceptedOrder): Progress['open'][number] {
  const again = typeof content !== 'string' && STOP_KINDS.includes(content.kind) ? { again: content } : {}
  return { order: id, number, ...again }
}

type Outcome = Pick<Receipt, 'outcome' | 'code' | 'stop'>

function byNumber(one: Numbered, other: Numbered): number {
  return one.number - other.number
}
