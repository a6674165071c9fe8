import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { errorPage } from '../../scripts/error-page.ts'
import { ERROR_CODES } from '../../src/base/errors.ts'
import { ERROR_TEXTS } from '../../src/command-line/error-catalogue.ts'
import { explainCode, explainedCode, explainedLines } from '../../src/command-line/explain-code.ts'
import { codeOfCall } from '../support/code-of-call.ts'

test.each(ERROR_CODES)('%s: one sentence says what it means, and one what to do', (code) => {
  const { meaning, act } = ERROR_TEXTS[code]
  for (const text of [meaning, act]) {
    expect(text).toMatch(/^[A-Zs]/)
    expect(text.split(' ').length).toBeLessThanOrEqual(30)
    expect(text.split(/[.] /)).toHaveLength(1)
  }
  expect(meaning).toMatch(/\.$/)
})

test('docs/reference/errors.md is made from the table', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/reference/errors.md'), 'utf8')
  expect(page).toBe(errorPage())
})

test.each([['TIER_TOO_LOW'], ['tier_too_low'], ['tier-too-low'], ['[TIER_TOO_LOW]']])('explains %s', (word) => {
  expect(explainedCode(word)).toEqual({ code: 'TIER_TOO_LOW', ...ERROR_TEXTS.TIER_TOO_LOW })
})

test.each([[''], ['NOPE'], ['disk.root-encrypted'], ['toString'], ['__proto__'], ['[]'], ['x'.repeat(100_000)]])(
  'refuses %.20s',
  (word) => {
    expect(explainedCode(word)).toBeUndefined()
    expect(codeOfCall(() => explainCode(word))).toBe('NOT_FOUND')
  },
)

test('names codes that begin alike', () => {
  expect(() => explainCode('TOKEN_LOST')).toThrow(/similar: TOKEN_UNKNOWN, TOKEN_EXPIRED/)
})

test('fits a narrow terminal', () => {
  const lines = explainedLines(explainCode('CONFLICT'), { columns: 40, colour: false })
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40)
})
