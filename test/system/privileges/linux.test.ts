import { becomeLinuxUser, dropPrivileges, type ProcessPrivileges } from '../../../src/system/privileges/linux.ts'

/** A kernel in small: ids change only as it would allow. */
class FakePrivileges implements ProcessPrivileges {
  uid: number
  gid = 0
  groups: readonly number[] = [0, 27]
  saved: number | undefined
  capabilities: string | undefined
  ignores: 'setgroups' | 'setgid' | 'setuid' | undefined
  readonly calls: string[] = []

  constructor(uid: number, init: Partial<Pick<FakePrivileges, 'saved' | 'capabilities' | 'ignores'>> = {}) {
    this.uid = uid
    Object.assign(this, init)
  }
  geteuid() {
    return this.uid
  }
  setgroups(groups: readonly number[]) {
    this.#call('setgroups', () => (this.groups = groups))
  }
  setgid(gid: number) {
    this.#call('setgid', () => (this.gid = gid))
  }
  setuid(uid: number) {
    this.#call('setuid', () => (this.uid = uid))
  }
  status() {
    const capabilities = this.capabilities ?? (this.uid === 0 ? '000001ffffffffff' : '0000000000000000')
    const [u, g] = [this.uid, this.gid]
    return [
      `Uid:\t${u}\t${u}\t${this.saved ?? u}\t${u}`,
      `Gid:\t${g}\t${g}\t${g}\t${g}`,
      `Groups:\t${this.groups.join(' ')} `,
      `CapPrm:\t${capabilities}`,
      `CapEff:\t${capabilities}`,
    ].join('\n')
  }
  #call(name: 'setgroups' | 'setgid' | 'setuid', act: () => void) {
    if (this.uid !== 0) throw new Error('EPERM')
    this.calls.push(name)
    if (this.ignores !== name) act()
  }
}

const ALICE = { uid: 1000, gid: 1000 }

test('root becomes the owner of the home: groups first, then group, then user', () => {
  const privileges = new FakePrivileges(0)
  dropPrivileges(privileges, ALICE)
  expect([privileges.calls, privileges.uid, privileges.gid, privileges.groups]).toEqual([
    ['setgroups', 'setgid', 'setuid'],
    1000,
    1000,
    [1000],
  ])
})

test('root may read its own home as itself, one person theirs', () => {
  dropPrivileges(new FakePrivileges(0), { uid: 0, gid: 0 })
  dropPrivileges(new FakePrivileges(1000), ALICE)
})

test.each<[string, FakePrivileges, { uid: number; gid: number }]>([
  ['one person asks for the home of another', new FakePrivileges(1001), ALICE],
  ["one person asks for root's home", new FakePrivileges(1001), { uid: 0, gid: 0 }],
  ['the user did not change', new FakePrivileges(0, { ignores: 'setuid' }), ALICE],
  ['the group did not change', new FakePrivileges(0, { ignores: 'setgid' }), ALICE],
  ['groups were kept', new FakePrivileges(0, { ignores: 'setgroups' }), ALICE],
  ['root stays saved', new FakePrivileges(0, { saved: 0 }), ALICE],
  ['a capability is left', new FakePrivileges(0, { capabilities: '0000000000000004' }), ALICE],
])('nothing is read when %s', (_, privileges, target) => {
  expect(() => dropPrivileges(privileges, target)).toThrow(expect.objectContaining({ code: 'NOT_PERMITTED' }))
})

test.each([
  ['without numeric ids', { id: '1000' }],
  ['whose id is another than its number', { id: '1000', posix: { uid: 0, gid: 0 } }],
  ['of Windows', { id: 'S-1-5-21-1-2-3-1001' }],
])('a user %s is not become', (_, user) => {
  expect(() => becomeLinuxUser(user)).toThrow(expect.objectContaining({ code: 'NOT_PERMITTED' }))
})
