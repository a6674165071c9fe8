import { parseSecurityDescriptor } from '../../../src/system/files/security-descriptor.ts'
import { codeOfCall } from '../../support/code-of-call.ts'
import { ADMINISTRATORS, descriptorBytes, EVERYBODY, FULL, SYSTEM } from '../../support/platforms/windows-security.ts'

const whole = descriptorBytes({
  owner: ADMINISTRATORS,
  entries: [
    { sid: SYSTEM, mask: FULL },
    { sid: EVERYBODY, mask: 0x1, type: 1 },
    { sid: EVERYBODY, mask: -1, flags: 0x0b },
  ],
})

test('an owner and what is allowed to whom are read; what is denied is left out', () => {
  expect(parseSecurityDescriptor(whole)).toEqual({
    owner: ADMINISTRATORS,
    grants: [
      { sid: SYSTEM, mask: FULL, isInheritOnly: false },
      { sid: EVERYBODY, mask: 0xffffffff, isInheritOnly: true },
    ],
  })
})

test('the text that Windows makes of SIDs is made of them', () => {
  const sids = [
    'S-1-1-0',
    'S-1-5-21-4294967295-0-1-500',
    'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
  ]
  for (const owner of sids) expect(parseSecurityDescriptor(descriptorBytes({ owner })).owner).toBe(owner)
  const bytes = descriptorBytes({ owner: 'S-1-5-18' })
  bytes.set([0x01, 0x02, 0x03, 0x04, 0x05, 0x06], 22)
  expect(parseSecurityDescriptor(bytes).owner).toBe('S-1-0x010203040506-18')
})

test('no list is another thing than an empty one', () => {
  expect(parseSecurityDescriptor(descriptorBytes({ owner: SYSTEM })).grants).toBeUndefined()
  expect(parseSecurityDescriptor(descriptorBytes({ owner: SYSTEM, entries: [] })).grants).toEqual([])
  expect(parseSecurityDescriptor(descriptorBytes({})).owner).toBeUndefined()
})

test.each([
  ['with a condition', 9, new Uint8Array()],
  ['for an object', 5, new Uint8Array(4)],
  ['for an object of one kind', 5, Uint8Array.of(1, 0, 0, 0, ...new Uint8Array(16))],
  ['for an object of one kind in another, with a condition', 11, Uint8Array.of(3, 0, 0, 0, ...new Uint8Array(32))],
])('an entry that allows %s allows', (_, type, between) => {
  const bytes = descriptorBytes({ owner: SYSTEM, entries: [{ sid: EVERYBODY, mask: 2, type, between }] })
  expect(parseSecurityDescriptor(bytes).grants).toEqual([{ sid: EVERYBODY, mask: 2, isInheritOnly: false }])
})

function changed(at: number, ...values: readonly number[]): Uint8Array {
  const bytes = Uint8Array.from(whole)
  bytes.set(values, at)
  return bytes
}

function longSid(): Uint8Array {
  const bytes = descriptorBytes({ owner: SYSTEM })
  bytes[21] = 2
  return bytes
}

const LIST_AT = 20 + 16
test.each<[string, Uint8Array]>([
  ['nothing', new Uint8Array()],
  ['another revision', changed(0, 2)],
  ['one with pointers', changed(3, 0)],
  ['an owner in the header', changed(4, 4)],
  ['an owner behind the end', changed(4, 0xff, 0xff, 0xff, 0xff)],
  ['a SID of another revision', changed(20, 2)],
  ['a SID of too many parts', changed(21, 16)],
  ['a SID that is longer than all', longSid()],
  ['a list behind the end', changed(16, 0xff, 0xff)],
  ['a list of another revision', changed(LIST_AT, 3)],
  ['a list that is longer than all', changed(LIST_AT + 2, 0xff, 0xff)],
  ['more entries than the list has', changed(LIST_AT + 4, 0xff)],
  ['an entry without a size', changed(LIST_AT + 10, 0, 0)],
  ['an entry that is longer than the list', changed(LIST_AT + 10, 0xff, 0xff)],
  ['an entry that is shorter than its SID', changed(LIST_AT + 10, 12, 0)],
  ['an entry of an unknown kind', changed(LIST_AT + 8, 20)],
])('%s is refused', (_, bytes) => {
  expect(codeOfCall(() => parseSecurityDescriptor(bytes))).toBe('INPUT_MALFORMED')
})

test('refuses each part of a descriptor, and throws nothing but a refusal on any byte', () => {
  const parse = (bytes: Uint8Array) => codeOfCall(() => parseSecurityDescriptor(bytes))
  for (let length = 0; length < whole.length; length++) expect(parse(whole.subarray(0, length))).toBe('INPUT_MALFORMED')
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 1, 0x7f, 0x80, 0xff])
      expect(['no refusal', 'INPUT_MALFORMED']).toContain(parse(changed(at, value)))
  }
})
