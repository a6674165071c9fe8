import { chmodSync, chownSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { readIfPresent, writeDurably } from '../../../../src/system/files/own/durable-file.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const bytes = new Uint8Array([1, 2, 3])

test('a file is replaced whole, with its mode, and nothing is left beside it', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'state')
  await writeDurably(path, new Uint8Array(100), { mode: 0o644 })
  await writeDurably(path, bytes, { mode: 0o600 })
  expect(await readIfPresent(path, { maxBytes: 3, ownerOnly: true })).toEqual(bytes)
  expect([readdirSync(folder.path), statSync(path).mode & 0o777]).toEqual([['state'], 0o600])
})

test('an absent file is undefined', async () => {
  using folder = temporaryFolder()
  expect(await readIfPresent(join(folder.path, 'state'), { maxBytes: 1 })).toBeUndefined()
})

test('a link at the name is replaced, not followed', async () => {
  using folder = temporaryFolder()
  const [path, target] = [join(folder.path, 'state'), join(folder.path, 'target')]
  await writeDurably(target, bytes, { mode: 0o600 })
  symlinkSync(target, path)
  await expect(readIfPresent(path, { maxBytes: 10 })).rejects.toMatchObject({
    code: 'FILE_IS_LINK',
    message: `"${path}" is a link, which is not followed: name the file itself`,
  })
  await writeDurably(path, new Uint8Array([9]), { mode: 0o600 })
  expect(await readIfPresent(target, { maxBytes: 10 })).toEqual(bytes)
})

test.each([
  ['too large', 0o600, 2, 'FILE_TOO_LARGE'],
  ['readable by others', 0o640, 3, 'NOT_PERMITTED'],
])('a file that is %s is refused', async (_, mode, maxBytes, code) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'state')
  await writeDurably(path, bytes, { mode: 0o600 })
  chmodSync(path, mode)
  expect(await codeThrown(() => readIfPresent(path, { maxBytes, ownerOnly: true }))).toBe(code)
})

test('a directory in place of the file is refused', async () => {
  using folder = temporaryFolder()
  expect(await codeThrown(() => readIfPresent(folder.path, { maxBytes: 10 }))).toBe('FILE_NOT_REGULAR')
})

test('a folder that is not there is STORE_FAILED', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'absent', 'state')
  expect(await codeThrown(() => writeDurably(path, bytes, { mode: 0o600 }))).toBe('STORE_FAILED')
})

const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot("refuses a file of a service unless the caller accepts it, and always a person's", async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'profile')
  await writeDurably(path, bytes, { mode: 0o600 })
  const options = { maxBytes: 3, ownerOnly: true }
  chownSync(path, 999, 999)
  expect(await codeThrown(() => readIfPresent(path, options))).toBe('NOT_PERMITTED')
  expect(await readIfPresent(path, { ...options, mayBeOfService: true })).toEqual(bytes)
  chmodSync(path, 0o640)
  expect(await codeThrown(() => readIfPresent(path, { ...options, mayBeOfService: true }))).toBe('NOT_PERMITTED')
  chmodSync(path, 0o600)
  chownSync(path, 1000, 1000)
  expect(await codeThrown(() => readIfPresent(path, { ...options, mayBeOfService: true }))).toBe('NOT_PERMITTED')
})
