import fc from 'fast-check'
import { jsonLines } from '../../scripts/json-lines.ts'

test('reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) =>
      expect(JSON.parse(jsonLines(value))).toEqual(JSON.parse(JSON.stringify(value))),
    ),
  )
})

test('breaks what is longer than 140 columns, one item a line', () => {
  const long = 'x'.repeat(60)
  expect(jsonLines({ short: [1, { a: 2 }], long: [long, long, long], none: {} })).toBe(
    `{\n  "short": [1, { "a": 2 }],\n  "long": [\n    "${long}",\n    "${long}",\n    "${long}"\n  ],\n  "none": {}\n}\n`,
  )
})

test.each([139, 140])('a line of %i columns is not broken', (columns) => {
  const item = 'x'.repeat(columns - '  "a": ["",1],'.length - 1)
  const line = jsonLines({ a: [item, 1], b: 'x'.repeat(140) }).split('\n')[1]
  expect(line).toHaveLength(columns)
})

test('a line of 141 columns is broken', () => {
  const item = 'x'.repeat(141 - '  "a": ["",1],'.length - 1)
  expect(jsonLines({ a: [item, 1], b: 'x'.repeat(140) }).split('\n')[1]).toBe('  "a": [')
})
