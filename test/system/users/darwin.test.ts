import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SuretyError } from '../../../src/base/errors.ts'
import { darwinUsers, parseDirectoryUsers } from '../../../src/system/users/darwin.ts'

const ANSWER = readFileSync(join(import.meta.dirname, '../../fixtures/darwin/dscl-users.plist'), 'utf8')
const homes = { hangingMounts: () => new Map<string, string>(), lstat: () => undefined, readlink: () => undefined }

test('tells people, root and system accounts apart', async () => {
  const users = await darwinUsers({ readAll: async () => ANSWER, homes }).list(() => true)
  expect(users.map(({ name, id, kind }) => [name, id, kind])).toEqual([
    ['_amavisd', '83', 'system'],
    ['_mbsetupuser', '248', 'system'],
    ['daemon', '1', 'system'],
    ['nobody', '4294967294', 'system'],
    ['root', '0', 'root'],
    ['ann', '501', 'human'],
    ['_service', '510', 'system'],
  ])
  expect(users.find(({ name }) => name === 'ann')).toEqual({
    id: '501',
    name: 'ann',
    home: '/Users/ann',
    shell: '/bin/zsh',
    kind: 'human',
    posix: { uid: 501, gid: 20 },
  })
})

const record = (members: Readonly<Record<string, string>>) =>
  `<dict>${Object.entries(members)
    .map(([name, value]) => `<key>dsAttrTypeStandard:${name}</key><array><string>${value}</string></array>`)
    .join('')}</dict>`
const answer = (...records: readonly string[]) => `<plist><array>${records.join('')}</array></plist>`
const ANN = {
  RecordName: 'ann',
  UniqueID: '501',
  PrimaryGroupID: '20',
  NFSHomeDirectory: '/Users/ann',
  UserShell: '/bin/zsh',
}

test.each<[string, Readonly<Record<string, string>>, unknown]>([
  ['a home that climbs', { ...ANN, NFSHomeDirectory: '/Users/../etc' }, [expect.objectContaining({ home: '' })]],
  ['a home that is not absolute', { ...ANN, NFSHomeDirectory: '99' }, [expect.objectContaining({ home: '' })]],
  [
    'a shell that lets nobody in',
    { ...ANN, UserShell: '/usr/bin/false' },
    [expect.objectContaining({ kind: 'system' })],
  ],
  ['a number that is none', { ...ANN, UniqueID: '0x1f5' }, []],
  ['a number beyond all', { ...ANN, UniqueID: '99999999999' }, []],
  ['a second user zero', { ...ANN, UniqueID: '0' }, [expect.objectContaining({ kind: 'root' })]],
])('%s is read as what it is', (_, members, users) => {
  expect(parseDirectoryUsers(answer(record(members)))).toEqual(users)
})

test('a record without a name or a number is left out, and the others stay', () => {
  expect(parseDirectoryUsers(answer('<dict/>', '<string>x</string>', record(ANN)))).toHaveLength(1)
})

test.each(['', 'Cannot open remote host', '<plist><dict/></plist>', ANSWER.slice(0, -20)])(
  '%j is refused',
  async (text) => {
    const users = darwinUsers({ readAll: async () => text, homes })
    await expect(users.list(() => true)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  },
)

test('a directory that does not answer is said', async () => {
  const late = new SuretyError('COMMAND_TIMED_OUT', 'dscl did not end')
  await expect(darwinUsers({ readAll: () => Promise.reject(late), homes }).list(() => true)).rejects.toBe(late)
})
