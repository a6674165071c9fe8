import type { FileReader } from '../../src/system/files/files.ts'
import { codeThrown } from '../support/code-thrown.ts'

/**
 * The contract of every `FileReader`. The caller prepares `root`: `file` holds `hello`, `folder` holds `a` and `b`, `link` is a
 * link to `file`, `linked-folder` a link to `folder`.
 */
export function describeFileReader(name: string, open: () => Promise<{ reader: FileReader; root: string }>): void {
  describe(`${name} keeps the FileReader contract`, () => {
    test('reads a regular file', async () => {
      const { reader, root } = await open()
      expect(await reader.readText(`${root}/file`, { maxBytes: 5 })).toBe('hello')
    })

    test('lists a folder by name, and links as links', async () => {
      const { reader, root } = await open()
      expect(await reader.list(root, { maxEntries: 4 })).toEqual([
        { name: 'file', kind: 'file' },
        { name: 'folder', kind: 'directory' },
        { name: 'link', kind: 'link' },
        { name: 'linked-folder', kind: 'link' },
      ])
    })

    test.each([
      ['file', 'file'],
      ['folder', 'directory'],
      ['link', 'link'],
    ])('stat returns for %s: %s', async (path, kind) => {
      const { reader, root } = await open()
      expect((await reader.stat(`${root}/${path}`))?.kind).toBe(kind)
    })

    test('stat returns undefined for an absent path', async () => {
      const { reader, root } = await open()
      expect(await reader.stat(`${root}/absent`)).toBeUndefined()
    })

    test.each([
      ['absent', 'FILE_ABSENT'],
      ['folder', 'FILE_NOT_REGULAR'],
      ['link', 'FILE_IS_LINK'],
      ['linked-folder/a', 'FILE_IS_LINK'],
    ])('reading %s is %s', async (path, code) => {
      const { reader, root } = await open()
      expect(await codeThrown(() => reader.read(`${root}/${path}`, { maxBytes: 100 }))).toBe(code)
      const never = () => {
        throw new TypeError('it was handed over')
      }
      expect(await codeThrown(() => reader.withRegular(`${root}/${path}`, never))).toBe(code)
    })

    test.each([
      ['absent', 'FILE_ABSENT'],
      ['file', 'FILE_NOT_REGULAR'],
      ['linked-folder', 'FILE_IS_LINK'],
    ])('listing %s is %s', async (path, code) => {
      const { reader, root } = await open()
      expect(await codeThrown(() => reader.list(`${root}/${path}`, { maxEntries: 100 }))).toBe(code)
    })

    test('throws FILE_TOO_LARGE for one byte or entry above the limit', async () => {
      const { reader, root } = await open()
      expect(await codeThrown(() => reader.read(`${root}/file`, { maxBytes: 4 }))).toBe('FILE_TOO_LARGE')
      expect(await codeThrown(() => reader.list(`${root}/folder`, { maxEntries: 1 }))).toBe('FILE_TOO_LARGE')
    })
  })
}
