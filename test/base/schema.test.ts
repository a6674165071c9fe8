import fc from 'fast-check'
import { describeError, SuretyError } from '../../src/base/errors.ts'
import {
  base64Url,
  base64UrlOf,
  closed,
  counter,
  faultOf,
  legibleReason,
  legibleText,
  reader,
  Type,
  text,
  words,
} from '../../src/base/schema.ts'
import { evidenceReader } from '../../src/protocol/messages/evidence.ts'
import { evidence } from '../support/protocol/frame-samples.ts'
import { retainedBytes } from '../support/retained-bytes.ts'

const schema = closed({
  name: text(5),
  kind: words('a', 'b'),
  count: counter(),
  hash: Type.Optional(base64UrlOf(32)),
  blob: Type.Optional(base64Url(3)),
})
const things = reader(schema, { name: 'thing', code: 'FRAME_MALFORMED', limits: { maxBytes: 200, maxDepth: 2 } })
const good = { name: 'x', kind: 'a', count: 0 }

function refusalOf(call: () => unknown): [string, string] | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return error instanceof SuretyError ? [error.code, describeError(error)] : ['no code', describeError(error)]
  }
}

test.each([
  good,
  { ...good, name: '', kind: 'b', count: Number.MAX_SAFE_INTEGER },
  { ...good, hash: 'A'.repeat(43), blob: '' },
  { ...good, blob: 'AAAA' },
])('%j fits', (value) => {
  expect(things.read(value)).toEqual(value)
  expect(things.readCanonicalJson(JSON.stringify(value))).toEqual(value)
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['an array', [good]],
  ['a member more', { ...good, more: 1 }],
  ['a member fewer', { name: 'x', kind: 'a' }],
  ['a text too long', { ...good, name: 'xxxxxx' }],
  ['another word', { ...good, kind: 'c' }],
  ['a name that every object has', { ...good, kind: 'toString' }],
  ['a negative number', { ...good, count: -1 }],
  ['a fraction', { ...good, count: 0.5 }],
  ['an unsafe number', { ...good, count: Number.MAX_SAFE_INTEGER + 1 }],
  ['infinity', { ...good, count: Number.POSITIVE_INFINITY }],
  ['no number', { ...good, count: Number.NaN }],
  ['a number as text', { ...good, count: '1' }],
  ['a hash too short', { ...good, hash: 'A'.repeat(42) }],
  ['a hash too long', { ...good, hash: 'A'.repeat(44) }],
  ['a hash in the other alphabet', { ...good, hash: '+'.repeat(43) }],
  ['a blob too long', { ...good, blob: 'AAAAA' }],
  ['a blob with a line feed', { ...good, blob: 'AA\n' }],
  ['an undefined optional member', { ...good, blob: null }],
])('refuses %s with the code of the reader', (_, value) => {
  expect(refusalOf(() => things.read(value))?.[0]).toBe('FRAME_MALFORMED')
})

test('names the path of the fault and never the value', () => {
  const [, message] = refusalOf(() => things.read({ ...good, name: 'secret-token' })) ?? []
  expect(message).toMatch(/^thing does not fit its schema at \/name/)
  expect(message).not.toMatch(/secret/)
})

test.each([
  ['{"name":"x","kind":"a","count": 0}', 'INPUT_NOT_CANONICAL'],
  ['{"name":"x","kind":"a","count":0', 'INPUT_MALFORMED'],
  [`{"name":"${'x'.repeat(300)}"}`, 'INPUT_TOO_LARGE'],
  ['[[[]]]', 'INPUT_TOO_DEEP'],
])('reads %s as canonical JSON: %s', (json, code) => {
  expect(refusalOf(() => things.readCanonicalJson(json))?.[0]).toBe(code)
})

test('accepts another spelling unless canonical JSON is required', () => {
  expect(things.readJson('{ "count": 0, "kind": "a", "name": "x" }')).toEqual(good)
})

test('throws INPUT_MALFORMED by default', () => {
  expect(refusalOf(() => reader(schema, { name: 'thing' }).read(1))?.[0]).toBe('INPUT_MALFORMED')
})

test('accepts any value unchanged or refuses it with the code', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const refusal = refusalOf(() => things.read(value))
      return refusal === undefined || refusal[0] === 'FRAME_MALFORMED'
    }),
  )
})

