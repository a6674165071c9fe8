import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import { MESSAGE_MEDIA, type MessageDelivery, type MessageMedium } from '../../protocol/nouns/directory/messages.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { Human, HumanStore } from '../humans/human-store.ts'
import { isGivenUp, waitMsAfter } from '../webhooks/back-off.ts'
import type { Medium, SendOutcome } from './media.ts'
import type { MessageStore, StoredMessage } from './message-store.ts'
import type { Schedule } from './schedule.ts'

/** Sends the messages of each medium one after the other, urgent ones first. Each is sent at least once. */

export type Media = { readonly [M in MessageMedium]?: Medium }

export interface SendComponents
  extends ActComponents<{
    readonly messages: MessageStore
    readonly humans: Pick<HumanStore, 'get'>
  }> {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly random: Random
  readonly log: Pick<Log, 'warn'>
  readonly media: Media
  readonly schedule: Pick<Schedule, 'quietUntil'>
  /** Undefined until the console listens. */
  readonly origin: () => string | undefined
}

export interface MessageSending {
  /** Sends the next message that is due. @returns false if there is none for now. */
  step(medium: string, signal: AbortSignal): Promise<boolean>
  /** Sends a harmless message at once, and stores nothing. Undefined: this medium has no settings. */
  test(medium: MessageMedium, address: string | undefined, signal: AbortSignal): Promise<MessageDelivery | undefined>
}

export function messageSending(components: SendComponents): MessageSending {
  return new Sending(components)
}

class Sending implements MessageSending {
  readonly #components: SendComponents
  /** A server that failed is left alone for a while, except by urgent messages. By the monotonic clock. */
  readonly #heldUntil = new Map<string, number>()

  constructor(components: SendComponents) {
    this.#components = components
  }

  async step(name: string, signal: AbortSignal): Promise<boolean> {
    const { store, clock, media, schedule, origin: originNow } = this.#components
    const kind = MESSAGE_MEDIA.find((one) => one === name)
    const medium = kind && media[kind]
    const origin = originNow()
    if (kind === undefined || medium === undefined || origin === undefined) return false
    const now = clock.now()
    const isHeld = (this.#heldUntil.get(kind) ?? 0) > clock.monotonic()
    const onlyUrgent = isHeld || schedule.quietUntil(now) !== undefined
    const message = await store.messages.next(kind, { now, onlyUrgent })
    if (message === undefined) return false
    const { id, content, address } = message
    const unwanted = await this.#isUnwanted(message)
    const outcome = unwanted ?? (await medium.send({ id, content, address, origin }, signal))
    // What was cut off by the end of the directory is no failure of the server.
    if (signal.aborted && !outcome.delivered) return false
    await this.#store(message, outcome)
    return outcome.delivered || outcome.isFinal === true || outcome.onlyThis === true
  }

  async test(
    kind: MessageMedium,
    address: string | undefined,
    signal: AbortSignal,
  ): Promise<MessageDelivery | undefined> {
    const { clock, media, random, origin } = this.#components
    const medium = media[kind]
    if (medium === undefined) return undefined
    const content = { subject: 'Surety: a test', sections: [] }
    const startedAt = clock.monotonic()
    const { delivered, problem } = await medium.send(
      { id: newId('msg', random), content, address, origin: origin() ?? 'http://localhost' },
      signal,
    )
    const ms = Math.round(clock.monotonic() - startedAt)
    return { medium: kind, delivered, ms, ...(problem === undefined ? {} : { problem }) }
  }

  /** Somebody may have left, or turned mail off, since. */
  async #isUnwanted({ medium, recipient }: StoredMessage): Promise<Attempt | undefined> {
    if (medium !== 'mail') return undefined
    const { store } = this.#components
    if (await store.messages.isMailOff(recipient)) return unwanted('mail was turned off')
    const human: Human | undefined = recipient.startsWith('hum_') ? await store.humans.get(recipient) : undefined
    return human !== undefined && human.status !== 'active' ? unwanted('the person is not active any more') : undefined
  }

  async #store({ id }: StoredMessage, outcome: Attempt): Promise<void> {
    const { store, clock, log, random } = this.#components
    const at = clock.now()
    const waitMs = outcome.waitMs
    const failed = await store.transaction(async () => {
      const message = await store.messages.get(id)
      if (message === undefined || message.state !== 'waiting') return undefined
      const after = afterAttempt(message, outcome, { at, waitMs: (attempts) => waitMsAfter(attempts, waitMs, random) })
      await store.messages.update(after)
      if (after.state !== 'failed' || outcome.isUnwanted === true) return { after }
      const details = detailsOf(after)
      await store.audit.add({ at, actor: 'directory', act: 'message-failed', subject: id, details })
      return { after, details }
    })
    if (failed === undefined) return
    const { after, details } = failed
    if (details !== undefined) log.warn('a message was given up: its server did not take it', details)
    if (after.state === 'sent') this.#heldUntil.delete(after.medium)
    else if (outcome.onlyThis !== true && after.nextAttemptAt !== undefined) {
      this.#heldUntil.set(after.medium, clock.monotonic() + after.nextAttemptAt - at)
    }
  }
}

interface Attempt extends SendOutcome {
  /** Nobody is told that it failed. */
  readonly isUnwanted?: true
}

function unwanted(problem: string): Attempt {
  return { delivered: false, problem, isFinal: true, onlyThis: true, isUnwanted: true }
}

function afterAttempt(
  { nextAttemptAt: _, problem: __, ...message }: StoredMessage,
  { delivered, problem = 'failed', isFinal = false }: SendOutcome,
  { at, waitMs }: { readonly at: number; readonly waitMs: (attempts: number) => number },
): StoredMessage {
  const attempts = message.attempts + 1
  if (delivered) return { ...message, attempts, state: 'sent', settledAt: at }
  const failingSince = Math.min(message.failingSince ?? at, at)
  const failing = { ...message, attempts, failingSince, problem }
  if (isFinal || isGivenUp({ at, attempts, failingSince })) return { ...failing, state: 'failed', settledAt: at }
  return { ...failing, nextAttemptAt: at + waitMs(attempts) }
}

function detailsOf({ id, medium, recipient, recipientName, attempts, problem = '' }: StoredMessage) {
  return { message: id, medium, recipient, recipientName, attempts, problem }
}
