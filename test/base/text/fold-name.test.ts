import { foldedName, foldName } from '../../../src/base/text/fold-name.ts'
import { codeThrown } from '../../support/code-thrown.ts'

test.each([
  ['Ada Lovelace', 'ada lovelace'],
  ['  ADA \t\u00a0 Lovelace '.replace('\t', ''), 'ada lovelace'],
  ['Straße', 'strasse'],
  ['ΟΔΟΣ', 'οδοσ'.toUpperCase().toLowerCase()],
  ['ﬁona', 'fiona'],
  ['Ａｄａ', 'ada'],
  ['e\u0301va', 'éva'],
  ['דוד', 'דוד'],
  ['x'.repeat(256), 'x'.repeat(256)],
])('folds %j to %j', (name, key) => {
  expect(foldName(name)).toBe(key)
  expect(foldName(foldName(name))).toBe(key)
})

test.each([
  ...['', '   ', '\u00a0', 'a\tb', 'a\nb', 'a\u0000', 'a\u007f', 'a\u202eb', 'a\u2066b', 'a\u200bb', 'a\u00adb'],
  ...['a\u2028b', '\ud800', 'a\ue000b', '\ufeffa', 'x'.repeat(257), '\ufdfa'.repeat(200)],
])('refuses %j', async (name) => {
  expect(await codeThrown(() => foldName(name))).toBe('INPUT_MALFORMED')
  expect(foldedName(name)).toBeUndefined()
})
