import { openWindowsFiles, trustedWindowsFiles } from '../../../../src/system/files/foreign/windows.ts'
import { describeFileReader } from '../../../contracts/file-reader.contract.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import {
  FULL,
  fakeWindowsFiles,
  OWN_ID,
  securityDescriptor,
  WINDOWS_ERROR,
} from '../../../support/platforms/windows-files.ts'

/** [MS-FSCC] 2.1.2.1. */
const TAG = { symlink: 0xa000000c, junction: 0xa0000003, cloud: 0x9000001a, dedup: 0x80000013 } as const
const limit = { maxBytes: 100 }

describeFileReader('openWindowsFiles on recorded answers', async () => {
  const { addon } = fakeWindowsFiles({
    'C:/tree/file': { text: 'hello' },
    'C:/tree/folder/a': {},
    'C:/tree/folder/b': {},
    'C:/tree/link': { tag: TAG.symlink },
    'C:/tree/linked-folder': { tag: TAG.junction, isFolder: true },
    'C:/tree/linked-folder/a': {},
  })
  return { reader: openWindowsFiles(addon), root: 'C:/tree' }
})

const { addon, openHandles } = fakeWindowsFiles({
  'C:/Users/ann/plain': { text: 'plain' },
  'C:/Users/ann/denied': { fails: WINDOWS_ERROR.denied },
  'C:/Users/ann/locked': { fails: WINDOWS_ERROR.sharing },
  'C:/Users/ann/broken': { fails: 1392 },
  'C:/Users/ann/cloud-only': { text: 'x', attributes: 0x40_0000 },
  'C:/Users/ann/offline': { text: 'x', attributes: 0x1000 },
  'C:/Users/ann/placeholder': { tag: TAG.cloud },
  'C:/Users/ann/deduplicated': { tag: TAG.dedup },
  'C:/Users/ann/mounted/x': {},
  'C:/Users/ann/mounted': { tag: TAG.junction, isFolder: true },
  'C:/Users/ann/OneDrive/x': {},
  'C:/Users/ann/OneDrive': { tag: TAG.cloud, isFolder: true },
  'Z:': { isFolder: true, device: { type: 7, flags: 0x10 } },
  'Z:/x': { text: 'of another machine' },
  'Y:': { isFolder: true, device: { type: 0x14, flags: 0 } },
  'Y:/x': { text: 'of a redirector' },
})

test.each([
  ['plain', 'C:/Users/ann/denied', 'FILE_UNREADABLE'],
  ['kept by another program', 'C:/Users/ann/locked', 'FILE_UNREADABLE'],
  ['an error that is not known', 'C:/Users/ann/broken', 'FILE_UNREADABLE'],
  ['content that would be fetched', 'C:/Users/ann/cloud-only', 'FILE_UNREADABLE'],
  ['content on a tape', 'C:/Users/ann/offline', 'FILE_UNREADABLE'],
  ['a placeholder of a cloud', 'C:/Users/ann/placeholder', 'FILE_NOT_REGULAR'],
  ['a file that only a filter can read', 'C:/Users/ann/deduplicated', 'FILE_NOT_REGULAR'],
  ['behind a mounted folder', 'C:/Users/ann/mounted/x', 'FILE_IS_LINK'],
  ['behind a folder of a cloud', 'C:/Users/ann/OneDrive/x', 'FILE_IS_LINK'],
  ['a drive of another machine', 'Z:/x', 'FILE_UNREADABLE'],
  ['a drive that is no disk', 'Y:/x', 'FILE_UNREADABLE'],
  ['a drive that is not there', 'Q:/x', 'FILE_ABSENT'],
  ['a share', '//server/share/x', 'FILE_UNREADABLE'],
  ['a device', 'C:/Users/ann/CON', 'FILE_UNREADABLE'],
  ['a stream', 'C:/Users/ann/plain:hidden', 'FILE_UNREADABLE'],
  ['a path that climbs', 'C:/Users/ann/../ann/plain', 'FILE_UNREADABLE'],
  ['a small drive', 'c:/Users/ann/plain', 'FILE_UNREADABLE'],
  ['backslashes', 'C:\\Users\\ann\\plain', 'FILE_UNREADABLE'],
  ['32,000 characters', `C:/${'a/'.repeat(16_000)}x`, 'FILE_ABSENT'],
])('%s is refused, and no handle stays open', async (_, path, code) => {
  {
    using files = openWindowsFiles(addon)
    expect(await codeThrown(() => files.read(path, limit))).toBe(code)
  }
  expect(await codeThrown(() => trustedWindowsFiles(addon).read(path, limit))).toBe(code)
  expect(openHandles()).toBe(0)
})

