import type { Clock } from '../../base/clock.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { DirectoryEvent } from '../../protocol/nouns/directory/events.ts'
import type { WebhookDelivery } from '../../protocol/nouns/directory/webhooks.ts'
import type { EventStore } from '../activity/event-store.ts'
import type { ActComponents } from '../audit/act-components.ts'
import { isGivenUp, LONGEST_WAIT_MS, waitMsAfter } from './back-off.ts'
import type { Outcome, Posted } from './post.ts'
import type { SecretBox } from './secret-box.ts'
import { headersOf } from './signature.ts'
import type { StoredWebhook, WebhookStore } from './webhook-store.ts'
import { ALL_EVENTS, validOf } from './webhooks.ts'

/**
 * Sends events to webhooks: of each webhook one at a time, in the order of their ids, each at least once. The place in the events is
 * stored after the answer, so that an event is sent again if the directory ends in between.
 */

export interface DeliverComponents
  extends ActComponents<{
    readonly webhooks: WebhookStore
    readonly events: Pick<EventStore, 'after' | 'newest'>
  }> {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly random: Random
  readonly log: Pick<Log, 'warn'>
  readonly box: SecretBox
  /** Never throws. */
  readonly post: (message: Posted, signal: AbortSignal) => Promise<Outcome>
}

export interface Delivering {
  /** Sends the next event that is due. @returns false if there is none for now. */
  step(id: string, signal: AbortSignal): Promise<boolean>
  /** Sends a message of type `test` at once. Who asked for it is entered first. @throws `NOT_FOUND`, `KEY_MALFORMED`. */
  test(id: string, actor: string, signal: AbortSignal): Promise<WebhookDelivery>
}

export interface DeliveriesComponents {
  readonly log: Pick<Log, 'error'>
  readonly delivering: Pick<Delivering, 'step'>
  /** Webhooks, or what else is sent to on its own. */
  readonly webhooks: () => Promise<readonly { readonly id: string }[]>
  /** The log's message for what `step` throws. */
  readonly failure?: string
}

export interface Deliveries {
  /** The work of a worker: begins with each webhook that nothing is being sent to. */
  begin(): Promise<false>
  /** Once nothing is being sent. */
  ended(): Promise<void>
}

const GONE = 410
const READ_AT_ONCE = 200
/** An idle webhook stores its place after so many events of other kinds. */
const STORE_PLACE_EVERY = 1_000

export function delivering(components: DeliverComponents): Delivering {
  return new WebhookDelivering(components)
}

class WebhookDelivering implements Delivering {
  readonly #components: DeliverComponents
  /** Where webhooks have looked for events of their kinds. Beyond the stored place. */
  readonly #looked = new Map<string, number>()

  constructor(components: DeliverComponents) {
    this.#components = components
  }

