import { lstatSync } from 'node:fs'
import { codeOfCall } from '../../support/code-of-call.ts'
import {
  ADMINISTRATORS,
  ANN,
  closedTo,
  type DescriptorInit,
  descriptorBytes,
  EVERYBODY,
  FULL,
  MALLORY,
  READ_AND_RUN,
  rightsWith,
  SYSTEM,
  USERS,
  windowsError,
} from '../../support/platforms/windows-security.ts'

/** Decisions over descriptors as Windows has them. What Windows does with a descriptor is not seen here, nor are its paths. */

const ours = { sid: ANN, mask: FULL }
const stat = lstatSync(import.meta.filename)
/** Nothing of that name is on this machine. */
const PATH = 'C:\\ProgramData\\Surety\\state'

function rightsOf(init: DescriptorInit) {
  return rightsWith(() => descriptorBytes(init)).of(PATH, stat)
}

test.each([ANN, SYSTEM, ADMINISTRATORS])('a file of %s for us and administrators is ours and closed', (owner) => {
  const entries = [SYSTEM, ADMINISTRATORS, ANN, 'S-1-3-4'].map((sid) => ({ sid, mask: FULL }))
  expect(rightsOf({ owner, entries })).toEqual({
    owner,
    isOurs: true,
    isOfService: false,
    canOthersRead: false,
    canOthersWrite: false,
    isClosed: true,
  })
})

test.each([MALLORY, USERS, 'S-1-5-19', EVERYBODY])('a file of %s is not ours', (owner) => {
  expect(rightsOf({ owner, entries: [ours] })).toMatchObject({ owner, isOurs: false })
})

test('a file without an owner is not ours, and one without a list is open to all', () => {
  expect(rightsOf({ entries: [] })).toMatchObject({ owner: 'nobody', isOurs: false })
  expect(rightsOf({ owner: ANN })).toMatchObject({ canOthersRead: true, canOthersWrite: true, isClosed: false })
  expect(rightsOf({ owner: ANN, entries: [] })).toMatchObject({ canOthersWrite: false, isClosed: true })
})

test('users who may read and run may not write', () => {
  expect(rightsOf({ owner: ANN, entries: [ours, { sid: USERS, mask: READ_AND_RUN }] })).toMatchObject({
    canOthersRead: true,
    canOthersWrite: false,
    isClosed: false,
  })
})

test.each([
  ['data', 0x2],
  ['more data', 0x4],
  ['entries of a folder away', 0x40],
  ['it away', 0x10000],
  ['its list', 0x40000],
  ['its owner', 0x80000],
  ['anything', 0x10000000],
  ['anything by the generic right', 0x40000000],
])('others who may change %s may write', (_, mask) => {
  for (const sid of [EVERYBODY, USERS, MALLORY, 'S-1-15-2-1', 'S-1-5-11']) {
    expect(rightsOf({ owner: ANN, entries: [ours, { sid, mask }] }).canOthersWrite).toBe(true)
  }
})

test('counts a right that an earlier entry denies, and none that only children inherit', () => {
  const denied = { sid: MALLORY, mask: FULL, type: 1 }
  const allowed = { sid: MALLORY, mask: FULL }
  expect(rightsOf({ owner: ANN, entries: [denied, allowed] }).canOthersWrite).toBe(true)
  expect(rightsOf({ owner: ANN, entries: [ours, { ...allowed, flags: 0x0b }] }).isClosed).toBe(true)
})

test('a list that cannot be read is no list of rights', () => {
  const torn = rightsWith(() => closedTo(ANN).subarray(0, 40))
  expect(codeOfCall(() => torn.of(PATH, stat))).toBe('STORE_FAILED')
  const denied = rightsWith(() => {
    throw windowsError('CreateFileW', 5)
  })
  expect(() => denied.of(PATH, stat)).toThrow(/^the rights of ".*state": EACCES$/)
})

