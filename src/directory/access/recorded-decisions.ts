import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { member } from '../../base/json-object.ts'
import { reader } from '../../base/schema.ts'
import type { CedarPolicy } from '../../cedar/cedar-policy.ts'
import {
  ACCESS_DECIDED,
  type DecisionReason,
  type EvaluationRequest,
  evaluationSchema,
} from '../../protocol/nouns/directory/decisions.ts'
import { type Acting, actingAs, actingNow } from '../acting/acting.ts'
import type { Happening } from '../record/entry.ts'
import type { RecordStore } from '../record/record-store.ts'
import { saidIn } from './cedar-request.ts'
import type { Facts, Unknown } from './facts.ts'

/**
 * Decisions as entries of the record. A decision is durable before it is answered. The same answer to the same question within ten
 * minutes is counted, and the count is a second entry at the end of that time. An answer that changes is an entry at once.
 */
export interface RecordedDecisions {
  /** @throws `STORE_FAILED`: then nothing may be answered. */
  enter(decided: Decided): Promise<void>
  /** Enters the counts whose time is over. @returns whether there may be more. */
  settle(): Promise<boolean>
  /** The different questions since a time, the newest first. `isCut`: there were more entries than are read. */
  questionsSince(
    from: number,
    limit: number,
  ): Promise<{ readonly questions: readonly AskedQuestion[]; readonly isCut: boolean }>
}

export interface Decided {
  readonly request: EvaluationRequest
  readonly policy: CedarPolicy
  readonly version: number
  readonly isAllowed: boolean
  readonly reasons: readonly DecisionReason[]
  readonly facts: Facts | Unknown
}

/** A question, and how often it was asked. */
export interface AskedQuestion {
  readonly request: EvaluationRequest
  readonly times: number
}

export interface RecordedDecisionsComponents {
  readonly store: {
    readonly record: Pick<RecordStore, 'add' | 'list'>
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly clock: Pick<Clock, 'now'>
}

const WINDOW_MS = 10 * 60_000
/** More different ones within ten minutes are an entry each time. */
const MOST_WINDOWS = 10_000
/** In one transaction. */
const AT_ONCE = 200
/** Of a question in JSON. What the server says goes first. */
const MOST_LENGTH = 4_096
const PAGE = 500
const MOST_READ = 50_000

/** Of one answer to one question, by one server. */
interface Window {
  readonly key: string
  readonly happening: Happening
  readonly acting: Acting | undefined
  readonly from: number
  readonly entered: Promise<void>
  last: number
  /** Answers that are no entry yet. */
  repeats: number
}

interface Waiting {
  readonly happening: Happening
  readonly acting: Acting | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const questionReader = reader(evaluationSchema, {
  name: 'recorded question',
  limits: { maxBytes: MOST_LENGTH * 4, maxDepth: 16 },
})

export function recordedDecisions({ store, clock }: RecordedDecisionsComponents): RecordedDecisions {
  /** Those that count. One that is over stays in `windows` until its count is an entry. */
  const counting = new Map<string, Window>()
  const windows = new Set<Window>()
  let waiting: Waiting[] = []
  let isWriting = false

  /** Those that wait share one transaction. */
  const write = async () => {
    if (isWriting) return
    isWriting = true
    // Those that are decided in this turn of the loop come too.
    await turn()
    while (waiting.length > 0) {
      const group = waiting.slice(0, AT_ONCE)
      waiting = waiting.slice(AT_ONCE)
      try {
        await store.transaction(async () => {
          for (const { happening, acting } of group) await actingAs(acting, () => store.record.add(happening))
        })
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    isWriting = false
  }
  const enterDurably = (happening: Happening, acting: Acting | undefined) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ happening, acting, resolve, reject })
      void write()
    })
  const drop = (window: Window) => {
    windows.delete(window)
    if (counting.get(window.key) === window) counting.delete(window.key)
  }
  const settleSome = async (isDue: (window: Window) => boolean) => {
    const due = [...windows].filter(isDue)
    const some = due.slice(0, AT_ONCE)
    const counted = some.filter(({ repeats }) => repeats > 0).map((window) => ({ window, ...countOf(window) }))
    if (counted.length > 0) {
      await store.transaction(async () => {
        for (const { window, happening } of counted) {
          await actingAs(window.acting, () => store.record.add(happening))
        }
      })
    }
    // What was asked meanwhile stays.
    for (const { window, times } of counted) window.repeats -= times
    for (const window of some) if (window.repeats === 0) drop(window)
    return due.length > some.length
  }
  return {
    async enter(decided) {
      const now = clock.now()
      const acting = actingNow()
      const happening = happeningOf(decided, acting, now)
      const key = JSON.stringify([happening.actor, happening.outcome, happening.details])
      const open = counting.get(key)
      if (open !== undefined && !isOver(open, now)) {
        await open.entered
        open.repeats++
        open.last = now
        return
      }
      const entered = enterDurably(happening, acting)
      if (windows.size < MOST_WINDOWS) {
        const window = { key, happening, acting, from: now, entered, last: now, repeats: 0 }
        windows.add(window)
        counting.set(key, window)
        entered.catch(() => drop(window))
      } else counting.delete(key)
      await entered
    },
    async settle() {
      const now = clock.now()
      return settleSome((window) => isOver(window, now))
    },
    async questionsSince(from, limit) {
      const counted = ({ repeats }: Window) => repeats > 0
      for (let turns = 0; turns < MOST_WINDOWS / AT_ONCE && (await settleSome(counted)); turns++);
      const found = new Map<string, { readonly request: EvaluationRequest; times: number }>()
      let read = 0
      let cursor: string | undefined
      do {
        const page = await store.record.list({
          act: ACCESS_DECIDED,
          since: from,
          limit: PAGE,
          ...member('cursor', cursor),
        })
        for (const { details = {} } of page.items) {
          // Null once the key of the person was destroyed.
          if (typeof details.asked !== 'string') continue
          const before = found.get(details.asked)
          const times = typeof details.times === 'number' ? details.times : 1
          if (before !== undefined) before.times += times
          else if (found.size < limit)
            found.set(details.asked, { request: questionReader.readJson(details.asked), times })
        }
        read += page.items.length
        cursor = page.next
        await turn()
      } while (cursor !== undefined && read < MOST_READ)
      return { questions: [...found.values()], isCut: cursor !== undefined }
    },
  }
}