describe('says what is wrong', () => {
  const kinds = Type.Union([
    closed({ kind: Type.Literal('plain'), size: counter() }),
    closed({ kind: Type.Literal('named'), name: text(5), size: Type.Optional(counter()) }),
  ])
  const boxes = reader(closed({ items: Type.Array(kinds), open: Type.Optional(Type.Boolean()) }), { name: 'box' })
  test.each<[string, unknown, string]>([
    ['no object', [], 'at the top: must be object'],
    ['a member', {}, 'at the top: lacks items'],
    ['a list', { items: 1 }, 'at /items: must be array'],
    ['a member of the named kind', { items: [{ kind: 'named' }] }, 'at /items/0: lacks name'],
    ['a member of the other kind', { items: [{ kind: 'plain' }] }, 'at /items/0: lacks size'],
    ['the name of the kind', { items: [{ size: 1 }] }, 'at /items/0: lacks kind'],
    ['a known kind', { items: [{ kind: 'huge', size: 1 }] }, 'at /items/0/kind: must be one of "plain", "named"'],
    [
      'a good member',
      { items: [{ kind: 'named', name: 'abcdef' }] },
      'at /items/0/name: must have at most 5 characters',
    ],
    ['a good second item', { items: [{ kind: 'plain', size: 1 }, null] }, 'at /items/1: must be object'],
    ['space for more members', { items: [], 'a/b~c': 1 }, 'at /a~1b~0c: no such member'],
    ['space in the kind', { items: [{ kind: 'plain', size: 1, name: 'x' }] }, 'at /items/0/name: no such member'],
  ])('%s', (_, value, said) => {
    expect(refusalOf(() => boxes.read(value))?.[1]).toBe(`box does not fit its schema ${said}`)
  })

  test('explains evidence: the missing detail or reason of a finding', () => {
    const finding = (state: string) => ({ check: 'os.supported', state })
    const messageOf = (state: string) =>
      refusalOf(() => evidenceReader.read({ ...evidence, findings: [finding(state)] }))?.[1]
    expect(['pass', 'fail', 'unknown', 'not-applicable', 'good'].map(messageOf)).toEqual([
      'evidence does not fit its schema at /findings/0: lacks detail',
      'evidence does not fit its schema at /findings/0: lacks detail',
      'evidence does not fit its schema at /findings/0: lacks reason',
      'evidence does not fit its schema at /findings/0: lacks reason',
      'evidence does not fit its schema at /findings/0/state: must be one of "pass", "fail", "unknown", "not-applicable"',
    ])
  })
})

// Found by fuzzing: explaining a megabyte of faults took a second.
test('explains the faults of small values only', () => {
  const lists = reader(closed({ items: Type.Array(schema) }), { name: 'list' })
  const refusalOfItems = (length: number) => refusalOf(() => lists.read({ items: Array.from({ length }, () => 1) }))
  expect(refusalOfItems(10)).toEqual(['INPUT_MALFORMED', 'list does not fit its schema at /items/0: must be object'])
  expect(refusalOfItems(10_000)).toEqual(['INPUT_MALFORMED', 'list does not fit its schema'])
})

describe('text that a person gives', () => {
  const isName = (value: unknown) => faultOf(legibleText(20), value) === undefined
  const isReason = (value: unknown) => faultOf(legibleReason(), value) === undefined

  test.each([
    ...[
      'claude-code',
      ' Ada Lovelace ',
      'O’Brien',
      'محمد',
      'می\u200cخواهم',
      'ノート',
      '👩\u200d💻',
      '❤\ufe0f',
      '\u200bx',
    ],
  ])('%j is a name and a reason', (value) => {
    expect([isName(value), isReason(value)]).toEqual([true, true])
  })

  test.each(['', ' ', '\u00a0', '\u00ad', '\u200b', '\u200d', '\u2800', '\u3164', '\ufeff', ' \u200d '])(
    'nothing of %j can be seen',
    (value) => {
      expect([isName(value), isReason(value)]).toEqual([false, false])
    },
  )

  test.each([
    ...['\u0000', '\u0007', '\t', '\u001b[31m', '\u007f', '\u0085', '\u009b', '\u202a', '\u202e', '\u2066', '\u2069'],
    ...['\u200e', '\u200f', '\u061c'],
  ])('%j is refused at any place', (character) => {
    for (const value of [`${character}x`, `x${character}y`, `x${character}`, `a\n${character}b`]) {
      expect([isName(value), isReason(value)]).toEqual([false, false])
    }
  })

  test.each(['\n', '\r\n', '\u2028', '\u2029'])('only a reason may have the line break %j', (lineBreak) => {
    const lines = `one${lineBreak}two${lineBreak}`
    expect([isName(lines), isReason(lines), isReason(lineBreak), isReason(`${lineBreak}x`)]).toEqual([
      ...[false, true, false, true],
    ])
  })

  test('its length counts characters, and its pattern takes linear time', () => {
    expect([isName('😀'.repeat(20)), isName('😀'.repeat(21)), isName('')]).toEqual([true, false, false])
    const long = faultOf(legibleText(1_000_000), `${' '.repeat(300_000)}${'x'.repeat(300_000)}\u0000`)
    expect(long?.wanted).toBe('must have a visible character and no control characters')
  })

  test('its pattern is one of JSON Schema, with or without the Unicode flag', () => {
    for (const { pattern } of [legibleText(5), legibleReason()] as { pattern?: string }[]) {
      for (const flags of ['', 'u']) {
        const expression = new RegExp(pattern ?? '', flags)
        expect(['😀', 'a b', 'a\u0000', '\u202e'].map((value) => expression.test(value))).toEqual([
          ...[true, true, false, false],
        ])
      }
    }
  })
})

test('a compiled schema keeps its function, and not the text that was compiled', async () => {
  const members = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`member${at}`, Type.Optional(text(8))]))
  const many = reader(closed(members), { name: 'many', limits: { maxBytes: 64 * 1024, maxDepth: 2 } })
  const before = await retainedBytes()
  many.readJson(`${' '.repeat(40 * 1024)}{}`)
  expect((await retainedBytes()) - before).toBeLessThan(1_500_000)
})
