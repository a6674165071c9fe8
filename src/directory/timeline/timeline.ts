import type { HealthWarning } from '../../protocol/messages/evidence.ts'
import { timeInWords } from '../../protocol/noun/words.ts'
import type { AgentOnDevice, CheckChange, TimelineEntry, TimelinePage } from '../../protocol/nouns/devices/timeline.ts'
import type { DirectoryEvent } from '../../protocol/nouns/directory/events.ts'
import { factWords } from '../../view/events/event-words.ts'
import { cursorNumbers } from '../http/paging.ts'
import type { TimelineStore } from './timeline-store.ts'

interface Question {
  readonly since: number
  readonly until: number
  readonly limit: number
  readonly cursor: string | undefined
  /** Whether the reader may list events. */
  readonly withEvents: boolean
}

/** What is known of the device now. */
interface KnownDevice {
  readonly id: string
  readonly enrolledAt: number
  readonly health: readonly HealthWarning[]
}

const MOST_WORDS = 4_096

/** One page of what happened on a device, merged from all that is kept of it. @throws `INPUT_MALFORMED` for a foreign cursor. */
export async function timelineOf(store: TimelineStore, device: KnownDevice, question: Question): Promise<TimelinePage> {
  const { since, limit, withEvents } = question
  // The page continues at this time, of which so many entries were shown.
  const [until = question.until, shown = 0] = cursorNumbers(question.cursor, 2) ?? []
  const span = { since, until, limit: limit + shown + 1 }
  const events = withEvents ? (await store.events(device.id, span)).map(entryOfEvent) : []
  const checks = (await store.checks(device.id, span)).map(entryOfChecks)
  const agents = (await store.agents(device.id, span)).map(entryOfAgent)
  const warnings = device.health.filter((one) => one.since >= since && one.since <= until).map(entryOfWarning)
  const all = [...events, ...checks, ...agents, ...warnings].toSorted((a, b) => b.time - a.time)
  const items = all.slice(shown, shown + limit)
  const last = items.at(-1)
  const isMore = all.length > shown + limit && last !== undefined
  return {
    items,
    ...(isMore ? { next: cursorAfter(all.slice(0, shown + limit), last.time) } : {}),
    notKnown: [
      ...(withEvents ? [] : ['events are left out: this role may not list them']),
      ...checksNotKnown(await store.checksFrom(device.id), Math.max(since, device.enrolledAt)),
      'of an agent that left and came back, only the first and the last time are kept',
      'of health warnings only those that still hold are kept, with their time by the clock of the device',
    ],
  }
}

function cursorAfter(shown: readonly TimelineEntry[], time: number): string {
  return `${time}.${shown.filter((one) => one.time === time).length}`
}

/** A sentence if states of checks at this time may be missing. */
export function checksNotKnown(keptFrom: number, since: number): string[] {
  return since < keptFrom ? [`states of checks before ${timeInWords(keptFrom)} are not kept`] : []
}

function entryOfEvent({ id, time, kind, actorName, actor, facts }: DirectoryEvent): TimelineEntry {
  const by = actorName ?? actor
  return {
    time,
    what: 'event',
    words: `${kind}: ${factWords(facts)}`.slice(0, MOST_WORDS),
    event: { id, kind, ...(by === undefined ? {} : { actor: by }), facts },
  }
}

function entryOfChecks({ at, changes }: { readonly at: number; readonly changes: CheckChange[] }): TimelineEntry {
  const words = changes.map(({ check, from = '-', to = '-' }) => `${check} ${from} -> ${to}`).join(', ')
  return { time: at, what: 'checks', words: words.slice(0, MOST_WORDS), checks: changes }
}

function entryOfAgent({ at, what, agent }: Awaited<ReturnType<TimelineStore['agents']>>[number]): TimelineEntry {
  return { time: at, what, words: agentWords(agent).slice(0, MOST_WORDS), agent }
}

function agentWords({ name, version, user }: AgentOnDevice): string {
  return `${name}${version === undefined ? '' : ` ${version}`}${user === undefined ? '' : ` of ${user}`}`
}

function entryOfWarning({ code, remedy, since }: HealthWarning): TimelineEntry {
  return { time: since, what: 'warning', words: `${code}: ${remedy}`.slice(0, MOST_WORDS) }
}