/** Also after a clock that was set back. */
function isOver({ from }: Window, now: number): boolean {
  return Math.abs(now - from) >= WINDOW_MS
}

function countOf({ happening, from, last, repeats }: Window): {
  readonly happening: Happening
  readonly times: number
} {
  const details = { ...happening.details, times: repeats, since: from }
  return { happening: { ...happening, at: last, details }, times: repeats }
}

function happeningOf(
  { request, policy, version, isAllowed, reasons, facts }: Decided,
  acting: Acting | undefined,
  now: number,
): Happening {
  const { subject, agent, device } = 'unknown' in facts ? {} : facts
  return {
    at: now,
    act: ACCESS_DECIDED,
    actor: acting?.principal?.id ?? 'directory',
    subject: subject && ('person' in subject ? subject.person.id : subject.service.id),
    ...(subject === undefined ? { about: request.subject.id } : {}),
    device: device?.id,
    outcome: isAllowed ? 'allow' : 'deny',
    details: {
      policy: version,
      ...member('agent', agent?.id),
      asked: askedOf(request, policy),
      rules: reasons.map(({ rule }) => rule),
      ...member('verdict', device?.verdict),
    },
  }
}

/** Of what the asking server says, only what the policy asks for: the rest may be anything. */
function askedOf(request: EvaluationRequest, { saidTags }: CedarPolicy): string {
  const { subject, action, resource, context = {} } = request
  const wanted = saidTags.size === 0 ? [] : saidIn(request).filter(({ tag }) => saidTags.has(tag))
  const said = (of: string) =>
    Object.fromEntries(wanted.filter((one) => one.of === of).map(({ name, value }) => [name, value]))
  const places = { agent: idOf(context.agent), device: idOf(context.device) }
  const text = JSON.stringify({
    subject: { type: subject.type, id: subject.id, properties: said('subject') },
    action: { name: action.name, properties: said('action') },
    resource: { type: resource.type, id: resource.id, properties: said('resource') },
    context: { ...places, ...said('context') },
  })
  if (text.length <= MOST_LENGTH) return text
  const short = (id: unknown) => (typeof id === 'string' ? id.slice(0, 256) : undefined)
  return JSON.stringify({
    subject: { type: subject.type, id: subject.id },
    action: { name: action.name },
    resource: { type: resource.type, id: resource.id },
    context: { agent: short(places.agent), device: short(places.device) },
  })
}

function idOf(named: unknown): unknown {
  return typeof named === 'object' && named !== null && 'id' in named ? named.id : named
}
