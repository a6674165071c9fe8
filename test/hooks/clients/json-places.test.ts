import fc from 'fast-check'
import { describeError } from '../../../src/base/errors.ts'
import { readJsonPlaces } from '../../../src/hooks/clients/json-places.ts'
import { anyText } from '../../support/any-text.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { isLinear } from '../../support/linear-cost.ts'

const strict = (text: string) => readJsonPlaces(text, { comments: false })
const commented = (text: string) => readJsonPlaces(text, { comments: true })

function refusal(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    return describeError(error)
  }
  return 'read'
}

test('every JSON document has the value that JSON.parse gives it', () => {
  const values = fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 5 })
  const indents = fc.constantFrom(undefined, 2, '\t')
  fc.assert(
    fc.property(values, indents, (value, indent) => {
      const text = JSON.stringify(value, undefined, indent)
      expect(strict(text).value).toEqual(JSON.parse(text))
      expect(commented(text.replaceAll('\n', '\r\n')).value).toEqual(JSON.parse(text))
    }),
  )
})

test('what JSON.parse refuses is refused with a line', () => {
  fc.assert(
    fc.property(fc.oneof(anyText(), fc.json(), fc.string({ unit: fc.constantFrom(...'{}[]",:1e.\\ \n') })), (text) => {
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      const words = refusal(() => strict(text))
      // Two members of one name are refused here alone.
      if (isJson) expect(words).toMatch(/^read$|a second member of one name$/)
      else expect(words).toMatch(/^line \d+: /)
    }),
    { numRuns: 1000 },
  )
})

test.each([
  ['', 'line 1: it ends too early'],
  ['{"a": 1,}', 'line 1: the name of a member is missing'],
  ['{\n  "a": 1\n  "b": 2\n}', 'line 3: a comma or closing bracket is missing'],
  ['{"a": 1', 'line 1: it ends too early'],
  ['{"a":\r\n\r\n"b', 'line 3: not JSON'],
  ['{"a" 1}', 'line 1: a colon is missing'],
  ['{a: 1}', 'line 1: the name of a member is missing'],
  ["{'a': 1}", 'line 1: the name of a member is missing'],
  ['[1, undefined]', 'line 1: not JSON'],
  ['["\t"]', 'line 1: not JSON'],
  ['[01]', 'line 1: not JSON'],
  ['[1]\n[2]', 'line 2: more than one value'],
  ['// a comment\n{}', 'line 1: not JSON'],
  ['{"a": 1, "\\u0061": 2}', 'line 1: a second member of one name'],
])('%j is refused: %s', (text, words) => {
  expect(refusal(() => strict(text))).toBe(words)
})

test('a message quotes nothing of the file', () => {
  for (const text of ['{"token": s3cret}', '{"s3cret" 1}', '"s3cret" "s3cret"', '{"s3cret":1,"s3cret":2}']) {
    expect(refusal(() => strict(text))).toMatch(/^line 1: (?!.*s3cret)/)
  }
})

test('comments are blanks where the client reads them', () => {
  const text = '// first\n{ /* { */ "a": /*, */ [1, // "]\n 2] }\n// last'
  expect(commented(text).value).toEqual({ a: [1, 2] })
  expect(commented('{"a": "// no comment", "b": "/* nor this"}').value).toEqual({
    a: '// no comment',
    b: '/* nor this',
  })
  expect(refusal(() => commented('{"a": 1 /* never ends }'))).toBe('line 1: a comma or closing bracket is missing')
})

test('a member __proto__ is a member', () => {
  const { value } = strict('{"__proto__": {"a": 1}}')
  expect(Object.keys(Object(value))).toEqual(['__proto__'])
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
})

test('a document that nests too deep is refused', async () => {
  expect(await codeThrown(() => strict('['.repeat(100_000)))).toBe('INPUT_TOO_DEEP')
  expect(await codeThrown(() => strict('{"a":'.repeat(66)))).toBe('INPUT_TOO_DEEP')
  expect(strict(`${'['.repeat(64)}${']'.repeat(64)}`).items).toHaveLength(1)
})

test.each([
  ['blanks', (units: number) => ' '.repeat(units)],
  ['slashes', (units: number) => `"${'\\"'.repeat(units / 2)}`],
  ['comments', (units: number) => '/**/ '.repeat(units / 5)],
  ['comments that begin', (units: number) => `{${'/*'.repeat(units / 2)}`],
  ['a text that never ends', (units: number) => `"${'a'.repeat(units)}`],
  ['items', (units: number) => `[${'1,'.repeat(units / 2)}`],
])('a megabyte of %s costs no more than its length', async (_, make) => {
  const read = (units: number) => refusal(() => commented(make(units)))
  expect(await isLinear(read, 1024 * 1024)).toBe(true)
  expect(read(1024 * 1024)).toMatch(/^line 1: /)
})
