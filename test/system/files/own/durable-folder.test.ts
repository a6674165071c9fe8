import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { errnoOf } from '../../../../src/system/files/file-errors.ts'
import { makeFolderDurably } from '../../../../src/system/files/own/durable-folder.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

// That the names are on disk is seen by test/faults/power.

const modeOf = (path: string) => statSync(path).mode & 0o777

test('makes what is missing, private, and leaves what is there', async () => {
  using folder = temporaryFolder()
  const there = join(folder.path, 'lib')
  mkdirSync(there, { mode: 0o755 })
  const wanted = join(there, 'surety', 'keys')
  await makeFolderDurably(wanted, { mode: 0o700 })
  await makeFolderDurably(wanted, { mode: 0o755 })
  expect([there, join(there, 'surety'), wanted].map(modeOf)).toEqual([0o755, 0o700, 0o700])
})

test('takes a relative path', async () => {
  using folder = temporaryFolder()
  const wanted = join(folder.path, 'one', 'two')
  await makeFolderDurably(relative(process.cwd(), `${wanted}/`), { mode: 0o700 })
  expect(modeOf(wanted)).toBe(0o700)
})

test('refuses where a file is in the way', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'file')
  writeFileSync(file, '')
  const code = await makeFolderDurably(join(file, 'folder'), { mode: 0o700 }).catch(errnoOf)
  expect(code).toBe('ENOTDIR')
})
