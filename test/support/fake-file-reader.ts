import { type ErrorCode, SuretyError } from '../../src/base/errors.ts'
import type { DirectoryEntry, FileReader, FileStat, TrustedFileReader } from '../../src/system/files/files.ts'

/** What a path of the fake holds: its text or bytes, a link, or the error that reading it gives. */
export type FakeNode = string | Uint8Array | { readonly link: string } | { readonly fails: ErrorCode }

/**
 * Files by absolute path; the folders above them are there too. Serves both interfaces: links are refused by
 * `FakeFileReader` and followed by its `trusted`.
 */
export class FakeFileReader implements FileReader {
  readonly #nodes: ReadonlyMap<string, FakeNode>
  readonly trusted: TrustedFileReader

  constructor(nodes: Readonly<Record<string, FakeNode>>) {
    this.#nodes = new Map(Object.entries(nodes))
    this.trusted = {
      read: async (path, options) => this.#read(this.#resolve(path), options.maxBytes),
      readText: async (path, options) => new TextDecoder().decode(this.#read(this.#resolve(path), options.maxBytes)),
      list: async (path, options) => this.#list(this.#resolve(path), options.maxEntries),
      stat: async (path) => this.stat(this.#resolve(path)),
      realPath: async (path) => {
        const real = this.#resolve(path)
        if (this.#kind(real) === undefined) throw absent(path)
        return real
      },
    }
  }

  async read(path: string, { maxBytes }: { maxBytes: number }): Promise<Uint8Array> {
    this.#refuseLinks(path)
    return this.#read(path, maxBytes)
  }

  async readText(path: string, options: { maxBytes: number }): Promise<string> {
    return new TextDecoder().decode(await this.read(path, options))
  }

  async list(path: string, { maxEntries }: { maxEntries: number }): Promise<readonly DirectoryEntry[]> {
    this.#refuseLinks(path)
    return this.#list(path, maxEntries)
  }

  async stat(path: string): Promise<FileStat | undefined> {
    this.#refuseLinks(path.slice(0, Math.max(1, path.lastIndexOf('/'))))
    const kind = this.#kind(path)
    if (kind === undefined) return undefined
    const node = this.#nodes.get(path)
    const sizeBytes = typeof node === 'string' || node instanceof Uint8Array ? bytesOf(node).length : 0
    return { kind, sizeBytes, owner: '1000', group: '1000', mode: 0o644, modifiedMs: 0 }
  }

  /** The path itself, behind which nothing lies on this machine. */
  async withRegular<T>(path: string, use: (open: string) => T): Promise<T> {
    await this.read(path, { maxBytes: Number.MAX_SAFE_INTEGER })
    return use(path)
  }

  #read(path: string, maxBytes: number): Uint8Array {
    const node = this.#nodes.get(path)
    if (node === undefined) throw this.#kind(path) === 'directory' ? notRegular(path) : absent(path)
    if (typeof node === 'string' || node instanceof Uint8Array) {
      const bytes = bytesOf(node)
      if (bytes.length > maxBytes) throw new SuretyError('FILE_TOO_LARGE', `${path} has more than ${maxBytes} bytes`)
      return bytes
    }
    throw 'fails' in node ? new SuretyError(node.fails, `${path}: ${node.fails}`) : absent(path)
  }

  #list(path: string, maxEntries: number): DirectoryEntry[] {
    const node = this.#nodes.get(path)
    if (typeof node === 'object' && 'fails' in node) throw new SuretyError(node.fails, `${path}: ${node.fails}`)
    if (node !== undefined) throw notRegular(path)
    const prefix = path.endsWith('/') ? path : `${path}/`
    const below = [...this.#nodes.keys()].filter((key) => key.startsWith(prefix))
    if (below.length === 0) throw absent(path)
    const names = [...new Set(below.map((key) => key.slice(prefix.length).split('/', 1)[0] ?? ''))]
    if (names.length > maxEntries)
      throw new SuretyError('FILE_TOO_LARGE', `${path} has more than ${maxEntries} entries`)
    return names.toSorted().map((name) => ({ name, kind: this.#kind(prefix + name) ?? 'other' }))
  }

  #kind(path: string): DirectoryEntry['kind'] | undefined {
    const node = this.#nodes.get(path)
    if (typeof node === 'object' && 'link' in node) return 'link'
    if (typeof node === 'object' && 'fails' in node) return node.fails === 'FILE_ABSENT' ? undefined : 'other'
    if (node !== undefined) return 'file'
    return [...this.#nodes.keys()].some((key) => key.startsWith(`${path}/`)) ? 'directory' : undefined
  }

  #refuseLinks(path: string): void {
    for (const part of ancestors(path)) {
      if (this.#kind(part) === 'link') throw new SuretyError('FILE_IS_LINK', `${path}: ${part} is a link`)
    }
  }

  #resolve(path: string, depth = 0): string {
    if (depth > 8) throw new SuretyError('FILE_IS_LINK', `${path}: too many links`)
    for (const part of ancestors(path)) {
      const node = this.#nodes.get(part)
      if (typeof node !== 'object' || !('link' in node)) continue
      const base = `file://${part.slice(0, part.lastIndexOf('/'))}/`
      return this.#resolve(new URL(node.link, base).pathname + path.slice(part.length), depth + 1)
    }
    return path
  }
}

function bytesOf(node: string | Uint8Array): Uint8Array {
  return typeof node === 'string' ? new TextEncoder().encode(node) : node
}

/** `/a/b` → `/a`, `/a/b`; `C:/a` → `C:`, `C:/a`. */
function ancestors(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '')
  const root = /^[A-Z]:/.test(path) ? '' : '/'
  return names.map((_, index) => root + names.slice(0, index + 1).join('/'))
}

function absent(path: string): SuretyError {
  return new SuretyError('FILE_ABSENT', `${path}: absent`)
}

function notRegular(path: string): SuretyError {
  return new SuretyError('FILE_NOT_REGULAR', `${path} is not a regular file`)
}
