import { parseMountinfo, superOptionsOf } from '../../../src/system/mounts/mountinfo.ts'

const LINE = String.raw`31 22 0:40 /sub /my\040place rw,relatime master:1 - overlay over\134lay rw,lowerdir=/a\040b`

test('a line has all its members, with blanks and backslashes as they are', () => {
  const { mounts, isWhole } = parseMountinfo(`${LINE}\n`)
  expect(mounts).toEqual([
    {
      id: '31',
      parent: '22',
      device: '0:40',
      root: '/sub',
      mountPoint: '/my place',
      type: 'overlay',
      source: 'over\\lay',
      superOptions: String.raw`rw,lowerdir=/a\040b`,
    },
  ])
  expect(isWhole).toBe(true)
  expect(mounts.map(superOptionsOf)).toEqual([['rw', 'lowerdir=/a b']])
})

test.each([
  ['a line without a type', '31 22 0:40 / /data rw'],
  ['a line without a mount point', '31 22 0:40 / - ext4 /dev/a rw'],
  ['text of another form', 'nonsense'],
])('%s is left out, and the list is not whole', (_, line) => {
  const { mounts, isWhole } = parseMountinfo(`${line}\n${LINE}\n`)
  expect([mounts.length, isWhole]).toEqual([1, false])
})

test('a mount whose line has an odd tail is kept, and the list is not whole', () => {
  const { mounts, isWhole } = parseMountinfo('31 22 0:40 / /far rw - nfs4 server:/x rw a blank that was not escaped\n')
  expect([mounts[0]?.mountPoint, mounts[0]?.type, isWhole]).toEqual(['/far', 'nfs4', false])
})
