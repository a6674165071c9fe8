import fc from 'fast-check'
import { printable, printableJson } from '../../../src/base/text/printable.ts'
import { anyText } from '../../support/any-text.ts'

test.each([
  ['plain, ünïcode 漢字', 'plain, ünïcode 漢字'],
  ['a\nb\tc', 'a\\nb\\x09c'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['\u202etxt.exe', '\\u{202e}txt.exe'],
  ['\ud800', '\\u{d800}'],
])('%j', (text, shown) => expect(printable(text)).toBe(shown))

test('leaves nothing that a terminal would obey', () => {
  fc.assert(fc.property(anyText(), (text) => !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(printable(text))))
})

test.each<[object, string]>([
  [{ a: 'plain, ünïcode 漢字', b: [1, null, true] }, '{"a":"plain, ünïcode 漢字","b":[1,null,true]}'],
  [{ 'key\u202e': '\u009b31m\u007f\u001b' }, '{"key\\u202e":"\\u009b31m\\u007f\\u001b"}'],
  [['\u2028', '\ud800', '\u{e0041}', '\\\u200b'], '["\\u2028","\\ud800","\\udb40\\udc41","\\\\\\u200b"]'],
])('%j as JSON', (value, shown) => {
  expect(printableJson(value)).toBe(shown)
})

test('keeps the value and lines of JSON, and nothing that a terminal would obey', () => {
  fc.assert(
    fc.property(fc.dictionary(anyText(), anyText()), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = printableJson({ value }, indent)
      expect(JSON.parse(text)).toEqual({ value })
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
      expect(text.split('\n')).toHaveLength(JSON.stringify({ value }, null, indent).split('\n').length)
    }),
  )
})