test('the reason says what Windows answered', async () => {
  using files = openWindowsFiles(addon)
  await expect(files.read('C:/Users/ann/locked', limit)).rejects.toThrow('another program keeps it for itself')
  await expect(files.read('C:/Users/ann/broken', limit)).rejects.toThrow('error 1392 of Windows')
  await expect(files.read('C:/Users/ann/cloud-only', limit)).rejects.toThrow('in a cloud')
})

test('the trusted reader says where a file lies, in the spelling of the disk', async () => {
  expect(await trustedWindowsFiles(addon).realPath('C:/USERS/ANN/PLAIN')).toBe('C:/Users/ann/plain')
})

test('folders on the way stay open for the next file, and are closed in the end', async () => {
  const files = openWindowsFiles(addon)
  await files.read('C:/Users/ann/plain', limit)
  expect(openHandles()).toBe(3)
  await files.stat('C:/Users/ann/plain')
  expect(openHandles()).toBe(3)
  files[Symbol.dispose]()
  expect(openHandles()).toBe(0)
})

const EVERYBODY = 'S-1-1-0'
const USERS = 'S-1-5-32-545'
const [READ_AND_RUN, WRITE_DAC, DELETE_CHILD] = [0x1200a9, 0x40000, 0x40]
const own = { sid: OWN_ID, mask: FULL }

test.each([
  [
    'its owner alone',
    OWN_ID,
    [own, { sid: 'S-1-5-18', mask: FULL }, { sid: 'S-1-5-32-544', mask: FULL }],
    OWN_ID,
    0o700,
  ],
  ['users who may read', OWN_ID, [own, { sid: USERS, mask: READ_AND_RUN }], OWN_ID, 0o744],
  ['everybody who may write', OWN_ID, [{ sid: EVERYBODY, mask: FULL }], OWN_ID, 0o766],
  ['a user who may change its rights', OWN_ID, [{ sid: 'S-1-5-21-1-2-3-1002', mask: WRITE_DAC }], OWN_ID, 0o722],
  ['users who may delete what lies in it', OWN_ID, [{ sid: USERS, mask: DELETE_CHILD }], OWN_ID, 0o722],
  ['rights of children alone', OWN_ID, [{ sid: EVERYBODY, mask: FULL, flags: 0x0b }], OWN_ID, 0o700],
  ['rights of who makes it', OWN_ID, [{ sid: 'S-1-3-0', mask: FULL }], OWN_ID, 0o700],
  ['a refusal', OWN_ID, [{ sid: EVERYBODY, mask: FULL, type: 1 }], OWN_ID, 0o700],
  ['no list at all', OWN_ID, undefined, OWN_ID, 0o766],
  ['an empty list', OWN_ID, [], OWN_ID, 0o700],
  ['administrators', 'S-1-5-32-544', [{ sid: USERS, mask: READ_AND_RUN }], 'S-1-5-18', 0o744],
] as const)('rights of %s', async (_, owner, grants, told, mode) => {
  const security = securityDescriptor(owner, grants)
  using files = openWindowsFiles(fakeWindowsFiles({ 'C:/file': { security } }).addon)
  expect(await files.stat('C:/file')).toMatchObject({ owner: told, group: told, mode })
})

test.each([
  ['nothing', new Uint8Array()],
  ['half a descriptor', securityDescriptor(OWN_ID, [own]).subarray(0, 40)],
  ['noise', Buffer.alloc(64, 0xff)],
  ['an entry that is not known', securityDescriptor(OWN_ID, [{ sid: EVERYBODY, mask: FULL, type: 99 }])],
])('rights that are %s are not taken for none', async (_, security) => {
  using files = openWindowsFiles(fakeWindowsFiles({ 'C:/file': { security } }).addon)
  expect(await codeThrown(() => files.stat('C:/file'))).toBe('FILE_UNREADABLE')
})
