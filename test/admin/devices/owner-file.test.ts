import { parseOwners } from '../../../src/admin/devices/owner-file.ts'

const HASH = 'ab'.repeat(32)

test('each line is a device and its owner', () => {
  const text = [
    '\ufeffserial-or-host,owner',
    '# laptops of the third floor',
    'PF3X2Y1Z,ada@example.org',
    '',
    ' "lap, 7" , "Bob ""Bobby"" B" ',
    'serial:PF-1,cleo',
    'host: lap-9 ,cleo',
    `${HASH},dora`,
    `ek:${Buffer.alloc(32, 7).toString('base64url')},dora`,
  ].join('\r\n')
  expect(parseOwners(text)).toEqual([
    { kind: 'serial-or-host', name: 'PF3X2Y1Z', owner: 'ada@example.org' },
    { kind: 'serial-or-host', name: 'lap, 7', owner: 'Bob "Bobby" B' },
    { kind: 'serial', name: 'PF-1', owner: 'cleo' },
    { kind: 'host', name: 'lap-9', owner: 'cleo' },
    { kind: 'endorsement-key', name: HASH, owner: 'dora' },
    { kind: 'endorsement-key', name: Buffer.alloc(32, 7).toString('base64url'), owner: 'dora' },
  ])
})

test.each([
  ['', 'no device is in it'],
  ['# nothing\n\n', 'no device is in it'],
  ['device,owner\n', 'no device is in it'],
  ['PF-1', 'line 1: 1 columns instead of 2'],
  ['PF-1,ada,x', 'line 1: 3 columns instead of 2'],
  ['PF-1;ada', 'line 1: 1 columns instead of 2'],
  ['a,b\n,ada', 'line 2: the device is empty'],
  ['PF-1, ', 'line 1: the owner is empty'],
  ['PF-1,', 'line 1: the owner is empty'],
  ['"PF-1,ada', 'line 1: a quotation mark is not closed'],
  ['"PF-1"x,ada', 'line 1: a quotation mark is not closed'],
  ['serial:,ada', 'line 1: nothing follows serial:'],
  ['ek:1234,ada', 'line 1: no SHA-256'],
  [`${'x'.repeat(257)},ada`, 'line 1: longer than 256 characters'],
  ['PF-1,ada\npf-1,bob', 'line 2: the same device is in line 1'],
  ['a\n'.repeat(9), 'line 5: 1 columns instead of 2: DEVICE,OWNER; and 4 more'],
  [Array.from({ length: 10_001 }, (_, at) => `${at},ada`).join('\n'), '10001 devices, at most 10000'],
])('a file %j is refused', (text, message) => expect(() => parseOwners(text)).toThrow(message))
