import { becomeDarwinUser, type DarwinPrivileges, dropDarwinPrivileges } from '../../../src/system/privileges/darwin.ts'

/** A process of macOS that starts as `uid`, and what a test changes in it. */
function processOf(uid: number, changes: Partial<DarwinPrivileges> = {}) {
  const calls: string[] = []
  const state = { real: uid, effective: uid, saved: uid, gid: 0, groups: [0, 1, 80] }
  const requireRoot = () => {
    if (state.effective !== 0 && state.saved !== 0) throw new Error('EPERM')
  }
  const privileges: DarwinPrivileges = {
    getuid: () => state.real,
    geteuid: () => state.effective,
    getgid: () => state.gid,
    getegid: () => state.gid,
    getgroups: () => state.groups,
    setgroups(groups) {
      calls.push('setgroups')
      requireRoot()
      state.groups = [...groups]
    },
    setgid(gid) {
      calls.push('setgid')
      requireRoot()
      state.gid = gid
    },
    setuid(to) {
      calls.push(`setuid ${to}`)
      requireRoot()
      state.real = to
      state.effective = to
      state.saved = to
    },
    seteuid(to) {
      requireRoot()
      state.effective = to
    },
    ...changes,
  }
  return { privileges, calls }
}

test('root becomes a user for good: groups, then group, then user', () => {
  const { privileges, calls } = processOf(0)
  dropDarwinPrivileges(privileges, { uid: 501, gid: 20 })
  expect(calls.slice(0, 3)).toEqual(['setgroups', 'setgid', 'setuid 501'])
  expect([privileges.getuid(), privileges.getegid(), privileges.getgroups()]).toEqual([501, 20, [20]])
})

test('root stays root for its own home', () => {
  const { privileges } = processOf(0)
  expect(() => dropDarwinPrivileges(privileges, { uid: 0, gid: 0 })).not.toThrow()
})

test('an ordinary user stays itself', () => {
  const { privileges, calls } = processOf(501)
  dropDarwinPrivileges(privileges, { uid: 501, gid: 20 })
  expect(calls).toEqual(['setuid 0'])
})

test.each<[string, number, Partial<DarwinPrivileges>, string]>([
  ['another user', 502, {}, 'may not read the home of user 501'],
  ['setgroups that fails', 0, { setgroups: () => fail() }, 'cannot become user 501'],
  ['setuid that does nothing', 0, { setuid: () => undefined }, 'not given up: user'],
  ['setuid that leaves the real user', 0, { getuid: () => 0 }, 'not given up: user'],
  ['setgid that does nothing', 0, { getegid: () => 0 }, 'not given up: group'],
  ['groups that stay', 0, { getgroups: () => [20, 80] }, 'supplementary groups'],
  ['a saved user that is still root', 0, { seteuid: () => undefined }, 'root can be regained'],
])('with %s nothing is read', (_, uid, changes, message) => {
  const { privileges } = processOf(uid, changes)
  expect(() => dropDarwinPrivileges(privileges, { uid: 501, gid: 20 })).toThrow(
    expect.objectContaining({ code: 'NOT_PERMITTED', message: expect.stringContaining(message) }),
  )
})

test.each([
  ['no numbers', { id: '501' }],
  ['numbers of another', { id: '501', posix: { uid: 502, gid: 20 } }],
])('refuses to become a user with %s', (_, user) => {
  expect(() => becomeDarwinUser(user)).toThrow(expect.objectContaining({ code: 'NOT_PERMITTED' }))
})

function fail(): never {
  throw new Error('EPERM')
}
