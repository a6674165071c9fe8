import type { ConfigurationChange } from '../../protocol/nouns/directory/configuration.ts'
import type { Kind, Present, Spec } from './kind.ts'

/** What differs between what is there and what a document says. Pure. */

type Field = ConfigurationChange['fields'][number]

/** By member, and by member of a member: `scope.tools`. */
export function fieldsBetween(before: Spec, after: Spec, prefix = ''): readonly Field[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  return names.flatMap((name) => {
    const [one, other] = [before[name], after[name]]
    if (JSON.stringify(one) === JSON.stringify(other)) return []
    const field = `${prefix}${name}`.slice(0, 200)
    if (isObject(one) && isObject(other)) return fieldsBetween(one, other, `${field}.`)
    return [{ field, ...(one === undefined ? {} : { before: one }), ...(other === undefined ? {} : { after: other }) }]
  })
}

function isObject(value: unknown): value is Spec {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const MOST = 900

export function sentenceOf(
  { kind, removal }: Pick<Kind, 'kind' | 'removal'>,
  { action, name, fields }: Pick<ConfigurationChange, 'action' | 'name' | 'fields'>,
): string {
  const what = `${kind === 'service-account' ? 'service account' : kind} ${JSON.stringify(name)}`
  switch (action) {
    case 'create':
      return cut(`add ${what}${fields.length === 0 ? '' : `: ${fields.map(fieldWords).join('; ')}`}`)
    case 'change':
      return cut(`change ${kind === name ? kind : what}: ${fields.map(fieldWords).join('; ')}`)
    case 'remove':
      return cut(`${removal?.verb ?? 'remove'} ${what}${removal?.result === undefined ? '' : `: ${removal.result}`}`)
    case 'unchanged':
      return cut(`${what} is as it should be`)
  }
}

function cut(text: string): string {
  return text.length <= MOST ? text : `${text.slice(0, MOST)}…`
}

function fieldWords({ field, before, after }: Field): string {
  if (Array.isArray(before) && Array.isArray(after)) {
    const added = after.filter((one) => !before.includes(one)).map((one) => `+${wordsOf(one)}`)
    const removed = before.filter((one) => !after.includes(one)).map((one) => `-${wordsOf(one)}`)
    const changes = [...added, ...removed]
    return `${field} ${changes.length === 0 ? 'in another order' : listed(changes)}`
  }
  if (before === undefined) return `${field} ${wordsOf(after)}`
  return `${field} ${wordsOf(before)} -> ${after === undefined ? 'none' : wordsOf(after)}`
}

const MOST_LISTED = 10

function listed(words: readonly string[]): string {
  const rest = words.length - MOST_LISTED
  return `${words.slice(0, MOST_LISTED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : listed(value.map(wordsOf))
  if (isObject(value))
    return Object.entries(value)
      .map(([name, one]) => `${name} ${wordsOf(one)}`)
      .join(', ')
  const text = typeof value === 'string' && /^[\w@%+=:,./*-]+$/.test(value) ? value : JSON.stringify(value)
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`
}

/** The key of each thing that is there; undefined for a key that several have. */
export function byKey(items: readonly Present[]): ReadonlyMap<string, Present | undefined> {
  const found = new Map<string, Present | undefined>()
  for (const item of items) found.set(item.key, found.has(item.key) ? undefined : item)
  return found
}
