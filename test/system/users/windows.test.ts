import { windowsUsers } from '../../../src/system/users/windows.ts'
import { codeThrown } from '../../support/code-thrown.ts'

const PROFILES = [
  { userId: 'S-1-5-18', home: 'C:\\WINDOWS\\system32\\config\\systemprofile', name: 'SYSTEM' },
  { userId: 'S-1-5-19', home: 'C:\\WINDOWS\\ServiceProfiles\\LocalService', name: 'LOCAL SERVICE' },
  { userId: 'S-1-5-21-1-2-3-1001', home: 'c:\\Users\\Änn', name: 'Änn' },
  { userId: 'S-1-12-1-1-2-3-4', home: 'D:\\Profiles\\bob.EXAMPLE', name: '' },
  { userId: 'S-1-5-80-1-2-3-4-5', home: 'C:\\Users\\MSSQL', name: 'MSSQL' },
]

test('accounts are those with a profile: persons, the system, services', async () => {
  const { list } = windowsUsers({ addon: addonWith(PROFILES) })
  expect(await list(() => true)).toEqual([
    user('S-1-5-18', 'SYSTEM', 'C:/WINDOWS/system32/config/systemprofile', 'root'),
    user('S-1-5-19', 'LOCAL SERVICE', 'C:/WINDOWS/ServiceProfiles/LocalService', 'system'),
    user('S-1-5-21-1-2-3-1001', 'Änn', 'C:/Users/Änn', 'human'),
    // Its domain is out of reach.
    user('S-1-12-1-1-2-3-4', 'bob.EXAMPLE', 'D:/Profiles/bob.EXAMPLE', 'human'),
    user('S-1-5-80-1-2-3-4-5', 'MSSQL', 'C:/Users/MSSQL', 'system'),
  ])
})

test.each([
  ['is empty', ''],
  ['is a share', '\\\\server\\profiles\\ann'],
  ['is in WSL', '\\\\wsl$\\Debian\\home\\ann'],
  ['is relative', 'Users\\ann'],
  ['is a device', 'C:\\CON'],
  ['has no drive', '%SystemDrive%\\Users\\ann'],
])('a home that %s is none, and the account stays', async (_, home) => {
  const { list } = windowsUsers({ addon: addonWith([{ userId: 'S-1-5-21-1-2-3-1001', home, name: '' }]) })
  expect(await list(() => true)).toEqual([user('S-1-5-21-1-2-3-1001', 'S-1-5-21-1-2-3-1001', '', 'human')])
})

test.each(['', 'S-1', 'S-1-5-21-1-2-3-1001.bak', 's-1-5-18', 'S-1-5-21-x', 'ann'])(
  '%j is no account',
  async (userId) => {
    const { list } = windowsUsers({ addon: addonWith([{ userId, home: 'C:\\Users\\ann', name: 'ann' }]) })
    expect(await list(() => true)).toEqual([])
  },
)

test('a list that Windows does not tell is not empty', async () => {
  const users = windowsUsers({ addon: { userProfiles: () => Promise.reject(new Error('error 5')) } })
  expect(await codeThrown(() => users.list(() => true))).toBe('FILE_UNREADABLE')
})

function addonWith(profiles: typeof PROFILES) {
  return { userProfiles: async () => profiles }
}

function user(id: string, name: string, home: string, kind: string) {
  return { id, name, home, shell: '', kind }
}
