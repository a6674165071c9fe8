import type { Random } from './random.ts'

/** Changes JSON as a tree, so that what comes out is JSON nearly always. Text that is none stays as it is. */
export function mutateJson(random: Random, text: string, other: string, words: readonly string[]): string {
  const tree = parsed(text)
  if (tree === undefined) return text
  const places = placesOf(tree.value)
  const place = random.pick(places)
  const value = random.pick(CHANGES)(random, place.value, { other, words, places })
  const written = JSON.stringify(place.replace(value)) ?? 'null'
  return random.oneIn(20) ? respell(random, written) : written
}

interface Place {
  readonly value: unknown
  /** The whole tree with another value here; `undefined` removes the member. */
  replace(value: unknown): unknown
}

const MOST_PLACES = 2_000

function placesOf(root: unknown): readonly Place[] {
  const places: Place[] = [{ value: root, replace: (value) => value }]
  for (let at = 0; at < places.length && places.length < MOST_PLACES; at++) {
    const place = places[at]
    if (place === undefined || typeof place.value !== 'object' || place.value === null) continue
    const container: object = place.value
    for (const [key, value] of Object.entries(container)) {
      places.push({ value, replace: (next) => place.replace(withMember(container, key, next)) })
    }
  }
  return places
}

function withMember(container: object, key: string, value: unknown): unknown {
  if (Array.isArray(container)) {
    return container.flatMap((item: unknown, index) =>
      String(index) !== key ? [item] : value === undefined ? [] : [value],
    )
  }
  return Object.fromEntries(
    Object.entries(container).flatMap(([name, own]) =>
      name !== key ? [[name, own]] : value === undefined ? [] : [[key, value]],
    ),
  )
}

type Change = (
  random: Random,
  value: unknown,
  from: { readonly other: string; readonly words: readonly string[]; readonly places: readonly Place[] },
) => unknown

const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    1.5,
    2 ** 53,
    -(2 ** 31),
    2 ** 32,
    1e308,
    '',
    ' ',
    '0',
    '/',
    '..',
    '\0',
    '\u001b[31m\n',
  ],
  ...[
    '\ud800',
    '\u202e',
    'a'.repeat(300),
    'a'.repeat(5_000),
    [],
    {},
    [[]],
    [null],
    { '': 0 },
    { toString: 1, valueOf: 1 },
  ],
]
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '', '0', 'a b', '\n']

const CHANGES: readonly Change[] = [
  (random) => random.pick(VALUES),
  (random, _, { words }) => (words.length === 0 ? null : random.pick(words)),
  () => undefined,
  (random, _, { places }) => random.pick(places).value,
  function fromOther(random, value, { other }) {
    const tree = parsed(other)
    return tree === undefined ? value : random.pick(placesOf(tree.value)).value
  },
  function addMember(random, value, { words, places }) {
    const name = words.length > 0 && random.oneIn(2) ? random.pick(words) : random.pick(NAMES)
    const added = random.oneIn(2) ? random.pick(VALUES) : random.pick(places).value
    if (Array.isArray(value)) return [...value, added]
    // Through entries, so that `__proto__` becomes a member like any other.
    return typeof value === 'object' && value !== null
      ? Object.fromEntries([...Object.entries(value), [name, added]])
      : added
  },
  function rename(random, value, { words }) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const names = [...NAMES, ...words]
    return Object.fromEntries(
      Object.entries(value).map(([name, own]) => [random.oneIn(3) ? random.pick(names) : name, own]),
    )
  },
  function multiply(random, value) {
    if (Array.isArray(value)) return Array.from({ length: 1 + random.below(40) }, () => value).flat()
    if (typeof value === 'string') return value.repeat(1 + random.below(8))
    return Array.from({ length: random.below(30) }, () => value)
  },
  function nest(random, value) {
    let nested = value
    for (let depth = random.below(20); depth > 0; depth--) nested = random.oneIn(2) ? [nested] : { a: nested }
    return nested
  },
  function edit(random, value, { words }) {
    if (typeof value === 'number') return value + random.pick([-1, 1, 0.5, 2 ** 31, -value])
    if (typeof value !== 'string') return [value]
    const at = random.below(value.length + 1)
    const inserted =
      words.length > 0 && random.oneIn(2) ? random.pick(words) : String.fromCodePoint(random.below(0x300))
    return value.slice(0, at) + inserted + value.slice(at + random.below(3))
  },
]

/** Another spelling of the same document, or nearly. */
function respell(random: Random, text: string): string {
  const at = random.below(text.length)
  const insert = (inserted: string) => text.slice(0, at) + inserted + text.slice(at)
  switch (random.below(5)) {
    case 0:
      return insert(' ')
    case 1:
      return text.replace(/"([a-z])/, (_, letter: string) => `"\\u00${letter.charCodeAt(0).toString(16)}`)
    case 2:
      return text.replace(/("[^"]*":)/, '$1null,$1')
    case 3:
      return text.replace(/:(\d)/, ':1e$1')
    default:
      return insert(random.pick(['[', '{', '"', '\\', ']', '}', ',', '0']))
  }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}
