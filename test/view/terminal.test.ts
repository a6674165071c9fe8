import fc from 'fast-check'
import { ago } from '../../src/base/text/ago.ts'
import { table } from '../../src/view/terminal.ts'
import { anyText } from '../support/any-text.ts'

const FILE = { columns: undefined, colour: false }

test('aligns columns for any cells', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyText(), anyText())), (rows) => {
      const lines = table(
        rows.map((cells) => ({ cells })),
        FILE,
        { heading: ['A', 'B'] },
      )
      expect(lines).toHaveLength(rows.length + 1)
      for (const line of lines) expect(line).not.toMatch(/\p{Cc}|\p{Zl}|\p{Zp}/u)
    }),
  )
  expect(table([{ cells: ['x'.repeat(60), 'y'] }], FILE, { heading: ['A', 'B'] })).toEqual([
    `  A${' '.repeat(49)}B`,
    `  ${'x'.repeat(47)}…  y`,
  ])
})

test('shows an age in one unit', () => {
  const now = 200_000_000
  expect(
    [undefined, 0, now - 3_700_000, now - 180_000, now - 59_000, now - 999, now + 1].map((at) => ago(at, now)),
  ).toEqual(['never', '2 d ago', '1 h ago', '3 min ago', '59 s ago', 'just now', 'just now'])
})
