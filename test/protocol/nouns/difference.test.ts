import { fieldsBetween, fieldWords } from '../../../src/protocol/noun/difference.ts'

const words = (before: object, after: object) =>
  fieldsBetween({ ...before }, { ...after }).map((field) => fieldWords(field))

test.each([
  ['a member', { owner: 'ada' }, { owner: 'bob' }, ['owner ada -> bob']],
  ['one that comes', {}, { end: 7 }, ['end 7']],
  ['one that goes', { end: 7 }, {}, ['end 7 -> none']],
  ['a member of a member', { scope: { a: 1, b: 2 } }, { scope: { a: 1, b: 3 } }, ['scope.b 2 -> 3']],
  ['a list', { tools: ['git', 'ssh'] }, { tools: ['git', 'jq'] }, ['tools +jq, -ssh']],
  ['the order of a list', { tools: ['a', 'b'] }, { tools: ['b', 'a'] }, ['tools in another order']],
  ['nothing', { a: [1], b: { c: 1 } }, { b: { c: 1 }, a: [1] }, []],
])('%s in words', (_, before, after, expected) => {
  expect(words(before, after)).toEqual(expected)
})

test('a long text is cut, and a long list is counted', () => {
  const [text = ''] = words({}, { reason: 'x'.repeat(500) })
  expect(text.length).toBeLessThan(100)
  const items = Array.from({ length: 30 }, (_, at) => at)
  expect(words({ items: [] }, { items })).toEqual([expect.stringMatching(/ and 20 more$/)])
})
