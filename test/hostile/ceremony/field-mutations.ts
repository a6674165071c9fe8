import { fromBase64Url, toBase64Url } from '../../../src/base/bytes.ts'

/** Every field of a document changed in every way that is worth trying, one at a time: whatever fields it has. */

export interface FieldMutation {
  /** Such as `enrolment.certify.attested`; empty for the whole document. */
  readonly path: string
  readonly how: string
  /** Left out: nothing is there any more. */
  readonly document: unknown
}

/**
 * @param others values of the same document that somebody else would send: each is tried in the place of this one's.
 */
export function fieldMutations(document: object, others: readonly unknown[] = []): readonly FieldMutation[] {
  const whole = wrongTypes(document)
    .filter(([, value]) => value !== REMOVED)
    .map(([how, value]) => ({ path: '', how, value }))
  return [...whole, ...inside(document, '', others)].map(({ path, how, value }) => ({ path, how, document: value }))
}

interface Changed {
  readonly path: string
  readonly how: string
  readonly value: unknown
}

const REMOVED = Symbol('removed')

/** What stands in some field of some message, so that it fits the schema where it does not belong. */
const WORDS = ['hello', 'attestation', 'renew', 'enrol', 'attest', 'resume', 'tpm', 'software']
const MEMBERS: readonly (readonly [string, unknown])[] = [
  ['x', 1],
  ...['constructor', '__proto__', 'device', 'token', 'label', 'quote', 'enrolment', 'gap'].map(
    (name) => [name, {}] as const,
  ),
]

function changesOf(value: unknown, path: string, others: readonly unknown[]): readonly Changed[] {
  const own = [...wrongTypes(value), ...alike(value), ...othersOf(value, others)]
  const here = own.map(([how, changed]) => ({ path, how, value: changed }))
  return typeof value === 'object' && value !== null ? [...here, ...inside(value, path, others)] : here
}

function inside(value: object, path: string, others: readonly unknown[]): readonly Changed[] {
  const members = Object.entries(value).flatMap(([key, member]) =>
    changesOf(
      member,
      path === '' ? key : `${path}.${key}`,
      others.map((other) => memberOf(other, key)),
    ).map((change) => ({ ...change, value: withMember(value, key, change.value) })),
  )
  if (Array.isArray(value)) return members
  // A member that is there twice cannot be said in a parsed document: `frames/frames.test.ts` says it in text.
  const more = MEMBERS.filter(([name]) => !Object.hasOwn(value, name)).map(([name, extra]) => ({
    path: path === '' ? name : `${path}.${name}`,
    how: 'is there',
    value: { ...value, [name]: extra },
  }))
  return [...members, ...more]
}

function withMember(container: object, key: string, member: unknown): unknown {
  const entries = Object.entries(container).flatMap(([name, old]) =>
    name !== key ? [[name, old] as const] : member === REMOVED ? [] : [[name, member] as const],
  )
  return Array.isArray(container) ? entries.map(([, item]) => item) : Object.fromEntries(entries)
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined
}

type Way = readonly [how: string, value: unknown]

function wrongTypes(value: unknown): readonly Way[] {
  const types: readonly unknown[] = [null, true, 7, '', 'word', [], {}, [value], { value }]
  return [
    ['removed', REMOVED],
    ...types
      .filter((other) => JSON.stringify(other) !== JSON.stringify(value))
      .map((other): Way => [`now ${JSON.stringify(other).slice(0, 12)}`, other]),
  ]
}

/** What is nearly the same. */
function alike(value: unknown): readonly Way[] {
  if (typeof value === 'number') {
    return [value + 1, value - 1, value + 0.5, -value - 1, 2 ** 53, 1e300, String(value)].map((n) => [`now ${n}`, n])
  }
  if (typeof value === 'string') return [...nearlyText(value), ...nearlyBytes(value)]
  if (Array.isArray(value) && value.length > 0)
    return [
      ['doubled', [...value, ...value]],
      ['one more', [...value, value[0]]],
    ]
  return []
}

function nearlyText(value: string): readonly Way[] {
  const ways: Way[] = [
    ['longer', `${value}B`],
    ['with a blank', `${value} `],
    ['with a zero byte', `${value}\0`],
    ['very long', value.padEnd(20_000, 'A')],
    ['in the other case', value.toUpperCase() === value ? value.toLowerCase() : value.toUpperCase()],
  ]
  const words = WORDS.map((word): Way => [`now ${word}`, word])
  return [...ways, ['shorter', value.slice(0, -1)] as const, ...words].filter(([, changed]) => changed !== value)
}

const FLIPS = 16

/** Of what is base64url or hex: bits all over it, stray bits at its end, zeros, a byte more and fewer. */
function nearlyBytes(value: string): readonly Way[] {
  const hex = /^([0-9a-f]{2}){16,}$/.test(value)
  const bytes = hex ? new Uint8Array(Buffer.from(value, 'hex')) : fromBase64Url(value)
  if (bytes === undefined || bytes.length < 16) return []
  const textOf = (changed: Uint8Array) => (hex ? Buffer.from(changed).toString('hex') : toBase64Url(changed))
  const flips = Array.from({ length: FLIPS }, (_, at): Way => {
    const place = Math.floor((at * (bytes.length - 1)) / (FLIPS - 1))
    return [
      `bit of byte ${place}`,
      textOf(bytes.map((byte, index) => (index === place ? byte ^ (1 << (at % 8)) : byte))),
    ]
  })
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = letters.indexOf(value.slice(-1))
  const stray: Way = ['with stray bits', value.slice(0, -1) + letters.charAt(last ^ 1)]
  const others: readonly Way[] = [
    ['all zeros', textOf(new Uint8Array(bytes.length))],
    ['all ones', textOf(new Uint8Array(bytes.length).fill(255))],
    ['a byte fewer', textOf(bytes.slice(0, -1))],
    ['a byte more', textOf(Uint8Array.from([...bytes, 1]))],
    ['from its second byte', textOf(bytes.slice(1))],
  ]
  return [...flips, ...others, stray].filter(([, changed]) => changed !== value)
}

function othersOf(value: unknown, others: readonly unknown[]): readonly Way[] {
  return others
    .filter((other) => other !== undefined && JSON.stringify(other) !== JSON.stringify(value))
    .map((other): Way => ["somebody else's", other])
}
