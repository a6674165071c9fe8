import { codeOf, SuretyError } from '../../base/errors.ts'
import type { DirectoryEntry } from '../../system/files.ts'
import type { TextFiles } from '../json-file.ts'
import { tooMany } from '../source-log.ts'

/** What looking for installations needs of a file reader: of a home's (`FileReader`) or of root's (`TrustedFileReader`). */
export interface FolderReader extends TextFiles {
  list(path: string, options: { maxEntries: number }): Promise<readonly DirectoryEntry[]>
}

/** Looks at folders, once each, and tells of those it could not see. */
export interface Folders {
  readonly files: TextFiles
  /** Are these the folders of a home, or those of everybody? Patterns of the other are passed over. */
  readonly inHome: boolean
  /** Empty when absent or unreadable; the latter is told. */
  list(path: string): Promise<readonly DirectoryEntry[]>
  /** The folders that `pattern` means: literal segments and `*`; `~/` is the home. */
  expand(pattern: string): Promise<readonly string[]>
}

const MAX_ENTRIES = 20_000
/** What stands in a name for bytes that are not UTF-8. */
const REPLACED = '\ufffd'
/** Folders that one `*` may open. */
const MAX_BRANCHES = 64

export function openFolders(
  components: { readonly files: FolderReader; readonly onFault: (path: string, error: unknown) => void },
  init: { readonly home?: string },
): Folders {
  const seen = new Map<string, Promise<readonly DirectoryEntry[]>>()
  const listNow = async (path: string) => {
    try {
      const entries = await components.files.list(path, { maxEntries: MAX_ENTRIES })
      // Decoded it names nothing: whatever lies there would be hidden without a word.
      if (entries.some(({ name }) => name.includes(REPLACED))) {
        components.onFault(path, new SuretyError('FILE_UNREADABLE', 'a name in it is no text'))
      }
      return entries
    } catch (error) {
      if (codeOf(error) !== 'FILE_ABSENT') components.onFault(path, error)
      return []
    }
  }
  const list = (path: string) => {
    const known = seen.get(path) ?? listNow(path)
    seen.set(path, known)
    return known
  }
  const expand = async (pattern: string): Promise<readonly string[]> => {
    if (pattern.startsWith('~/')) return init.home === undefined ? [] : expand(init.home + pattern.slice(1))
    const star = pattern.indexOf('/*')
    if (star === -1) return [pattern]
    const end = pattern.indexOf('/', star + 1)
    const rest = end === -1 ? '' : pattern.slice(end)
    const parent = pattern.slice(0, star)
    const branches = (await list(parent)).filter(({ kind }) => kind === 'directory')
    if (branches.length > MAX_BRANCHES) components.onFault(parent, tooMany(MAX_BRANCHES, branches.length, 'folders'))
    const all = await Promise.all(branches.slice(0, MAX_BRANCHES).map(({ name }) => expand(`${parent}/${name}${rest}`)))
    return all.flat()
  }
  return { files: components.files, inHome: init.home !== undefined, list, expand }
}
