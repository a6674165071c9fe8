import { canonicalJson } from '../../base/text/canonical-json.ts'
import { hashOfText } from '../../crypto/hash.ts'

type Values = Readonly<Record<string, unknown>>

/** What an act changed of its object, as the entry has it. */
export interface Difference {
  readonly before?: Values
  readonly after?: Values
}

/** Every entry has the id and the time. Numbers and versions rise with each change. */
const NO_NEWS = ['id', 'number', 'version', 'changedAt', 'stateAt']
const SECRET = /secret|token|password|challenge|credential/i
/** Of one member in canonical JSON. */
const MOST_LENGTH = 2048

/**
 * The members that differ, or all of an object that was made or removed. Never a secret: members whose names say that they have one
 * are left out, as are bytes, and an address on the web is there as its host, since its path and query may be a secret of the receiver.
 *
 * @param before the object as it was stored. Absent: it was made.
 * @param after the object as it is stored now. Absent: it was removed.
 */
export function differenceOf(before: object | undefined, after: object | undefined): Difference {
  const was = valuesOf(before)
  const is = valuesOf(after)
  const isChange = before !== undefined && after !== undefined
  const differing = (values: Values, others: Values) => {
    const members = Object.entries(values).filter(
      ([name, value]) => !isChange || canonicalJson(value) !== canonicalJson(others[name] ?? null),
    )
    return members.length === 0 ? undefined : Object.fromEntries(members.map(([name, value]) => [name, bounded(value)]))
  }
  const [left, right] = [differing(was, is), differing(is, was)]
  return { ...(left === undefined ? {} : { before: left }), ...(right === undefined ? {} : { after: right }) }
}

function valuesOf(object: object | undefined): Values {
  const members = Object.entries(object ?? {}).flatMap(([name, value]): [string, unknown][] => {
    if (NO_NEWS.includes(name)) return []
    const plain = plainOf(name, value)
    return plain === undefined ? [] : [[name, plain]]
  })
  return Object.fromEntries(members)
}

/** Undefined for what an entry does not have. Of a person inside of an object only the id is kept. */
function plainOf(name: string, value: unknown): unknown {
  if (value === undefined || value === null || SECRET.test(name) || value instanceof Uint8Array) return undefined
  if (Array.isArray(value)) return value.map((one: unknown) => plainOf('', one)).filter((one) => one !== undefined)
  if (typeof value === 'string')
    return name === 'url' && URL.canParse(value) ? new URL(value).host : value.toWellFormed()
  if (typeof value !== 'object') return value
  const { id } = value as { readonly id?: unknown }
  if (typeof id === 'string' && 'name' in value) return id
  const members = Object.entries(value).flatMap(([inner, of]): [string, unknown][] => {
    const plain = plainOf(inner, of)
    return plain === undefined ? [] : [[inner, plain]]
  })
  return Object.fromEntries(members)
}

/** A member that is too long is there as its hash. */
function bounded(value: unknown): unknown {
  // JSON writes a character as six at most.
  if (typeof value !== 'object' && `${value}`.length < MOST_LENGTH / 6) return value
  const text = canonicalJson(value)
  return text.length <= MOST_LENGTH ? value : { cut: true, sha256: hashOfText(text) }
}
