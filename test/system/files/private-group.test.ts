import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isPrivateGroup } from '../../../src/system/files/posix-rights.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ALICE = 1000
const PASSWD = ['root:x:0:0::/root:/bin/sh', 'alice:x:1000:1000::/home/alice:/bin/sh', 'bob:x:1001:1001::/:/bin/sh']
const GROUP = ['root:x:0:', 'users:x:100:', 'alice:x:1000:', 'bob:x:1001:']

/** With these accounts. */
function isPrivate(gid: number, { passwd = PASSWD, group = GROUP, uid = ALICE } = {}): boolean {
  using folder = temporaryFolder()
  const files = { passwd: join(folder.path, 'passwd'), group: join(folder.path, 'group') }
  writeFileSync(files.passwd, `${passwd.join('\n')}\n`)
  writeFileSync(files.group, `${group.join('\n')}\n`)
  return isPrivateGroup(gid, uid, files)
}

const withGroup = (line: string) => [...GROUP.filter((each) => !each.startsWith(`${line.split(':')[0]}:`)), line]
const withAccount = (line: string) => [...PASSWD.filter((each) => !each.startsWith(`${line.split(':')[0]}:`)), line]

test.each<[string, number, Parameters<typeof isPrivate>[1]]>([
  ['has their number and no member', 1000, {}],
  ['names its owner as a member', 1000, { group: withGroup('alice:x:1000:alice') }],
  ['is their primary group by another number', 5000, { passwd: withAccount('alice:x:1000:5000::/:/bin/sh') }],
  ['is listed nowhere, as in a container, and has their number', 4242, { uid: 4242 }],
  ['is that of root', 0, { uid: 0 }],
])('a group is private that %s', (_, gid, accounts) => {
  expect(isPrivate(gid, accounts)).toBe(true)
})

test.each<[string, number, Parameters<typeof isPrivate>[1]]>([
  ['is another one', 100, {}],
  ['is that of another user', 1001, {}],
  ['has another member', 1000, { group: withGroup('alice:x:1000:bob') }],
  ['has another member besides its owner', 1000, { group: withGroup('alice:x:1000:alice,bob') }],
  ['is the primary group of another account', 1000, { passwd: withAccount('bob:x:1001:1000::/:/bin/sh') }],
  ['stands twice, once with another member', 1000, { group: [...GROUP, 'more:x:1000:bob'] }],
  ['is that of root, with a member', 0, { uid: 0, group: withGroup('root:x:0:alice') }],
  ['is the primary group of all, as on macOS', 20, { passwd: ['alice:x:1000:20::/:', 'bob:x:1001:20::/:'] }],
])('a group is not private that %s', (_, gid, accounts) => {
  expect(isPrivate(gid, accounts)).toBe(false)
})

test('no group is private where the accounts cannot be read, or are endless', () => {
  using folder = temporaryFolder()
  const files = { passwd: join(folder.path, 'passwd'), group: join(folder.path, 'group') }
  expect(isPrivateGroup(ALICE, ALICE, files)).toBe(false)
  writeFileSync(files.passwd, PASSWD.join('\n'))
  expect(isPrivateGroup(ALICE, ALICE, files)).toBe(false)
  writeFileSync(files.group, 'x'.repeat(1024 * 1024 + 1))
  expect(isPrivateGroup(ALICE, ALICE, files)).toBe(false)
  writeFileSync(files.group, GROUP.join('\n'))
  expect(isPrivateGroup(ALICE, ALICE, files)).toBe(true)
})
