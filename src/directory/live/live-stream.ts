import { Readable } from 'node:stream'
import { type Bytes, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { mayDo, type Principal } from '../../protocol/noun/permissions.ts'
import {
  type LiveMessages,
  MOST_LIVE_EVENTS,
  MOST_LIVE_STOPS,
  MOST_LIVE_WORDS,
} from '../../protocol/nouns/directory/live.ts'
import { factWords } from '../../view/events/event-words.ts'
import type { EventStore } from '../activity/event-store.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

/** What consoles listen to: one text for all listeners, made only while there is one. */

export interface LiveStreamComponents {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly log: Pick<Log, 'error'>
  readonly summary: () => Promise<LiveMessages['summary']>
  readonly store: { readonly events: Pick<EventStore, 'after' | 'newest'> }
  readonly stops: { list(request: ListRequest): Promise<Listed<Stop>> }
}

type Stop = LiveMessages['stops']['items'][number]
type Event = LiveMessages['events']['items'][number]

export interface LiveStream extends AsyncDisposable {
  /**
   * Server-sent events that begin with the summary. They end once `principalNow` returns none, or one who may see other things.
   *
   * @throws `QUOTA_EXCEEDED` for too many listeners.
   */
  open(listener: Pick<Listener, 'principal' | 'principalNow'>): Promise<Readable>
}

interface Listener {
  readonly principal: Principal
  /** The principal of the request, if it would still be answered. */
  readonly principalNow: () => Promise<Principal | undefined>
  readonly stream: Readable
  /** The turn in which it was opened: its heartbeats are as far apart from those of others. */
  readonly since: number
}

const MOST_LISTENERS = 1_000
/** At most one message a turn. */
const TURN_MS = 250
const TURNS: readonly (keyof LiveMessages)[] = ['events', 'stops', 'events', 'summary']
const HEARTBEAT_TURNS = 15_000 / TURN_MS
/** A listener that leaves more unread is dropped. */
const MOST_UNREAD_BYTES = 512 * 1024
const MOST_EVENT_BYTES = 128 * 1024
/** Until a listener that was dropped, or lost the connection, asks again. */
const RETRY_MS = 3_000
/** The summary may take this part of the time. */
const SUMMARY_SHARE = 1 / 20
const SUMMARY_EVERY_MS = 1_000

const HEARTBEAT = utf8(': still here\n\n')

export function liveStream(components: LiveStreamComponents): LiveStream {
  return new OneTextForAll(components)
}

class OneTextForAll implements LiveStream {
  readonly #components: LiveStreamComponents
  readonly #listeners = new Set<Listener>()
  readonly #ended = new AbortController()
  #turn = 0
  #running: Promise<void> | undefined
  /** Where the next messages continue. Undefined: while nobody listens. */
  #before: { event: number; stops: ReadonlyMap<string, string> } | undefined
  #summary = { told: '', message: utf8(''), at: Number.NEGATIVE_INFINITY, costMs: 0 }
  #counting: Promise<void> | undefined

  constructor(components: LiveStreamComponents) {
    this.#components = components
  }

  async open({ principal, principalNow }: Pick<Listener, 'principal' | 'principalNow'>): Promise<Readable> {
    if (this.#listeners.size >= MOST_LISTENERS) {
      throw new SuretyError('QUOTA_EXCEEDED', `${MOST_LISTENERS} consoles listen already`)
    }
    // Read before the first message is sent: what happens after it is told.
    const before = this.#before ?? { event: await this.#components.store.events.newest(), stops: await this.#stops() }
    await this.#countAgain()
    const stream = new Readable({ read: () => undefined })
    const listener = { principal, principalNow, stream, since: this.#turn }
    stream.once('close', () => this.#listeners.delete(listener))
    stream.push(utf8(`retry: ${RETRY_MS}\n\n`))
    stream.push(this.#summary.message)
    if (this.#ended.signal.aborted) stream.push(null)
    else {
      this.#listeners.add(listener)
      this.#before ??= before
      this.#running ??= this.#run()
    }
    return stream
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#components
    const { signal } = this.#ended
    while (this.#listeners.size > 0 && !signal.aborted) {
      await clock.sleep(TURN_MS, { signal }).catch(() => undefined)
      if (signal.aborted) break
      try {
        await this.#tell(TURNS[this.#turn % TURNS.length] ?? 'summary')
        await this.#beat()
      } catch (error) {
        log.error('no message could be sent to consoles', { reason: describeError(error) })
      }
      this.#turn++
    }
    this.#before = undefined
    this.#running = undefined
  }

  async #tell(what: keyof LiveMessages): Promise<void> {
    if (what === 'summary') await this.#tellSummary()
    else if (what === 'events') await this.#tellEvents()
    else await this.#tellStops()
  }

  async #tellSummary(): Promise<void> {
    const { message } = this.#summary
    await this.#countAgain()
    if (this.#summary.message !== message) this.#send(this.#summary.message)
  }

  /** Requests that come together wait for one count. */
  #countAgain(): Promise<void> {
    const { at, costMs } = this.#summary
    const waitMs = Math.max(SUMMARY_EVERY_MS, costMs / SUMMARY_SHARE)
    // The turns are not exactly as far apart as they should be.
    if (this.#components.clock.monotonic() - at < waitMs - TURN_MS / 2) return Promise.resolve()
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined
    })
    return this.#counting
  }

  async #count(): Promise<void> {
    const { clock, summary } = this.#components
    const start = clock.monotonic()
    const data = await summary()
    const at = clock.monotonic()
    const told = JSON.stringify({ ...data, time: 0 })
    const message = told === this.#summary.told ? this.#summary.message : messageOf('summary', data)
    this.#summary = { told, message, at, costMs: at - start }
  }

  async #tellEvents(): Promise<void> {
    const before = this.#before
    const newest = await this.#components.store.events.newest()
    if (before === undefined || newest <= before.event) return
    const from = Math.max(before.event, newest - MOST_LIVE_EVENTS)
    const events = await this.#components.store.events.after(from, MOST_LIVE_EVENTS)
    const items = newestWithin(MOST_EVENT_BYTES, events.map(withWords))
    const leftOut = from - before.event + events.length - items.length
    this.#send(messageOf('events', { items, leftOut }), 'audit')
    before.event = events.at(-1)?.id ?? newest
  }

  async #tellStops(): Promise<void> {
    const before = this.#before
    if (before === undefined) return
    const stops = await this.#stops()
    const changed = [...stops].flatMap(([id, json]) =>
      before.stops.get(id) === json ? [] : [JSON.parse(json) as Stop],
    )
    before.stops = stops
    if (changed.length > 0) this.#send(messageOf('stops', { items: changed }), 'audit')
  }

  /** The newest, as JSON by id. */
  async #stops(): Promise<ReadonlyMap<string, string>> {
    const { items } = await this.#components.stops.list({ limit: MOST_LIVE_STOPS })
    return new Map(items.map((stop) => [stop.id, JSON.stringify(stop)]))
  }

  #send(message: Bytes, to: 'view' | 'audit' = 'view'): void {
    for (const listener of this.#listeners) {
      const { principal, stream } = listener
      if (!mayDo(principal.role, to)) continue
      stream.push(message)
      if (stream.readableLength > MOST_UNREAD_BYTES) this.#end(listener)
    }
  }

  /** Those whose turn it is, so that not all of them cost something at the same time. */
  async #beat(): Promise<void> {
    for (const listener of this.#listeners) {
      const { principal, principalNow, stream, since } = listener
      if (this.#turn === since || (this.#turn - since) % HEARTBEAT_TURNS !== 0) continue
      const now = await principalNow()
      if (now?.role === principal.role) stream.push(HEARTBEAT)
      else this.#end(listener)
    }
  }

  #end(listener: Listener): void {
    this.#listeners.delete(listener)
    listener.stream.push(null)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    for (const listener of this.#listeners) this.#end(listener)
    await this.#running
  }
}

function withWords(event: Omit<Event, 'words'>): Event {
  return { ...event, words: factWords(event.facts).slice(0, MOST_LIVE_WORDS) }
}

/** At least the newest one. */
function newestWithin(bytes: number, events: readonly Event[]): Event[] {
  let left = bytes
  const first = events.findLastIndex((event) => {
    left -= JSON.stringify(event).length
    return left < 0
  })
  return events.slice(Math.min(first + 1, events.length - 1))
}

function messageOf<K extends keyof LiveMessages>(name: K, data: LiveMessages[K]): Bytes {
  return utf8(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
}
