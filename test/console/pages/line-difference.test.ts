import { compareLines, withGaps } from '../../../src/console/pages/policy/line-difference.ts'
import { faultIn } from '../../../src/console/pages/policy/text-noun.ts'

const MARKS = { same: ' ', added: '+', removed: '-' } as const
const compared = (before: string, after: string) =>
  compareLines(before, after).map(({ kind, number, text }) => `${MARKS[kind]}${number} ${text}`)

test.each([
  ['', '', []],
  ['a\n', 'a', [' 1 a']],
  ['a\r\nb\r\n', 'a\nb\n', [' 1 a', ' 2 b']],
  ['', 'a\n', ['+1 a']],
  ['a\n\n', '', ['-1 a', '-2 ']],
  ['a\nb\nc\n', 'a\nx\nc\n', [' 1 a', '-2 b', '+2 x', ' 3 c']],
  ['a\na\nb\n', 'a\nb\nb\n', [' 1 a', '-2 a', '+2 b', ' 3 b']],
  ['b\nc\nd\n', 'a\nb\nd\ne\n', ['+1 a', ' 2 b', '-2 c', ' 3 d', '+4 e']],
])('lines of %j and %j', (before, after, lines) => {
  expect(compared(before, after)).toEqual(lines)
})

test('what is in a text twice is found wherever most lines stay', () => {
  const before = 'x\na\nb\nc\nx\n'
  const lines = compareLines(before, `x\n${before}`)
  expect(lines.filter(({ kind }) => kind !== 'same')).toHaveLength(1)
})

test('long texts differ as a whole, between what is equal at both ends', () => {
  const many = (word: string) => Array.from({ length: 2_500 }, (_, at) => `${word} ${at}\n`).join('')
  const lines = compareLines(`a\n${many('old')}z\n`, `a\n${many('new')}z\n`)
  expect(lines).toHaveLength(5_002)
  expect([lines[0], lines[1], lines[2_501], lines.at(-1)]).toEqual([
    { kind: 'same', number: 1, text: 'a' },
    { kind: 'removed', number: 2, text: 'old 0' },
    { kind: 'added', number: 2, text: 'new 0' },
    { kind: 'same', number: 2_502, text: 'z' },
  ])
})

test('equal lines far from a difference are counted', () => {
  const before = Array.from({ length: 20 }, (_, at) => `${at + 1}\n`).join('')
  const shown = withGaps(compareLines(before, before.replace('10\n', 'ten\n')))
  expect(shown.map(({ kind, number }) => `${kind} ${number}`)).toEqual([
    'gap 1',
    ...['same 7', 'same 8', 'same 9', 'removed 10', 'added 10', 'same 11', 'same 12', 'same 13'],
    'gap 14',
  ])
  expect(shown[0]).toMatchObject({ count: 6 })
  expect(withGaps(compareLines(before, before))).toEqual([{ kind: 'gap', number: 1, count: 20 }])
})

test.each([
  ['line 3: no such check', { line: 3, message: 'no such check' }],
  ['line 12: a: b\nc', { line: 12, message: 'a: b\nc' }],
  ['not a policy', undefined],
  ['version 3: line 1: x', undefined],
  ['line 3: ', undefined],
])('the line in %j', (message, fault) => {
  expect(faultIn(message)).toEqual(fault)
})
