import { durationText, parseDuration } from '../../base/text/duration.ts'
import type { PlainField, PlainVerb } from '../../protocol/noun/plain.ts'
import { dayOf, endOfDay } from '../data/days.ts'
import { capital } from '../data/words.ts'
import { spaced } from './verbs.ts'

/** The form of a verb, from what its declaration says of the body: what it asks for, what is wrong with an answer, what is sent. */

export interface Form {
  readonly fields: readonly PlainField[]
  /** Members that only the command line sets. */
  readonly beyond: readonly string[]
  /** It cannot be done without one of those. */
  readonly isTooRich: boolean
}

/** What is typed, by the name of the field: a list has one entry a line, a time is a day, a switch is `true` or empty. */
export type Values = Readonly<Record<string, string>>
/** What is wrong, by the name of the field. */
export type Mistakes = Readonly<Record<string, string>>

/** The console fills them in, or has no use for them. */
const UNASKED = ['expectVersion', 'dryRun']
/** The verb that changes members of an item: its form shows what they are, and sends what differs. */
const EDITS = 'change'

export function formOf({ fields }: Pick<PlainVerb, 'fields'>): Form {
  const asked = fields.filter(({ name }) => !UNASKED.includes(name))
  const beyond = asked.filter(({ kind }) => kind === 'other' || kind === 'device')
  return {
    fields: asked.filter((field) => !beyond.includes(field)).map(withPerson),
    beyond: beyond.map(({ name }) => name),
    isTooRich: beyond.some(({ required }) => required),
  }
}

/** Owners of devices may be anybody. People of the register are offered. */
function withPerson(field: PlainField): PlainField {
  return field.name === 'owner' && field.kind === 'text' ? { ...field, kind: 'human' } : field
}

/** Whether only what differs is sent. */
export function isEdit({ name, ofItem }: Pick<PlainVerb, 'name' | 'ofItem'>): boolean {
  return ofItem && name === EDITS
}

/** What the fields have at first. @param item that is edited; absent: they are empty. */
export function firstValues({ fields }: Form, item: Readonly<Record<string, unknown>> = {}): Values {
  return Object.fromEntries(fields.map((field) => [field.name, typedOf(field, item[field.name])]))
}

function typedOf({ kind }: PlainField, value: unknown): string {
  if (kind === 'time') return typeof value === 'number' ? dayOf(new Date(value)) : ''
  if (kind === 'duration') return typeof value === 'number' ? durationText(value) : ''
  if (kind === 'yes-no') return value === true ? 'true' : ''
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string') ? value.join('\n') : ''
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : ''
}

export function mistakesIn({ fields }: Form, values: Values, now: number): Mistakes {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const mistake = mistakeIn(field, (values[field.name] ?? '').trim(), now)
      return mistake === undefined ? [] : [[field.name, mistake]]
    }),
  )
}

function mistakeIn(field: PlainField, typed: string, now: number): string | undefined {
  const { kind, required, choices, maxLength } = field
  if (typed === '') return required && kind !== 'yes-no' ? 'This is needed.' : undefined
  if (kind === 'time') return endOfDay(typed) > now ? undefined : 'That is no day in the future.'
  if (kind === 'number') return /^-?\d+$/.test(typed) ? outside(field, Number(typed), String) : 'Write a whole number.'
  if (kind === 'duration') {
    const duration = parseDuration(typed)
    return duration === undefined ? 'Write a time such as 90m, 24h or 7d.' : outside(field, duration, durationText)
  }
  if (kind === 'list') return entriesOf(typed).length === 0 ? 'This is needed.' : undefined
  if (choices !== undefined) return choices.includes(typed) ? undefined : 'Choose one of these.'
  // A character outside of the basic plane counts once.
  return maxLength !== undefined && [...typed].length > maxLength ? `At most ${maxLength} characters.` : undefined
}

function outside({ minimum, maximum }: PlainField, value: number, say: (value: number) => string): string | undefined {
  if (minimum !== undefined && value < minimum) return `At least ${say(minimum)}.`
  if (maximum !== undefined && value > maximum) return `At most ${say(maximum)}.`
  return undefined
}

/**
 * What is sent, of fields without mistakes. An empty field is left out.
 *
 * @param first what the fields had, where only what differs is sent: a field that was emptied removes the member if it can be removed.
 */
export function bodyOf({ fields }: Form, values: Values, first?: Values): Readonly<Record<string, unknown>> {
  const body: Record<string, unknown> = {}
  for (const field of fields) {
    const typed = (values[field.name] ?? '').trim()
    if (first !== undefined && typed === (first[field.name] ?? '').trim()) continue
    if (typed !== '') body[field.name] = typedValue(field, typed)
    else if (first !== undefined && field.removable === true) body[field.name] = null
    else if (field.kind === 'yes-no' && (first !== undefined || field.required)) body[field.name] = false
  }
  return body
}

function typedValue({ kind }: PlainField, typed: string): unknown {
  switch (kind) {
    case 'number':
      return Number(typed)
    case 'yes-no':
      return typed === 'true'
    case 'list':
      return entriesOf(typed)
    case 'time':
      return endOfDay(typed)
    case 'duration':
      return parseDuration(typed)
    default:
      return typed
  }
}

function entriesOf(typed: string): readonly string[] {
  return typed
    .split(/[\n,]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

export interface Refusal {
  /** The one that the message names. Absent: the whole form is refused. */
  readonly field?: string
  readonly text: string
}

/** @param message such as `body: owner: must not be empty`, `body: lacks owner`, or `a token needs an owner`. */
export function refusalOf(message: string, fields: readonly Pick<PlainField, 'name'>[]): Refusal {
  const [, member = '', wanted = ''] = /^body: ([A-Za-z]+)(?:\/\d+)?: (.+)$/s.exec(message) ?? []
  if (isField(fields, member)) return { field: member, text: `${capital(wanted)}.` }
  const [, lacking = ''] = /^body: lacks ([A-Za-z]+)/.exec(message) ?? []
  if (isField(fields, lacking)) return { field: lacking, text: 'This is needed.' }
  const field = namedIn(message, fields)
  return { ...(field === undefined ? {} : { field }), text: `${capital(message)}.` }
}

function isField(fields: readonly Pick<PlainField, 'name'>[], name: string): boolean {
  return fields.some((field) => field.name === name)
}

/** The field whose name comes first. What is in quotes was typed, and names nothing. */
function namedIn(message: string, fields: readonly Pick<PlainField, 'name'>[]): string | undefined {
  const text = message.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').toLowerCase()
  const places = fields
    .map(({ name }) => ({ name, at: text.search(new RegExp(`\\b${spaced(name)}\\b`)) }))
    .filter(({ at }) => at >= 0)
  return places.sort((one, other) => one.at - other.at)[0]?.name
}
