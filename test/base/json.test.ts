import fc from 'fast-check'
import {
  type JsonLimits,
  parseCanonicalJson,
  parseJson,
  parseJsonMember,
  parseUnambiguousJson,
} from '../../src/base/json.ts'
import { codeOfCall } from '../support/code-of-call.ts'
import { isLinear } from '../support/linear-cost.ts'

const LIMITS = { maxBytes: 10_000, maxDepth: 5 }

const refusal = (text: string, limits: JsonLimits = LIMITS) => codeOfCall(() => parseJson(text, limits))
const canonicalRefusal = (text: string) => codeOfCall(() => parseCanonicalJson(text, LIMITS))

test.each<[string, unknown]>([
  ['{"a":[1,true,null,"x"]}', { a: [1, true, null, 'x'] }],
  [' { "a" : 1 } ', { a: 1 }],
  ['"]]]]]]]]["', ']]]]]]]]['],
  ['"\\"[[[[[[[["', '"[[[[[[[['],
  ['{"constructor":1,"prototype":2,"a__proto__":3}', { constructor: 1, prototype: 2, a__proto__: 3 }],
  ['["__proto__"]', ['__proto__']],
  ['[[[[[1]]]]]', [[[[[1]]]]]],
])('%s is read', (text, value) => expect(parseJson(text, LIMITS)).toEqual(value))

test.each([
  ...[
    '',
    ' ',
    'undefined',
    'NaN',
    "{'a':1}",
    '{a:1}',
    '[1,]',
    '{"a":1,}',
    '[1',
    '"a',
    '1 2',
    '\ufeff1',
    '01',
    '+1',
    '.5',
    '"\n"',
  ],
  ...[
    '{"__proto__":1}',
    '{"\\u005f_proto__":1}',
    '{"__\\u0070roto__":1}',
    '[{"a":{"__proto__":null}}]',
    '{"\\u005F\\u005Fproto\\u005f\\u005f":{}}',
  ],
])('%j is INPUT_MALFORMED', (text) => expect(refusal(text)).toBe('INPUT_MALFORMED'))

const object = (members: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: members }, (_, at) => [`m${at}`, ','])))

test.each<[string, string, string | undefined]>([
  ['an object with as many members', object(3), 'no refusal'],
  ['one more', object(4), 'INPUT_TOO_LARGE'],
  ['an inner object with one more', `[0,0,0,0,0,{"a":0,"b":${object(4)}}]`, 'INPUT_TOO_LARGE'],
  ['long arrays', '[[0,0,0,0,0],{"a":[0,0,0,0,0],"b":0,"c":0}]', 'no refusal'],
  ['many objects', `[${Array(50).fill(object(3)).join(',')}]`, 'no refusal'],
  ['only closing brackets and commas', ',],},'.repeat(1_000), 'INPUT_MALFORMED'],
])('limits objects to 3 members: %s', (_, text, code) => expect(refusal(text, { ...LIMITS, maxMembers: 3 })).toBe(code))

test.each([
  ['[[[[[[1]]]]]]', 'INPUT_TOO_DEEP'],
  ['{"a":{"a":{"a":{"a":{"a":{}}}}}}', 'INPUT_TOO_DEEP'],
  ['"\\\\"[[[[[[', 'INPUT_TOO_DEEP'],
  ['['.repeat(9_999), 'INPUT_TOO_DEEP'],
  [`"${'a'.repeat(10_000)}"`, 'INPUT_TOO_LARGE'],
  [' '.repeat(10_001), 'INPUT_TOO_LARGE'],
])('%# is %s', (text, code) => expect(refusal(text)).toBe(code))

test('needs no stack for a million brackets within the limits', () => {
  expect(refusal('['.repeat(1_000_000), { maxBytes: 1_000_000, maxDepth: 64 })).toBe('INPUT_TOO_DEEP')
})

test.each([
  ...['{"a": 1}', ' 1', '1 ', '1\n', '{"a":1,"a":1}', '{"a":1,"a":2}', '{"b":1,"b":{}}'],
  ...[
    '1.0',
    '1e1',
    '1E1',
    '-0',
    '0.10',
    '1e400',
    '-1e400',
    '9007199254740993',
    '0.1000000000000000055511151231257827',
    '1e-400',
  ],
  ...['"\\u0041"', '"\\/"', '"\\u00e4"', '"\\u000a"', '"\\ud83d\\ude00"', '"\\u2028"', '"\\uD800"'],
  ...['{"2":1,"1":1}', '{"a":1,"1":1}'],
])('refuses the second spelling %s', (text) => expect(canonicalRefusal(text)).toBe('INPUT_NOT_CANONICAL'))

test.each([
  '1',
  '-1',
  '1e+21',
  '1e-7',
  '"ä"',
  '"\\n"',
  '"\\ud800"',
  '"\u2028"',
  '{"a":1,"A":2}',
  '{"1":1,"2":1,"a":0}',
  '[]',
  'null',
])('%s is canonical', (text) => expect(parseCanonicalJson(text, LIMITS)).toEqual(JSON.parse(text)))

