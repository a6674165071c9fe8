import { decodeMessage, encodeMessage, type Message, messageLength } from '../../../src/system/desktop/dbus-messages.ts'
import { type DbusValue, marshal, unmarshal, variant } from '../../../src/system/desktop/dbus-values.ts'
import { codeOfCall } from '../../support/code-of-call.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const LITTLE = { littleEndian: true }

/** The specification's own example of alignment, and what follows from its rules. */
test.each<[string, DbusValue[], string]>([
  ['s', ['foo'], '03000000666f6f00'],
  ['g', ['a{sv}'], '05617b73767d00'],
  ['yu', [1, 2], '0100000002000000'],
  ['(yx)', [[1, -2n]], '0100000000000000feffffffffffffff'],
  ['b', [true], '01000000'],
  ['d', [1], '000000000000f03f'],
  ['ay', [new Uint8Array([7, 8])], '020000000708'],
  // The padding before the first element is not counted.
  ['ax', [[5n]], '08000000000000000500000000000000'],
  ['ax', [[]], '0000000000000000'],
  ['v', [variant('u', 9)], '0175000009000000'],
  ['a{sv}', [[['k', variant('y', 3)]]], '0a0000000000000001000000' + '6b00' + '0179' + '0003'],
])('%s %j', (signature, values, bytes) => {
  expect(hex(marshal(signature, values))).toBe(bytes)
  expect(unmarshal(signature, marshal(signature, values), LITTLE)).toEqual({ values, end: bytes.length / 2 })
})

test('big-endian bytes of another program are read as well', () => {
  const bytes = Buffer.from('00000003' + '666f6f00' + 'fffffffe', 'hex')
  expect(unmarshal('si', bytes, { littleEndian: false }).values).toEqual(['foo', -2])
})

test('grows beyond its first buffer, also for bytes', () => {
  const values: DbusValue[] = [new Uint8Array(5000).fill(7), 'x'.repeat(3000), [1, 2, 3]]
  expect(unmarshal('aysai', marshal('aysai', values), LITTLE).values).toEqual(values)
})

test.each<[string, string, DbusValue[]]>([
  ['too few values', 'ss', ['a']],
  ['no such type', 'k', [1]],
  ['an open struct', '(s', [['a']]],
  ['an empty struct', '()', [[]]],
  ['an entry of one', 'a{s}', [[['a']]]],
  ['a number that is too large', 'y', [256]],
  ['a text for a number', 'u', ['1']],
  ['a number for a text', 's', [1]],
  ['a zero byte in a text', 's', ['a\0b']],
  ['a struct that is too short', '(ss)', [['a']]],
  ['no list', 'as', ['a']],
  ['a variant of two', 'v', [variant('ss', 'a')]],
  ['a variant that is none', 'v', ['a']],
  ['a signature that is too deep', `${'a'.repeat(40)}s`, [[]]],
  ['a signature that is too long', 'y'.repeat(256), []],
])('refuses to write %s', (_, signature, values) => {
  expect(codeOfCall(() => marshal(signature, values))).toBe('INPUT_MALFORMED')
})

test('refuses every cut of a value, and never reads beyond it', () => {
  const signature = 'a{sv}(iias)v'
  const whole = marshal(signature, [[['k', variant('s', 'v')]], [1, 2, ['a', 'b']], variant('ai', [1, 2])])
  for (let length = 0; length < whole.length; length++) {
    expect(codeOfCall(() => unmarshal(signature, whole.subarray(0, length), LITTLE))).toBe('INPUT_MALFORMED')
  }
})

test.each([
  ['a boolean of 2', 'b', '02000000'],
  ['a text without its end', 's', '0100000061ff'],
  ['a text of 4 GB', 's', 'ffffffff61'],
  ['an array of 4 GB', 'ay', 'ffffffff61'],
  ['an array that ends within a value', 'ai', '0300000001000000'],
  ['a variant of two values', 'v', '027575000100000001000000'],
  ['a variant of none', 'v', '0000'],
])('refuses to read %s', (_, signature, bytes) => {
  expect(codeOfCall(() => unmarshal(signature, Buffer.from(bytes, 'hex'), LITTLE))).toBe('INPUT_MALFORMED')
})

test('refuses variants in variants without end', () => {
  const deep = Buffer.concat([
    ...Array.from({ length: 60 }, () => Buffer.from('017600', 'hex')),
    Buffer.from('017900', 'hex'),
  ])
  expect(codeOfCall(() => unmarshal('v', deep, LITTLE))).toBe('INPUT_MALFORMED')
})

const CALL: Message = {
  type: 'call',
  serial: 7,
  path: '/a',
  interface: 'a.b',
  member: 'C',
  destination: 'd.e',
  signature: 'su',
  body: ['x', 1],
}

test('a message is read as it was written', () => {
  const bytes = encodeMessage(CALL)
  expect(messageLength(bytes)).toBe(bytes.length)
  expect(messageLength(Buffer.concat([bytes, bytes]))).toBe(bytes.length)
  expect(decodeMessage(bytes)).toMatchObject({ ...CALL, noReply: false })
})

test('a message shorter than its header has no known length, and a longer one has', () => {
  const bytes = encodeMessage(CALL)
  for (let length = 0; length < bytes.length; length++) {
    expect(messageLength(bytes.subarray(0, length))).toBe(length < 16 ? undefined : bytes.length)
  }
})

test('refuses what is no message, one of another version and one that is too large', () => {
  const bytes = encodeMessage(CALL)
  const changed = (at: number, byte: number) => Buffer.from(bytes).fill(byte, at, at + 1)
  expect(codeOfCall(() => messageLength(changed(0, 0)))).toBe('INPUT_MALFORMED')
  expect(codeOfCall(() => messageLength(changed(7, 1)))).toBe('INPUT_TOO_LARGE')
  expect(codeOfCall(() => decodeMessage(changed(3, 2)))).toBe('INPUT_MALFORMED')
})

test('no change of one byte of a message does more than a refusal', () => {
  const bytes = encodeMessage(CALL)
  for (let at = 0; at < bytes.length; at++)
    for (const byte of [0, 1, 0x7f, 0xff]) {
      const changed = Buffer.from(bytes).fill(byte, at, at + 1)
      expect(['no refusal', 'INPUT_MALFORMED']).toContain(codeOfCall(() => decodeMessage(changed)))
    }
})
