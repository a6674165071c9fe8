/** What differs between two objects, and how a person reads it. */

/** A member that differs. Absent: it is not there. */
export interface Field {
  /** By member, and by member of a member: `scope.tools`. */
  readonly field: string
  readonly before?: unknown
  readonly after?: unknown
}

type Values = Readonly<Record<string, unknown>>

export function fieldsBetween(before: Values, after: Values, prefix = ''): readonly Field[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  return names.flatMap((name) => {
    const [one, other] = [before[name], after[name]]
    if (JSON.stringify(one) === JSON.stringify(other)) return []
    const field = `${prefix}${name}`.slice(0, 200)
    if (isObject(one) && isObject(other)) return fieldsBetween(one, other, `${field}.`)
    return [{ field, ...(one === undefined ? {} : { before: one }), ...(other === undefined ? {} : { after: other }) }]
  })
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One line: `owner ada -> bob`, `scope.tools +git, -ssh`. */
export function fieldWords({ field, before, after }: Field): string {
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
