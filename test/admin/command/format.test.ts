import { asArgument, facts, timeOf } from '../../../src/admin/command/format.ts'
import { parseDuration } from '../../../src/base/text/duration.ts'
import { addressOf, certificateNames } from '../../../src/directory/local/addresses.ts'

test.each([
  ['90m', 5_400_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
  ['1s', 1_000],
  ['0h', undefined],
  ['24', undefined],
  ['24H', undefined],
  ['1.5h', undefined],
  ['-1h', undefined],
  ['24h ', undefined],
  ['99999999d', undefined],
  ['', undefined],
])('the time %j is %s', (text, ms) => expect(parseDuration(text)).toBe(ms))

test('facts leave out what is not there', () => {
  expect(
    facts([
      ['a', '1'],
      ['long', undefined],
      ['bc', 'x\ny'],
    ]),
  ).toEqual(['a   1', 'bc  x\\ny'])
})

test.each([
  ['claude-code', 'claude-code'],
  ['chromium/abc', 'chromium/abc'],
  ['unknown/my bot', "'unknown/my bot'"],
  ["it's", "'it'\\''s'"],
  ['$(reboot)', "'$(reboot)'"],
  ['', "''"],
])('%j is typed %s in a shell', (text, argument) => expect(asArgument(text)).toBe(argument))

test('times are UTC', () => {
  expect([Date.UTC(2026, 10, 25, 12), undefined].map(timeOf)).toEqual(['2026-11-25 12:00:00Z', '-'])
})

test.each([
  [{ names: [], 'devices.host': '0.0.0.0', 'api.host': '127.0.0.1' }, ['box', '127.0.0.1', 'localhost', '::1']],
  [
    { names: ['d.example'], 'devices.host': '::', 'api.host': '::' },
    ['d.example', 'box', 'localhost', '127.0.0.1', '::1'],
  ],
  [{ names: [], 'devices.host': '127.0.0.1', 'api.host': '127.0.0.1' }, ['127.0.0.1', 'localhost', '::1']],
])('certificates of %j are for %j', (config, names) => expect(certificateNames(config, 'box')).toEqual(names))

test.each([
  ['0.0.0.0', '127.0.0.1:1'],
  ['::', '[::1]:1'],
  ['d.example', 'd.example:1'],
])('%s is reached at %s', (host, address) => expect(addressOf(host, 1)).toBe(address))
