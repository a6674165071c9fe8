import { closed, Type, words } from '../../../src/base/schema.ts'
import { exampleOf, shapeOf } from '../../../src/directory/api-page/shape.ts'

const shown = (schema: object, limits = true) =>
  shapeOf(schema, { limits }).map(({ text, note }) => (note === '' ? text : `${text} // ${note}`))

test.each([
  ['a choice', words('a', 'b'), ['"a" | "b"']],
  ['one value', Type.Literal(true), ['true']],
  ['a list of choices', Type.Array(words('a', 'b'), { maxItems: 3 }), ['("a" | "b")[] // at most 3 items']],
  ['a text', Type.String({ minLength: 1, maxLength: 9 }), ['string // 1 to 9 characters']],
  ['a number', Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), ['integer']],
  ['a usual value', Type.Integer({ minimum: 1, default: 5 }), ['integer // default 5; at least 1']],
  ['a time', Type.Integer({ minimum: 0, maximum: 253_402_300_800_000 }), ['time']],
  ['an id', Type.String({ pattern: '^dev_[A-Za-z0-9_-]{21}[AQgw]$' }), ['"dev_…"']],
  ['ids of two kinds', Type.String({ pattern: '^(adm|svc)_[A-Za-z0-9_-]{22}$' }), ['"adm_…" | "svc_…"']],
  [
    'secrets of two kinds',
    Type.String({ pattern: '^surety_(adm|svc)_[\\w-]{43}$' }),
    ['"surety_adm_…" | "surety_svc_…"'],
  ],
  ['a form', Type.String({ pattern: '^[0-9a-f]{32}$' }), ['string // matches ^[0-9a-f]{32}$']],
  ['a map', Type.Record(Type.String(), Type.Boolean()), ['{ [name]: boolean }']],
  ['anything', Type.Unknown(), ['any']],
  ['nothing', closed({}), ['{}']],
])('shows %s', (_, schema, expected) => {
  expect(shown(schema)).toEqual(expected)
})

test('shows members with their lists and forms, and what is optional', () => {
  const item = closed({ id: Type.String({ description: 'of it' }), note: Type.Optional(Type.String()) })
  const either = Type.Union([closed({ a: Type.Null() }), Type.Boolean()])
  expect(shown(closed({ items: Type.Array(item), either }))).toEqual([
    '{',
    '  items: {',
    '    id: string // of it',
    '    note?: string',
    '  }[]',
    '  either: {',
    '    a: null',
    '  } | boolean',
    '}',
  ])
})

test('names no limits of an answer', () => {
  expect(shown(Type.String({ maxLength: 9, description: 'a name' }), false)).toEqual(['string // a name'])
})

test('an example has what is required, or the first member', () => {
  const id = Type.String({ pattern: '^dev_[A-Za-z0-9_-]{21}[AQgw]$' })
  const optional = { a: Type.Optional(Type.Boolean()), b: Type.Optional(Type.Boolean()) }
  const map = Type.Record(Type.String(), Type.String())
  const sizes = Type.Array(Type.Integer({ minimum: 2 }))
  expect(exampleOf(closed({ id, sizes, map, some: closed(optional), left: Type.Optional(Type.String()) }))).toEqual({
    id: 'dev_…',
    sizes: [2],
    map: {},
    some: { a: true },
  })
})