test.each(['\\\\server\\share\\x', '\\\\.\\pipe\\x', 'C:\\x\\NUL', '/home/ann'])(
  '%s is no place for a file of ours',
  (path) => {
    expect(codeOfCall(() => rightsWith(() => closedTo(ANN)).of(path, stat))).toBe('STORE_FAILED')
  },
)

const FOR_US = `D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;${ANN})`
const FOR_ADMINISTRATORS = 'O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)'

test.each([
  ['a person, in a folder of the machine', false, [{ sid: USERS, mask: READ_AND_RUN }], FOR_US],
  ['a person, at home', false, [ours], FOR_US],
  ['an administrator, in a folder of the machine', true, [{ sid: USERS, mask: READ_AND_RUN }], FOR_ADMINISTRATORS],
  ['an administrator, where what they make is theirs', true, [{ ...ours, flags: 0x0b }], FOR_ADMINISTRATORS],
  ['an administrator, at home', true, [ours], FOR_US],
])('what is made has its rights from the beginning: by %s', async (_, isElevated, entries, sddl) => {
  const written: string[] = []
  const rights = rightsWith(() => descriptorBytes({ owner: SYSTEM, entries }), { written, isElevated })
  await rights.makeFolder(PATH, { mode: 0o755, recursive: false })
  expect(written).toEqual([`\\\\?\\${PATH} ${sddl}`])
})

test('users may run what they are let run, and change nothing', async () => {
  const written: string[] = []
  const rights = rightsWith(() => descriptorBytes({ owner: SYSTEM, entries: [] }), { written, isElevated: true })
  for (const isFolder of [true, false]) await rights.letUsersRun(PATH, { isDirectory: () => isFolder })
  const administrators = (flags: string) => `O:BAD:P(A;${flags};FA;;;SY)(A;${flags};FA;;;BA)(A;;0x1200a9;;;BU)`
  expect(written).toEqual(['OICI', ''].map((flags) => `\\\\?\\${PATH} ${administrators(flags)}`))
  const after = descriptorBytes({ owner: SYSTEM, entries: [{ sid: USERS, mask: READ_AND_RUN }] })
  expect(rightsWith(() => after).of(PATH, stat)).toMatchObject({ canOthersRead: true, canOthersWrite: false })
})

test('a file that is closed already is left as it is', () => {
  const written: string[] = []
  rightsWith(() => closedTo(ANN), { written }).closeFile(PATH, -1)
  expect(written).toEqual([])
  rightsWith(() => descriptorBytes({ owner: ANN }), { written }).closeFile(PATH, -1)
  expect(written).toHaveLength(1)
})

test('users who may add to a folder cannot replace what lies in it', () => {
  const addTo = (mask: number) =>
    rightsWith(() => descriptorBytes({ owner: SYSTEM, entries: [{ sid: USERS, mask }] })).canOthersReplaceIn(PATH, stat)
  expect([READ_AND_RUN, 0x116].map(addTo)).toEqual([false, false])
  expect([0x40, 0x10000, 0x40000, 0x80000, FULL].map(addTo)).toEqual(Array(5).fill(true))
})

test('the command that closes a file names those who have rights to it', () => {
  const entries = [
    ours,
    { sid: EVERYBODY, mask: READ_AND_RUN },
    { sid: MALLORY, mask: FULL },
    { sid: MALLORY, mask: 2 },
  ]
  const rights = rightsWith(() => descriptorBytes({ owner: ANN, entries }))
  expect(rights.remedy('C:\\x', 'write')).toBe(`icacls "C:\\\\x" /inheritance:d /remove:g *${MALLORY}`)
  expect(rights.remedy('C:\\x', 'all', 'X')).toBe(`icacls X /inheritance:d /remove:g *${EVERYBODY} *${MALLORY}`)
  const unlisted = rightsWith(() => descriptorBytes({ owner: ANN }))
  expect(unlisted.remedy('C:\\x', 'all', 'X')).toBe('icacls X /reset')
})
