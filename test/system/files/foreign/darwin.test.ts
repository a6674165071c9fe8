import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDarwinFiles, trustedDarwinFiles } from '../../../../src/system/files/foreign/darwin.ts'
import { describeFileReader } from '../../../contracts/file-reader.contract.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import { fakeDarwinFiles } from '../../../support/platforms/darwin/files.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** Over the calls of this system: nothing here ran on a Mac. */

const folder = temporaryFolder()
const root = folder.path
const limit = { maxBytes: 100 }
mkdirSync(join(root, 'tree/folder'), { recursive: true })
mkdirSync(join(root, 'Library/Mail'), { recursive: true })
writeFileSync(join(root, 'tree/file'), 'hello')
writeFileSync(join(root, 'tree/folder/a'), '')
writeFileSync(join(root, 'tree/folder/b'), '')
writeFileSync(join(root, 'Library/Mail/letter'), 'private')
symlinkSync('file', join(root, 'tree/link'))
symlinkSync('folder', join(root, 'tree/linked-folder'))
afterAll(() => folder[Symbol.dispose]())

const addon = fakeDarwinFiles({ refused: (path) => path.includes('/Library/Mail') })
const files = openDarwinFiles(addon)

describeFileReader('openDarwinFiles on the calls of this system', async () => ({
  reader: files,
  root: join(root, 'tree'),
}))

test.each(['read', 'list', 'stat'] as const)(
  '%s of what privacy protection keeps names Full Disk Access',
  async (call) => {
    const act = {
      read: () => files.read(join(root, 'Library/Mail/letter'), limit),
      list: () => files.list(join(root, 'Library/Mail'), { maxEntries: 10 }),
      stat: () => files.stat(join(root, 'Library/Mail/letter')),
    }[call]
    expect(await codeThrown(act)).toBe('FILE_UNREADABLE')
    await expect(act()).rejects.toThrow('Full Disk Access')
  },
)

test.each([
  ['a path that climbs', `${root}/tree/../tree/file`, 'FILE_UNREADABLE'],
  ['a relative path', 'tree/file', 'FILE_UNREADABLE'],
  ['a path of Windows', 'C:/Users/ann', 'FILE_UNREADABLE'],
  ['a path with a NUL', `${root}/tree/file\0`, 'FILE_UNREADABLE'],
  ['a device', '/dev/null', 'FILE_NOT_REGULAR'],
  ['a file as if it were a folder', `${root}/tree/file/x`, 'FILE_ABSENT'],
])('%s is refused', async (_, path, code) => {
  expect(await codeThrown(() => files.read(path, limit))).toBe(code)
  expect(await codeThrown(() => trustedDarwinFiles(addon).read(path, limit))).toBe(code)
})

test('lists a folder with more names than the first buffer holds, within its limit', async () => {
  const crowd = join(root, 'crowd')
  mkdirSync(crowd)
  for (let at = 0; at < 700; at++) writeFileSync(join(crowd, `${'n'.repeat(120)}${at}`), '')
  expect(await files.list(crowd, { maxEntries: 700 })).toHaveLength(700)
  expect(await codeThrown(() => files.list(crowd, { maxEntries: 699 }))).toBe('FILE_TOO_LARGE')
  rmSync(crowd, { recursive: true })
})

test('the trusted reader follows links and says where they lead', async () => {
  const trusted = trustedDarwinFiles(addon)
  expect(await trusted.readText(join(root, 'tree/link'), limit)).toBe('hello')
  expect(await trusted.realPath(join(root, 'tree/linked-folder/a'))).toBe(join(root, 'tree/folder/a'))
  expect(await trusted.stat(join(root, 'tree/absent'))).toBeUndefined()
})

test('rights and times of a file are those of the system', async () => {
  chmodSync(join(root, 'tree/file'), 0o640)
  const { mode, owner, modifiedMs } = (await files.stat(join(root, 'tree/file'))) ?? {
    mode: 0,
    owner: '',
    modifiedMs: 0,
  }
  expect({ mode, owner }).toEqual({ mode: 0o640, owner: String(process.getuid?.()) })
  expect(Math.abs(modifiedMs - Date.now())).toBeLessThan(600_000)
})