  async step(id: string, signal: AbortSignal): Promise<boolean> {
    const { store, clock } = this.#components
    const webhook = await store.webhooks.get(id)
    if (webhook === undefined || webhook.disabledAt !== undefined || this.#waits(webhook)) return false
    const found = await this.#next(webhook)
    if (found === undefined) return false
    if (found.event === undefined) return true
    const { event } = found
    const startedAt = clock.monotonic()
    const outcome = await this.#send(webhook, messageOf(event), signal)
    // What was cut off by the end of the directory is no failure of the receiver.
    if (signal.aborted && !outcome.delivered) return false
    await this.#store(webhook.id, event, { outcome, ms: Math.round(clock.monotonic() - startedAt) })
    return outcome.delivered
  }

  async test(id: string, actor: string, signal: AbortSignal): Promise<WebhookDelivery> {
    const { store, clock, random } = this.#components
    const at = clock.now()
    const webhook = await store.transaction(async () => {
      const found = await store.webhooks.get(id)
      if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no webhook ${id}`)
      const details = { webhook: id, host: new URL(found.url).host }
      await store.audit.add({ at, actor, act: 'webhook-tested', subject: id, details })
      return found
    })
    const startedAt = clock.monotonic()
    const body = JSON.stringify({ type: 'test', timestamp: new Date(at).toISOString(), data: { webhook: id } })
    const outcome = await this.#send(webhook, { id: newId('whk', random).replace(/^whk/, 'test'), body }, signal)
    const delivery = deliveryOf(outcome, { at, ms: Math.round(clock.monotonic() - startedAt) })
    await store.transaction(async () => {
      if ((await store.webhooks.get(id)) !== undefined) await store.webhooks.addDelivery(id, delivery)
    })
    return delivery
  }

  /** A time that is further away than any back-off is of another clock. */
  #waits({ nextAttemptAt = 0 }: StoredWebhook): boolean {
    const left = nextAttemptAt - this.#components.clock.now()
    return left > 0 && left <= 2 * LONGEST_WAIT_MS
  }

  /** Undefined if no event is left. Without `event` there is more to look through. */
  async #next(webhook: StoredWebhook): Promise<{ readonly event?: DirectoryEvent } | undefined> {
    const { store } = this.#components
    const from = Math.max(webhook.position, this.#looked.get(webhook.id) ?? 0)
    const events = await store.events.after(from, READ_AT_ONCE)
    const event = events.find(({ kind }) => webhook.events.includes(kind) || webhook.events.includes(ALL_EVENTS))
    if (event !== undefined) return { event }
    const last = events.at(-1)?.id
    if (last === undefined) return undefined
    this.#looked.set(webhook.id, last)
    if (last - webhook.position >= STORE_PLACE_EVERY) {
      await store.transaction(async () => {
        // It may have been removed, changed or rotated meanwhile.
        const now = await store.webhooks.get(webhook.id)
        if (now !== undefined) await store.webhooks.update({ ...now, position: Math.max(now.position, last) })
      })
    }
    return {}
  }

  async #send(
    webhook: StoredWebhook,
    { id, body }: { readonly id: string; readonly body: string },
    signal: AbortSignal,
  ): Promise<Outcome & { readonly isFinal?: boolean }> {
    const { clock, box, post } = this.#components
    const { url, ca, secret } = webhook
    const now = clock.now()
    try {
      const old = validOf(webhook, now).map((one) => one.secret)
      const secrets = [secret, ...old].map((one) => box.open(one, webhook.id))
      const headers = headersOf({ id, time: Math.floor(now / 1000), body }, secrets)
      return await post({ url, ca, headers, body }, signal)
    } catch (error) {
      return { delivered: false, problem: describeError(error).slice(0, 500), isFinal: true }
    }
  }

  async #store(
    id: string,
    event: DirectoryEvent,
    { outcome, ms }: { readonly outcome: Outcome & { readonly isFinal?: boolean }; readonly ms: number },
  ): Promise<void> {
    const { store, clock, log } = this.#components
    const at = clock.now()
    const disabled = await store.transaction(async () => {
      // It may have been removed, enabled or rotated meanwhile.
      const webhook = await store.webhooks.get(id)
      if (webhook === undefined) return undefined
      await store.webhooks.addDelivery(id, { ...deliveryOf(outcome, { at, ms }), event: event.id })
      if (outcome.delivered) {
        const { failingSince: _, nextAttemptAt: __, problem: ___, ...rest } = webhook
        const position = Math.max(webhook.position, event.id)
        await store.webhooks.update({ ...rest, attempts: 0, deliveredAt: at, position })
        return undefined
      }
      const failed = await this.#failed(webhook, outcome, at)
      await store.webhooks.update(failed)
      return failed.disabledAt === at ? detailsOf(failed) : undefined
    })
    if (disabled !== undefined) log.warn('a webhook was disabled: its receiver did not take events', disabled)
  }

  async #failed(
    before: StoredWebhook,
    outcome: Outcome & { readonly isFinal?: boolean },
    at: number,
  ): Promise<StoredWebhook> {
    const attempts = before.attempts + 1
    const failingSince = Math.min(before.failingSince ?? at, at)
    const problem = outcome.problem ?? 'failed'
    const failing = { ...before, attempts, failingSince, problem }
    const isFinal = outcome.status === GONE || outcome.isFinal === true
    if (isFinal || isGivenUp({ at, attempts, failingSince })) return this.#disabled(failing, at)
    return { ...failing, nextAttemptAt: at + waitMsAfter(attempts, outcome.waitMs, this.#components.random) }
  }

  async #disabled(webhook: StoredWebhook, at: number): Promise<StoredWebhook> {
    const { audit } = this.#components.store
    const details = detailsOf(webhook)
    await audit.add({ at, actor: 'directory', act: 'webhook-disabled', subject: webhook.id, details })
    return { ...webhook, disabledAt: at }
  }
}

/** Of one that is disabled. */
function detailsOf({ id, url, problem = '', attempts }: StoredWebhook) {
  return { webhook: id, host: new URL(url).host, problem, attempts }
}

/** Sends the events of all webhooks side by side, until the signal is aborted: a slow receiver keeps no other one waiting. */
export function deliveries(
  { log, delivering, webhooks, failure = 'events could not be sent to a webhook' }: DeliveriesComponents,
  { signal }: { readonly signal: AbortSignal },
): Deliveries {
  const busy = new Map<string, Promise<void>>()
  const send = async (id: string) => {
    try {
      while (!signal.aborted && (await delivering.step(id, signal))) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    } catch (error) {
      log.error(failure, { to: id, error: describeError(error) })
    } finally {
      busy.delete(id)
    }
  }
  return {
    async begin() {
      for (const { id } of await webhooks()) if (!busy.has(id)) busy.set(id, send(id))
      return false
    },
    async ended() {
      await Promise.all(busy.values())
    },
  }
}

function messageOf(event: DirectoryEvent): { readonly id: string; readonly body: string } {
  const { id, kind, time } = event
  const body = JSON.stringify({ type: kind, timestamp: new Date(time).toISOString(), data: event })
  // After a restored backup another event may have the id, at another time.
  return { id: `evt_${id}_${time}`, body }
}

function deliveryOf(
  { delivered, status, problem }: Outcome,
  { at, ms }: { readonly at: number; readonly ms: number },
): WebhookDelivery {
  return {
    at,
    delivered,
    ms,
    ...(status === undefined ? {} : { status }),
    ...(problem === undefined ? {} : { problem }),
  }
}
