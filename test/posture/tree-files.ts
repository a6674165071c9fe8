import { posix } from 'node:path'
import { SuretyError } from '../../src/base/errors.ts'
import type { DirectoryEntry, TrustedFileReader } from '../../src/system/files/files.ts'

/** One file of a tree: its text or bytes, a link, an empty folder, or a file that may not be read. */
type TreeNode = string | Uint8Array | { readonly link: string } | { readonly folder: true } | { readonly denied: true }
export type Tree = Readonly<Record<string, TreeNode>>

/** Files in memory by absolute path; folders are where files are. Links are followed as the kernel does. */
export function treeFiles(tree: Tree): TrustedFileReader {
  const resolve = (path: string, depth = 0): string => {
    if (depth > 20) throw new SuretyError('FILE_UNREADABLE', `${path}: ELOOP`)
    // Empty, or a drive of Windows.
    const [start = '', ...parts] = posix.normalize(path).split('/')
    let at = start
    for (const [index, part] of parts.entries()) {
      at = `${at}/${part}`
      const node = tree[at]
      if (typeof node === 'object' && 'link' in node) {
        return resolve(posix.join(posix.resolve(posix.dirname(at), node.link), ...parts.slice(index + 1)), depth + 1)
      }
    }
    if (!(at in tree) && childrenOf(tree, at).length === 0) throw new SuretyError('FILE_ABSENT', `${path}: ENOENT`)
    return at
  }
  const read = async (path: string, { maxBytes }: { maxBytes: number }): Promise<Uint8Array> => {
    const node = tree[resolve(path)]
    if (node === undefined || (typeof node === 'object' && 'folder' in node)) {
      throw new SuretyError('FILE_NOT_REGULAR', `${path} is no file`)
    }
    if (typeof node === 'object' && 'denied' in node) throw new SuretyError('FILE_UNREADABLE', `${path}: EACCES`)
    const bytes = typeof node === 'string' ? new TextEncoder().encode(node) : node
    if (!(bytes instanceof Uint8Array)) throw new TypeError('a link was not resolved')
    if (bytes.length > maxBytes) throw new SuretyError('FILE_TOO_LARGE', `${path} is too large`)
    return bytes
  }
  return {
    read,
    readText: async (path, options) => new TextDecoder().decode(await read(path, options)),
    realPath: async (path) => resolve(path),
    stat: async () => undefined,
    async list(path) {
      const at = resolve(path)
      const node = tree[at]
      if (typeof node === 'object' && 'denied' in node) throw new SuretyError('FILE_UNREADABLE', `${path}: EACCES`)
      if (typeof node === 'string' || node instanceof Uint8Array)
        throw new SuretyError('FILE_NOT_REGULAR', `${path} is a file`)
      return childrenOf(tree, at).map((name): DirectoryEntry => ({ name, kind: kindOf(tree, `${at}/${name}`) }))
    },
  }
}

function childrenOf(tree: Tree, folder: string): readonly string[] {
  const start = folder === '/' ? '/' : `${folder}/`
  const names = Object.keys(tree).filter((path) => path.startsWith(start) && path !== start)
  return [...new Set(names.map((path) => path.slice(start.length).split('/', 1)[0] ?? ''))].sort()
}

function kindOf(tree: Tree, path: string): DirectoryEntry['kind'] {
  const node = tree[path]
  if (typeof node === 'string' || node instanceof Uint8Array) return 'file'
  return node !== undefined && 'link' in node ? 'link' : 'directory'
}
