import fc from 'fast-check'
import { parsePasswd } from '../../../src/system/files/account-files.ts'
import { linuxUsers, localUserOf } from '../../../src/system/users/linux.ts'
import type { RealHomesComponents } from '../../../src/system/users/real-homes.ts'
import { FakeFileReader } from '../../support/fake-file-reader.ts'

const PASSWD = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
alice:x:1000:1000:Alice,,,:/home/alice:/bin/bash
bob:x:1001:1001::/home/bob:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`

const NOTHING_THERE: RealHomesComponents = {
  lstat: () => undefined,
  readlink: () => undefined,
  hangingMounts: () => new Map(),
}

function usersOf(passwd: string, more: Readonly<Record<string, string>> = {}) {
  const files = new FakeFileReader({ '/etc/passwd': passwd, ...more }).trusted
  return linuxUsers({ files, homes: NOTHING_THERE }).list(() => true)
}

test('tells people, root and system accounts apart', async () => {
  const users = await usersOf(PASSWD)
  expect(users.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    'root root',
    'daemon system',
    'alice human',
    'bob system',
    'nobody system',
  ])
  expect(users[2]).toEqual({
    id: '1000',
    posix: { uid: 1000, gid: 1000 },
    name: 'alice',
    home: '/home/alice',
    shell: '/bin/bash',
    kind: 'human',
  })
})

test.each([
  ['too few fields', 'eve:x:1000:1000'],
  ['too many fields', 'eve:x:1000:1000::/home/eve:/bin/sh:more'],
  ['a user id that is no number', 'eve:x:-1:1000::/home/eve:/bin/sh'],
  ['no name', ':x:1000:1000::/home/eve:/bin/sh'],
])('a line with %s is left out', (_, line) => {
  expect(parsePasswd(`${line}\n`)).toEqual({ accounts: [], isWhole: false })
})

test.each(['home', '', './home', '/home/../etc', '/..'])('the home %j is none, and its person is kept', (home) => {
  expect(parsePasswd(`eve:x:1000:1000::${home}:/bin/sh`).accounts.map(localUserOf)).toEqual([
    { id: '1000', name: 'eve', home: '', shell: '/bin/sh', kind: 'human', posix: { uid: 1000, gid: 1000 } },
  ])
})

test('never throws, and names no home that is not absolute', () => {
  fc.assert(
    fc.property(fc.string(), (text) =>
      parsePasswd(text)
        .accounts.map(localUserOf)
        .every(({ home }) => /^(?:\/|$)/.test(home)),
    ),
  )
})

test('ids in /etc/subuid belong to their user, by name or id', async () => {
  const text = 'alice:100000:65536\n1001:165536:65536\nalice:300000:10\n'
  const users = await usersOf(PASSWD, { '/etc/subuid': text })
  expect(
    users.flatMap(({ name, subordinateIds }) => (subordinateIds === undefined ? [] : [[name, subordinateIds]])),
  ).toEqual([
    [
      'alice',
      [
        { first: 100_000, count: 65_536 },
        { first: 300_000, count: 10 },
      ],
    ],
    ['bob', [{ first: 165_536, count: 65_536 }]],
  ])
})

test.each([
  ['no such account', 'carol:200000:65536'],
  ['ids of accounts', 'alice:0:65536'],
  ['ids of people', 'alice:1001:1'],
  ['the id of an account with a high number', 'alice:100000:65536'],
  ['an account as its first id', 'alice:150000:10'],
  ['an account as its last id', 'alice:149991:10'],
  ['no ids', 'alice:200000:0'],
  ['a number that is none', 'alice:200000:x'],
  ['too many fields', 'alice:200000:65536:1'],
])('gives a line of /etc/subuid with %s to no user', async (_, line) => {
  const passwd = `${PASSWD}dora:x:150000:150000::/home/dora:/bin/bash\n`
  const users = await usersOf(passwd, { '/etc/subuid': `${line}\n` })
  expect(users.some(({ subordinateIds }) => subordinateIds !== undefined)).toBe(false)
})
