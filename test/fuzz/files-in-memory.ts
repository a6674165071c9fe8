import { SuretyError } from '../../src/base/errors.ts'
import type { DirectoryEntry, FileReader, FileStat } from '../../src/system/files/files.ts'
import { bytesOf, textOf } from './target.ts'

/** Files by absolute path, without links: a `FileReader` that is fast enough to fuzz behind. */
export class FilesInMemory implements FileReader {
  readonly #files: Readonly<Record<string, string | Uint8Array>>
  readonly #folders = new Map<string, Map<string, DirectoryEntry>>()

  constructor(files: Readonly<Record<string, string | Uint8Array>>) {
    this.#files = files
    for (const path of Object.keys(files)) {
      for (let at = path, kind: DirectoryEntry['kind'] = 'file'; at !== ''; kind = 'directory') {
        const slash = at.lastIndexOf('/')
        const parent = this.#folders.get(at.slice(0, slash)) ?? new Map<string, DirectoryEntry>()
        const name = at.slice(slash + 1)
        this.#folders.set(at.slice(0, slash), parent.set(name, { name, kind }))
        at = at.slice(0, slash)
      }
    }
  }

  async read(path: string, { maxBytes }: { maxBytes: number }): Promise<Uint8Array> {
    if (path.split('/').includes('..')) throw new SuretyError('FILE_UNREADABLE', 'a path that goes up')
    const file = Object.hasOwn(this.#files, path) ? this.#files[path] : undefined
    if (file === undefined) throw new SuretyError('FILE_ABSENT', 'absent')
    const bytes = bytesOf(file)
    if (bytes.length > maxBytes) throw new SuretyError('FILE_TOO_LARGE', 'too large')
    return bytes
  }

  async readText(path: string, options: { maxBytes: number }): Promise<string> {
    return textOf(await this.read(path, options))
  }

  async list(path: string): Promise<readonly DirectoryEntry[]> {
    const folder = this.#folders.get(path)
    if (folder === undefined) throw new SuretyError('FILE_ABSENT', 'absent')
    return [...folder.values()]
  }

  async withRegular<T>(): Promise<T> {
    throw new SuretyError('FILE_ABSENT', 'absent')
  }

  async stat(): Promise<FileStat | undefined> {
    return undefined
  }
}
