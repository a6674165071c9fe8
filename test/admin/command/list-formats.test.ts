import { type Column, csvOf, tableOf, tsvOf } from '../../../src/admin/command/list-formats.ts'
import { DANGEROUS } from '../../support/directory/run-commands.ts'

interface Item {
  readonly name: string
  readonly time?: number
}

const COLUMNS: readonly Column<Item>[] = [
  { heading: 'NAME', cell: ({ name }) => name },
  {
    heading: 'LAST SEEN',
    wide: true,
    cell: ({ time }) => (time === undefined ? '-' : `at ${time}`),
    value: ({ time }) => (time === undefined ? undefined : `${time}`),
  },
]
const csvCell = (name: string) =>
  csvOf([{ name, time: 1 }], COLUMNS)
    .split('\r\n')[1]
    ?.replace(/,1$/, '')

test('CSV has a heading and values for programs', () => {
  expect(csvOf([{ name: 'one', time: 7 }, { name: 'two' }], COLUMNS)).toBe('name,last_seen\r\none,7\r\ntwo,\r\n')
  expect(csvOf([], COLUMNS)).toBe('name,last_seen\r\n')
})

test.each([
  ['=cmd|calc', "'=cmd|calc"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  [' =1', "' =1"],
  ['\t=1', '\\x09=1'],
  ['＝1', "'＝1"],
  ['=HYPERLINK("http://evil","x")', '"\'=HYPERLINK(""http://evil"",""x"")"'],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', 'two\\nlines'],
  ['\r=1', '\\x0d=1'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['mail-1@x', 'mail-1@x'],
])('CSV of %j is %j', (name, cell) => expect(csvCell(name)).toBe(cell))

test('tab-separated values have one line an item and one tab between two', () => {
  const text = tsvOf([{ name: 'a\tb\nc\u001b[2J', time: 1 }, { name: '=1' }], COLUMNS)
  expect(text).toBe('name\tlast_seen\na\\x09b\\nc\\x1b[2J\t1\n=1\t\n')
})

test('a table has wide columns only if it is wide, and moves no cursor', () => {
  const items = [{ name: '\u001b[31mred\u202e', time: 3 }]
  const terminal = { columns: 80, colour: false }
  const narrow = tableOf(items, COLUMNS, { terminal, wide: false })
  const wide = tableOf(items, COLUMNS, { terminal, wide: true })
  expect(narrow).toEqual(['  NAME', '  \\x1b[31mred\\u{202e}'])
  expect(wide[1]).toMatch(/ {2}at 3$/)
  expect(wide.join('\n')).not.toMatch(DANGEROUS)
})
