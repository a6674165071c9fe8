import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { openFiles, trustedFiles } from '../../../../src/system/files/foreign/linux.ts'
import { describeFileReader } from '../../../contracts/file-reader.contract.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import { FakeFileReader } from '../../../support/fake-file-reader.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const folder = temporaryFolder()
const root = folder.path
mkdirSync(join(root, 'tree/folder'), { recursive: true })
writeFileSync(join(root, 'tree/file'), 'hello')
writeFileSync(join(root, 'tree/folder/a'), '')
writeFileSync(join(root, 'tree/folder/b'), '')
symlinkSync('file', join(root, 'tree/link'))
symlinkSync('folder', join(root, 'tree/linked-folder'))
execFileSync('/usr/bin/mkfifo', [join(root, 'fifo')])
writeFileSync(join(root, 'sparse'), '')
truncateSync(join(root, 'sparse'), 2 ** 40)
writeFileSync(join(root, 'broken'), new Uint8Array([0x61, 0xff]))
afterAll(() => folder[Symbol.dispose]())

const files = openFiles()
afterAll(() => files[Symbol.dispose]())
const trusted = trustedFiles()
const limit = { maxBytes: 100 }
/** Those that lead to our folder, into it, or to a folder above: what another file of tests left behind may go at any time. */
const descriptors = () =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    const target = linkOf(`/proc/self/fd/${fd}`)
    return `${root}/`.startsWith(target === '/' ? '/' : `${target}/`) || target.startsWith(`${root}/`) ? [target] : []
  })

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return 'gone'
  }
}

describeFileReader('openFiles', async () => ({ reader: files, root: join(root, 'tree') }))
describeFileReader('FakeFileReader', async () => ({
  root: '/root/tree',
  reader: new FakeFileReader({
    '/root/tree/file': 'hello',
    '/root/tree/folder/a': '',
    '/root/tree/folder/b': '',
    '/root/tree/link': { link: 'file' },
    '/root/tree/linked-folder': { link: 'folder' },
  }),
}))

test.each([
  ['a FIFO', join(root, 'fifo'), 'FILE_NOT_REGULAR'],
  ['a device', '/dev/null', 'FILE_NOT_REGULAR'],
  ['a terabyte without content', join(root, 'sparse'), 'FILE_TOO_LARGE'],
  ['a path that climbs', `${root}/tree/../tree/file`, 'FILE_UNREADABLE'],
  ['a relative path', 'tree/file', 'FILE_UNREADABLE'],
  ['a path with a NUL', `${root}/tree/file\0`, 'FILE_UNREADABLE'],
  ['a name that is too long', `/${'x'.repeat(300)}`, 'FILE_UNREADABLE'],
  ['a file as if it were a folder', `${root}/tree/file/x`, 'FILE_ABSENT'],
])('%s is refused, also by the trusted reader, and no descriptor stays open', async (_, path, code) => {
  const before = descriptors()
  {
    using own = openFiles()
    expect(await codeThrown(() => own.read(path, limit))).toBe(code)
  }
  expect(await codeThrown(() => trusted.read(path, limit))).toBe(code)
  expect(descriptors()).toEqual(before)
})

test('a socket is refused', async () => {
  const path = join(root, 'socket')
  const server = createServer().listen(path)
  await new Promise((resolve) => server.once('listening', resolve))
  expect(await codeThrown(() => files.read(path, limit))).toBe('FILE_NOT_REGULAR')
  await new Promise((resolve) => server.close(resolve))
})

test('one hundred FIFOs do not keep another file from being read', async () => {
  const reads = Array.from({ length: 100 }, () => codeThrown(() => files.read(join(root, 'fifo'), limit)))
  expect(new Set(await Promise.all(reads))).toEqual(new Set(['FILE_NOT_REGULAR']))
  expect(await files.readText(join(root, 'tree/file'), limit)).toBe('hello')
})

test('bytes that are not UTF-8 are replaced', async () => {
  expect(await files.readText(join(root, 'broken'), limit)).toBe('a\ufffd')
})

test('a file of /proc that says it has no bytes is read within its limit', async () => {
  expect(await trusted.readText('/proc/sys/kernel/ostype', limit)).toBe('Linux\n')
  expect(await codeThrown(() => trusted.read('/proc/cpuinfo', { maxBytes: 10 }))).toBe('FILE_TOO_LARGE')
})

test('a path handed over leads to the file that was checked, even if it is replaced', async () => {
  const path = join(root, 'handed-over')
  writeFileSync(path, 'first')
  const text = await files.withRegular(path, (open) => {
    rmSync(path)
    symlinkSync('/etc/passwd', path)
    return readFileSync(open, 'utf8')
  })
  expect(text).toBe('first')
})

test('the trusted reader follows links and says where they lead', async () => {
  expect(await trusted.readText(join(root, 'tree/link'), limit)).toBe('hello')
  expect(await trusted.realPath(join(root, 'tree/linked-folder/a'))).toBe(join(root, 'tree/folder/a'))
  expect(await codeThrown(() => trusted.realPath(join(root, 'absent')))).toBe('FILE_ABSENT')
  expect(await trusted.stat(join(root, 'tree/link'))).toMatchObject({ kind: 'file', sizeBytes: 5 })
  expect(await trusted.stat(join(root, 'tree/linked-folder'))).toMatchObject({ kind: 'directory' })
  expect(await trusted.stat(join(root, 'absent'))).toBeUndefined()
})
