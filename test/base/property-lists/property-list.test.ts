import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  dictionaryOf,
  flagIn,
  listIn,
  parsePropertyList,
  textIn,
  valueIn,
} from '../../../src/base/property-lists/property-list.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/darwin')
const fixture = (name: string) => readFileSync(join(FIXTURES, name))
const xml = (body: string) => Buffer.from(`<?xml version="1.0"?><plist version="1.0">${body}</plist>`)

test('both forms of one list say the same', () => {
  const binary = parsePropertyList(fixture('software-update-10.15.7.bplist'))
  expect(binary).toEqual(parsePropertyList(fixture('software-update-10.15.7.plist')))
  expect(dictionaryOf(binary)).toMatchObject({
    AutomaticDownload: true,
    LastSuccessfulDate: new Date('2021-02-23T07:52:51Z'),
    LastUpdatesAvailable: 3,
    PrimaryLanguages: ['en-LT', 'en-GB'],
  })
  expect(listIn(dictionaryOf(binary) ?? {}, 'RecommendedUpdates')).toHaveLength(3)
})

test('members are read by their kind', () => {
  const list = dictionaryOf(
    parsePropertyList(
      xml(
        '<dict><key>a</key><string>x</string><key>on</key><integer>1</integer><key>no</key><string>NO</string></dict>',
      ),
    ),
  )
  if (list === undefined) throw new TypeError('no dictionary')
  expect([textIn(list, 'a'), textIn(list, 'on'), textIn(list, 'toString')]).toEqual(['x', undefined, undefined])
  expect([flagIn(list, 'on'), flagIn(list, 'no'), flagIn(list, 'a')]).toEqual([true, false, undefined])
  expect([listIn(list, 'a'), valueIn(list, 'on'), valueIn(list, '__proto__')]).toEqual([[], 1, undefined])
  expect([dictionaryOf([]), dictionaryOf('x'), dictionaryOf(new Date()), dictionaryOf(undefined)]).toEqual([
    ...Array(4).fill(undefined),
  ])
})

test.each<[string, unknown]>([
  ['<string>a &amp; &lt;b&gt; &#65;&#x42; &quot;</string>', 'a & <b> AB "'],
  ['<string/>', ''],
  ['<integer>-12</integer>', -12],
  ['<integer>0x1F</integer>', 31],
  ['<real>1.5e3</real>', 1500],
  ['<true/>', true],
  ['<false></false>', false],
  ['<date>2026-11-29T10:00:00Z</date>', new Date('2026-11-29T10:00:00Z')],
  ['<data>\n\tAQID\n</data>', Uint8Array.of(1, 2, 3)],
  ['<array><dict/><!-- a note --><array/></array>', [{}, []]],
  ['<dict><key>__proto__</key><true/></dict>', JSON.parse('{"__proto__":true}')],
])('XML %s is read', (body, value) => expect(parsePropertyList(xml(body))).toEqual(value))

test.each([
  ['nothing', ''],
  ['text that is no list', 'defaults: command not found'],
  ['JSON', '{"a":1}'],
  ['a list without its end', '<plist><dict><key>a</key>'],
  ['a value without its end', '<plist><string>a</plist>'],
  ['a name without a value', '<plist><dict><key>a</key></dict></plist>'],
  ['a value without a name', '<plist><dict><true/></dict></plist>'],
  ['two values', '<plist><true/><true/></plist>'],
  ['something behind the list', '<plist><true/></plist><plist/>'],
  ['an unknown element', '<plist><uid>1</uid></plist>'],
  ['a number that is none', '<plist><integer>one</integer></plist>'],
  ['a date that cannot be', '<plist><date>2026-13-29T10:00:00Z</date></plist>'],
  ['data that is no base64', '<plist><data>***</data></plist>'],
  ['an entity of its own', '<!DOCTYPE plist [<!ENTITY a "b">]><plist><string>&a;</string></plist>'],
  ['an entity that XML does not know', '<plist><string>&nbsp;</string></plist>'],
  ['a list deeper than any', `<plist>${'<array>'.repeat(70)}${'</array>'.repeat(70)}</plist>`],
])('XML with %s is refused', (_, text) => expect(parsePropertyList(Buffer.from(text))).toBeUndefined())

/** A binary list: objects, the width of an offset and of a reference, and which object is on top. */
function binary(objects: readonly (readonly number[])[], top = 0, { objectCount = objects.length } = {}): Buffer {
  const body = Buffer.concat([Buffer.from('bplist00'), ...objects.map((object) => Buffer.from(object))])
  let at = 8
  const offsets = objects.map((object) => {
    const start = at
    at += object.length
    return start
  })
  const trailer = Buffer.alloc(32)
  trailer[6] = 1
  trailer[7] = 1
  trailer.writeBigUInt64BE(BigInt(objectCount), 8)
  trailer.writeBigUInt64BE(BigInt(top), 16)
  trailer.writeBigUInt64BE(BigInt(body.length), 24)
  return Buffer.concat([body, Buffer.from(offsets), trailer])
}

test.each<[string, readonly (readonly number[])[], unknown]>([
  ['true', [[0x09]], true],
  ['a number of one byte', [[0x10, 0xff]], 255],
  ['a number with a sign', [[0x13, ...Array<number>(8).fill(0xff)]], -1],
  ['text in UTF-16', [[0x61, 0x00, 0xfc]], 'ü'],
  ['text with a count of its own', [[0x5f, 0x10, 0x02, 0x61, 0x62]], 'ab'],
  ['a dictionary', [[0xd1, 1, 2], [0x51, 0x61], [0x08]], { a: false }],
  ['half a float', [[0x22, 0x3f, 0x00, 0x00, 0x00]], 0.5],
])('a binary list with %s is read', (_, objects, value) => expect(parsePropertyList(binary(objects))).toEqual(value))

test.each<[string, Buffer]>([
  ['a head alone', Buffer.from('bplist00')],
  ['no objects', binary([])],
  ['an object that holds itself', binary([[0xa1, 0]])],
  ['a reference to nothing', binary([[0xa1, 7]])],
  ['a name that is no text', binary([[0xd1, 1, 1], [0x09]])],
  ['more text than there is', binary([[0x5f, 0x10, 0xff, 0x61]])],
  ['a count that is no number', binary([[0x5f, 0x51, 0x61]])],
  ['a date that cannot be', binary([[0x33, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0]])],
  ['a kind that is not known', binary([[0x70]])],
  ['more objects than its table', binary([[0x09]], 0, { objectCount: 1_000 })],
  ['a top that is none of them', binary([[0x09]], 3)],
  [
    'objects that refer to each other ever more often',
    binary(Array.from({ length: 40 }, (_, at) => [0xa2, at + 1, at + 1])),
  ],
  ['an end that was cut', fixture('software-update-10.15.7.bplist').subarray(0, -1)],
])('a binary list with %s is refused', (_, bytes) => expect(parsePropertyList(bytes)).toBeUndefined())

test('reads or refuses a binary list that is cut or changed anywhere, and never fails', () => {
  const whole = fixture('software-update-10.15.7.bplist')
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole)
    changed[at] = (changed[at] ?? 0) ^ 0xff
    expect(() => parsePropertyList(changed)).not.toThrow()
    expect(() => parsePropertyList(whole.subarray(0, at))).not.toThrow()
  }
})
