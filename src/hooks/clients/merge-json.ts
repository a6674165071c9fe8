import { isDeepStrictEqual } from 'node:util'
import { SuretyError } from '../../base/errors.ts'
import { PROGRAM_NAME } from './client-file.ts'
import { type JsonPlace, readJsonPlaces } from './json-places.ts'

/** What is to be in a file of settings that others may have written to. */
export interface JsonHooks {
  /** Members of the document beside `hooks`, such as its version. */
  readonly members: Readonly<Record<string, unknown>>
  /** The hook of each event. */
  readonly events: Readonly<Record<string, object>>
  /** The client reads comments. */
  readonly comments: boolean
}

/** A text to be inserted at the beginning of an object or array. */
interface Insertion {
  readonly into: JsonPlace
  readonly depth: number
  readonly pieces: readonly string[]
}

/**
 * Adds hooks to a text and leaves all else as it is. A byte order mark is left out, since no client is known to read one.
 *
 * @throws `INPUT_MALFORMED`, `INPUT_TOO_DEEP`, `CONFLICT`.
 */
export function mergeJsonHooks(existing: string | undefined, hooks: JsonHooks): string {
  const text = (existing ?? '').replace(/^\ufeff/, '')
  if (text.trim() === '') return newDocument(hooks)
  const insertions = missingIn(readJsonPlaces(text, hooks), hooks)
  if (insertions.length === 0) return existing ?? text
  const style = styleOf(text)
  // From the end, so that the offsets of those before stay.
  return insertions
    .toSorted((a, b) => b.into.start - a.into.start)
    .reduce((whole, insertion) => inserted(whole, insertion, style), text)
}

function newDocument({ members, events }: JsonHooks): string {
  const lists = Object.fromEntries(Object.entries(events).map(([event, hook]) => [event, [hook]]))
  return `${JSON.stringify({ ...members, hooks: lists }, undefined, 2)}\n`
}

function missingIn(document: JsonPlace, { members, events }: JsonHooks): readonly Insertion[] {
  if (document.members === undefined) throw malformed('the document', 'an object')
  const missing: string[] = []
  for (const [name, value] of Object.entries(members)) {
    const there = document.members.get(name)
    if (there === undefined) missing.push(memberText(name, value))
    else if (!isDeepStrictEqual(there.value, value)) {
      throw new SuretyError(
        'CONFLICT',
        `its member ${JSON.stringify(name)} is not ${JSON.stringify(value)}, the only value that is known`,
      )
    }
  }
  const lists = document.members.get('hooks')
  if (lists === undefined) {
    missing.push(
      memberText('hooks', Object.fromEntries(Object.entries(events).map(([event, hook]) => [event, [hook]]))),
    )
  }
  const below = lists === undefined ? [] : missingEvents(lists, events)
  return missing.length === 0 ? below : [{ into: document, depth: 1, pieces: missing }, ...below]
}

function missingEvents(lists: JsonPlace, events: JsonHooks['events']): readonly Insertion[] {
  if (lists.members === undefined) throw malformed('its member "hooks"', 'an object')
  const missing: string[] = []
  const insertions: Insertion[] = []
  for (const [event, hook] of Object.entries(events)) {
    const list = lists.members.get(event)
    if (list === undefined) {
      missing.push(memberText(event, [hook]))
      continue
    }
    if (list.items === undefined) throw malformed(`the hooks of ${event}`, 'a list')
    if (list.items.some(({ value }) => isDeepStrictEqual(value, hook))) continue
    if (list.items.some(({ value }) => JSON.stringify(value).includes(PROGRAM_NAME))) {
      throw new SuretyError(
        'CONFLICT',
        `the hooks of ${event} have another entry for ${PROGRAM_NAME}: remove it, then install again`,
      )
    }
    insertions.push({ into: list, depth: 3, pieces: [JSON.stringify(hook, undefined, 2)] })
  }
  return missing.length === 0 ? insertions : [{ into: lists, depth: 2, pieces: missing }, ...insertions]
}

function memberText(name: string, value: unknown): string {
  return `${JSON.stringify(name)}: ${JSON.stringify(value, undefined, 2)}`
}

function malformed(what: string, wanted: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `${what} must be ${wanted}`)
}

interface Style {
  readonly newline: string
  readonly indent: string
}

function styleOf(text: string): Style {
  return { newline: text.includes('\r\n') ? '\r\n' : '\n', indent: /^[\t ]+(?=")/m.exec(text)?.[0] ?? '  ' }
}

function inserted(text: string, { into, depth, pieces }: Insertion, { newline, indent }: Style): string {
  const at = into.start + 1
  const start = `${newline}${indent.repeat(depth)}`
  // Line ends of `JSON.stringify` are outside of its strings.
  const added = pieces.map(
    (piece) =>
      `${start}${piece.replace(/\n((?: {2})*)/g, (_, deep: string) => `${start}${indent.repeat(deep.length / 2)}`)}`,
  )
  const isEmpty = (into.items?.length ?? into.members?.size ?? 0) === 0
  const end = isEmpty ? `${newline}${indent.repeat(depth - 1)}` : ','
  return `${text.slice(0, at)}${added.join(',')}${end}${text.slice(at)}`
}