test('accepts what JSON.stringify writes for any value', () => {
  const value = fc.jsonValue({ maxDepth: 4 }).filter((each) => !JSON.stringify(each).includes('__proto__'))
  fc.assert(fc.property(value, (each) => canonicalRefusal(JSON.stringify(each)) === 'no refusal'))
})

test('accepts only text that JSON.stringify writes again', () => {
  const text = fc.oneof(fc.string(), fc.json(), fc.stringMatching(/^[[\]{}",:0-9.eE\\u -]*$/))
  fc.assert(
    fc.property(text, (each) => {
      let value: unknown
      const code = codeOfCall(() => {
        value = parseCanonicalJson(each, LIMITS)
      })
      return code === 'no refusal' ? JSON.stringify(value) === each : code !== undefined
    }),
    { numRuns: 500 },
  )
})

test('never changes a prototype', () => {
  for (const text of ['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}']) {
    codeOfCall(() => parseJson(text, LIMITS))
    expect(Reflect.get({}, 'admin')).toBeUndefined()
  }
})

test.each<[string, unknown]>([
  ['{"a":1,"b":{"c":[1,2]},"d":"}"}', { c: [1, 2] }],
  [' { "x" : "{\\"b\\":1}" , "b" : 2 } ', 2],
  ['{"b":1,"b":2}', 2],
  ['{"\\u0062":3}', 3],
  ['{"b" \n\t: 1}', 1],
  ['{"a":"b","c":{"b":1}}', undefined],
  ['{}', undefined],
  ['[{"b":1}]', undefined],
])('reads the member b of %s', (text, value) => expect(parseJsonMember(text, 'b', LIMITS)).toEqual(value))

test.each(['', '{"b":1', '{"b":1}}', '{"b":1} x', '{"b":[1,2}', '{"b":tru}', '{"a":"x', 'b', '[1'])(
  'reads no member of %j',
  (text) => expect(codeOfCall(() => parseJsonMember(text, 'b', LIMITS))).toBe('INPUT_MALFORMED'),
)

test('does not scan the rest of the text for each name without a value', async () => {
  const limits = { maxBytes: 16 * 1024 * 1024, maxDepth: 5 }
  const parse = (names: number) => {
    const text = `{${'"b",'.repeat(names)}"a${'x'.repeat(160 * names)}"}`
    expect(parseJsonMember(text, 'b', limits)).toBeUndefined()
  }
  expect(await isLinear(parse, 50_000)).toBe(true)
})

test('reads the same member as a parse of the whole document', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c', '"', '\\'), fc.jsonValue({ maxDepth: 2 })), (document) => {
      const text = JSON.stringify(document)
      // Such a key is refused; see above.
      fc.pre(!text.includes('__proto__'))
      expect(parseJsonMember(text, 'b', LIMITS)).toEqual(JSON.parse(text).b)
    }),
  )
})

describe('JSON that can be read in one way only', () => {
  test.each<[string, string]>([
    ['two members of one name', '{"a":1,"a":1}'],
    ['one of them escaped', '{"a":1,"\\u0061":2}'],
    ['a name with an escape', '{"a\\n":1}'],
    ['deep inside', '[0,{"b":{"a":[],"c":":","a":{}}}]'],
    ['names of digits', '{"1":0,"01":0,"1":0}'],
    ['half of a surrogate pair', '{"a":"x\\ud800y"}'],
    ['the second half', '["\\udc00"]'],
    ['both, the wrong way round', '"\\udc00\\ud800"'],
    ['in a name', '{"\\uD800":1}'],
    ['as it is', '"\ud800"'],
    ['no JSON', '{"a":}'],
    ['a prototype', '{"__proto__":1}'],
  ])('%s is refused: %s', (_, text) => {
    expect(codeOfCall(() => parseUnambiguousJson(text, LIMITS))).toBe('INPUT_MALFORMED')
  })

  test.each([
    '{"a":":","b":{"a":[{"a":1},{"a":1}]},"c":"\\":\\"","d:":0}',
    '"\\ud83d\\ude00 \\\\ud800"',
    '[]',
    '":::"',
    'null',
  ])('%s is read', (text) => expect(parseUnambiguousJson(text, LIMITS)).toEqual(JSON.parse(text)))

  test('reads any value, and none with a member twice', () => {
    const plain = (value: unknown) =>
      JSON.stringify(value).isWellFormed() && !/__proto__|\\/.test(JSON.stringify(value))
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }).filter(plain), fc.string(), (value, name) => {
        fc.pre(plain(name))
        const text = JSON.stringify(value)
        expect(parseUnambiguousJson(text, LIMITS)).toEqual(JSON.parse(text))
        const twice = `{${JSON.stringify(name)}:${JSON.stringify(value)},${JSON.stringify(name)}:0}`
        expect(codeOfCall(() => parseUnambiguousJson(twice, LIMITS))).toBe('INPUT_MALFORMED')
      }),
    )
  })
})
