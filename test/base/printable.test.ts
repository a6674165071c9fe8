import fc from 'fast-check'
import { printable } from '../../src/base/printable.ts'
import { anyText } from '../support/any-text.ts'

test.each([
  ['plain, ünïcode 漢字', 'plain, ünïcode 漢字'],
  ['a\nb\tc', 'a\\nb\\x09c'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['\u202etxt.exe', '\\u{202e}txt.exe'],
  ['\ud800', '\\u{d800}'],
])('%j', (text, shown) => expect(printable(text)).toBe(shown))

test('nothing is left that a terminal would obey', () => {
  fc.assert(fc.property(anyText(), (text) => !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(printable(text))))
})
