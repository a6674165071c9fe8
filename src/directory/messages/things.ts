import { printable } from '../../base/text/printable.ts'
import { counted } from '../../protocol/noun/words.ts'

/** What people are told about, and the words for it. */

/** Something that waits for a person. It is told once to each recipient in each of its versions. */
export interface Thing {
  readonly kind: ThingKind
  /** Its id. */
  readonly id: string
  /** What makes it news again, such as the time until which it must be answered. */
  readonly version: string
  /** One line. */
  readonly text: string
  /** Where the console shows it, or lets it be answered. */
  readonly path: string
}

interface Kind {
  readonly one: string
  readonly many: string
  /** Sent at once. */
  readonly urgent?: true
}

/** In the order of messages. */
export const KINDS = {
  confirmation: { one: 'stop waits for a second person', many: 'stops wait for a second person', urgent: true },
  approval: { one: 'action waits for your approval', many: 'actions wait for your approval', urgent: true },
  stop: { one: 'stop in force', many: 'stops in force', urgent: true },
  'stop-over': { one: 'stop is over', many: 'stops are over', urgent: true },
  review: { one: 'review to answer', many: 'reviews to answer' },
  'open-review': { one: 'review ends soon', many: 'reviews end soon' },
  claim: { one: 'claim to decide', many: 'claims to decide' },
  succession: { one: 'agent to accept', many: 'agents to accept' },
  inbox: { one: 'unregistered agent', many: 'unregistered agents' },
  zombie: { one: 'zombie', many: 'zombies' },
  silent: { one: 'device silent for too long', many: 'devices silent for too long' },
  ending: { one: 'registration ends soon', many: 'registrations end soon' },
} as const satisfies Readonly<Record<string, Kind>>
export type ThingKind = keyof typeof KINDS

const KIND_NAMES = Object.keys(KINDS) as ThingKind[] // The keys of the table above.

export function isUrgent(kind: ThingKind): boolean {
  const found: Kind = KINDS[kind]
  return found.urgent === true
}

export interface MessageLine {
  readonly text: string
  readonly path: string
}

export interface MessageSection {
  readonly title: string
  readonly lines: readonly MessageLine[]
  /** How many more wait. */
  readonly more: number
  /** Where all of them are. */
  readonly path: string
}

/** What a message says, before a medium writes it. Its texts are single lines, and otherwise as devices and people wrote them. */
export interface MessageContent {
  readonly subject: string
  readonly sections: readonly MessageSection[]
}

const MOST_LINES = 10
const MOST_CHARACTERS = 160
const MOST_NAMED = 3

/** Everything of one kind that waits for one recipient. */
export interface WaitingGroup {
  readonly kind: ThingKind
  /** The first ones. */
  readonly things: readonly Thing[]
  /** With those that are not among the things. */
  readonly total: number
  readonly path: string
}

/** @param groups with something new. @param news the new things of each. */
export function contentOf(groups: readonly { readonly group: WaitingGroup; readonly news: readonly Thing[] }[]) {
  const sorted = groups.toSorted((a, b) => KIND_NAMES.indexOf(a.group.kind) - KIND_NAMES.indexOf(b.group.kind))
  const counts = sorted.map(({ group: { kind }, news }) => {
    const { one, many } = KINDS[kind]
    return `${counted(news.length)} ${news.length === 1 ? one : many}`
  })
  const others = counts.length - MOST_NAMED
  const named = [...counts.slice(0, MOST_NAMED), ...(others > 0 ? ['more'] : [])].join(', ')
  const sections = sorted.map(({ group, news }, at): MessageSection => {
    const shown = news.slice(0, MOST_LINES)
    return {
      title: counts[at] ?? '',
      lines: shown.map(({ text, path }) => ({ text: line(text, MOST_CHARACTERS), path })),
      more: Math.max(group.total, news.length) - shown.length,
      path: news.length === 1 && group.total === 1 ? (news[0]?.path ?? group.path) : group.path,
    }
  })
  return { subject: `Surety: ${named}`, sections } satisfies MessageContent
}

/** Foreign text as one line: what could begin another one, or change the direction of text, becomes an escape. */
export function line(text: string, most: number): string {
  const characters = Array.from(printable(text))
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`
}
