import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { factsOf, typesThatAnswer } from '../../../src/system/mounts/file-system-types.ts'

test.each<[string, boolean | undefined, boolean | undefined]>([
  ['ext4', false, true],
  ['fuseblk', false, true],
  ['tmpfs', false, false],
  ['overlay', false, false],
  ['nfs4', true, false],
  ['autofs', true, false],
  ['fuse', true, false],
  ['fuse.sshfs', true, false],
  ['fusectl', undefined, false],
  ['proc', undefined, false],
  ['virtiofs', undefined, false],
  ['newfs', undefined, undefined],
  ['', undefined, undefined],
  ['constructor', undefined, undefined],
])('of %s is known whether it hangs (%s) and lies on a disk (%s)', (type, hangs, onDisk) => {
  const facts = factsOf(type)
  expect([facts.hangs, facts.onDisk]).toEqual([hangs, onDisk])
})

test('the addon takes the same types for local, but for disks that a program reads', () => {
  const folder = join(import.meta.dirname, '../../../native/linux/addon/files')
  const source = readFileSync(join(folder, 'local-mounts.c'), 'utf8')
  const list = /LOCAL\[\] = \{([^}]*)\}/.exec(source)?.[1] ?? ''
  const types = [...list.matchAll(/"([a-z0-9_]+)"/g)].map(([, type]) => type)
  expect(types.length).toBeGreaterThan(10)
  expect(types.toSorted()).toEqual(
    typesThatAnswer()
      .filter((type) => type !== 'fuseblk')
      .toSorted(),
  )
})
