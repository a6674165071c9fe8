import fc from 'fast-check'

/** One change to one place of a JSON document, and which places two documents differ in. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** What stands in some field of some message, so that it fits the schema where it does not belong. */
const WORDS = ['hello', 'attestation', 'renew', 'enrol', 'attest', 'resume', 'order', 'darwin', 'tpm', 'software', '']
const MEMBERS = ['x', 'device', 'token', 'label', 'quote', 'enrolment', 'gap', 'constructor', 'toString', '__proto__']

export interface Mutation {
  /** Which of all places, counted modulo their number. */
  readonly place: number
  readonly change: (value: unknown) => unknown
  readonly how: string
}

/** Fields of any message; which change makes sense is decided by what stands at the place. */
export function mutation(): fc.Arbitrary<Mutation> {
  return fc.tuple(fc.nat(10_000), change()).map(([place, { how, change }]) => ({ place, how, change }))
}

type MaybeWeighted = fc.WeightedArbitrary<Omit<Mutation, 'place'>>

function change() {
  return fc.oneof<MaybeWeighted[]>(
    { weight: 2, arbitrary: fc.constant({ how: 'removed', change: () => undefined }) },
    {
      weight: 2,
      arbitrary: fc
        .jsonValue({ maxDepth: 2 })
        .map((value) => ({ how: `now ${JSON.stringify(value)}`, change: () => value })),
    },
    { weight: 2, arbitrary: fc.constantFrom(...WORDS).map((word) => ({ how: `now ${word}`, change: () => word })) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.nat(10_000), fc.integer({ min: 1, max: 63 }))
        .map(([at, by]) => ({ how: `nudged at ${at} by ${by}`, change: (value) => nudge(value, at, by) })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...MEMBERS)
        .map((name) => ({ how: `with ${name}`, change: (value) => withMember(value, name) })),
    },
  )
}

/** The smallest change of its kind. */
function nudge(value: unknown, at: number, by: number): unknown {
  if (typeof value === 'number') return value + by
  if (typeof value === 'boolean') return !value
  if (typeof value !== 'string') return value
  if (value === '') return 'x'
  const place = at % value.length
  const letter = LETTERS[(LETTERS.indexOf(value.charAt(place)) + by + 64) % 64] ?? ''
  return value.slice(0, place) + letter + value.slice(place + 1)
}

function withMember(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [value]
  return Object.fromEntries([...Object.entries(value), [name, {}]])
}

export function mutate(document: unknown, { place, change }: Mutation): unknown {
  const places = placesOf(document)
  return places[place % places.length]?.(change)
}

type Put = (change: (value: unknown) => unknown) => unknown

function placesOf(value: unknown): readonly Put[] {
  const here: Put = (change) => change(value)
  if (typeof value !== 'object' || value === null) return [here]
  const inside = Object.entries(value).flatMap(([key, own]) =>
    placesOf(own).map(
      (put): Put =>
        (change) => {
          const next = put(change)
          if (Array.isArray(value)) return value.map((item: unknown, index) => (String(index) === key ? next : item))
          return Object.fromEntries(
            Object.entries(value).flatMap(([name, old]) =>
              name !== key ? [[name, old]] : next === undefined ? [] : [[name, next]],
            ),
          )
        },
    ),
  )
  return [here, ...inside]
}

/** Paths of the outermost values that differ, such as `label.hostname`. */
export function differences(a: unknown, b: unknown, path = ''): readonly string[] {
  if (Object.is(a, b)) return []
  if (!isRecord(a) || !isRecord(b)) return JSON.stringify(a) === JSON.stringify(b) ? [] : [path]
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].flatMap((key) => differences(a[key], b[key], path === '' ? key : `${path}.${key}`))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
