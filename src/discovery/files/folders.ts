import { isWindowsPath } from '../../base/absolute-path.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import type { DirectoryEntry } from '../../system/files/files.ts'
import type { TextFiles } from '../formats/json-file.ts'
import { type HomePlace, namesOf, placeOf } from './home-alias.ts'
import type { HomeLayout } from './home-layout.ts'
import { folderOf } from './plain-path.ts'
import { tooMany } from './source-log.ts'
import { inVscodeData, type VscodeDataPath } from './vscode-products.ts'

/** What looking for installations needs of a file reader: of a home's (`FileReader`) or of root's (`TrustedFileReader`). */
export interface FolderReader extends TextFiles {
  read(path: string, options: { maxBytes: number }): Promise<Uint8Array>
  list(path: string, options: { maxEntries: number }): Promise<readonly DirectoryEntry[]>
}

/** Looks at folders, once each, and tells of those it could not see. */
export interface Folders {
  readonly files: FolderReader
  /** Whether these are the folders of a home, or those of the machine. Patterns of the other kind are skipped. */
  readonly inHome: boolean
  readonly layout: HomeLayout
  /** Empty when absent or unreadable; the latter is told. */
  list(path: string): Promise<readonly DirectoryEntry[]>
  /** What the folder around it says it is; undefined when it is not there. `unknown` when that folder cannot be seen. */
  kindOf(path: string): Promise<DirectoryEntry['kind'] | 'unknown' | undefined>
  /**
   * The folders that `pattern` means: literal segments and `*`; with text beside it (`*.json`) the last may be a file. `~/`
   * is the home, `~/{vscode}/` the data of each editor of that family that is there. Links are passed over, without a word unless
   * `tellLinks`.
   */
  expand(pattern: string, options?: ExpandOptions): Promise<readonly string[]>
  /** Where it lies, however a file spells it. */
  placeOf(path: string): string
  /** How files may spell what lies there. */
  namesOf(path: string): readonly string[]
  /** Names with one key are the same name: on macOS and Windows letters have no case. */
  nameKey(name: string): string
}

export interface ExpandOptions {
  readonly tellLinks?: boolean
  /** Called with a link that would have fitted, and with a folder of which not all could be seen. */
  readonly onUnseen?: (path: string) => void
}

const MAX_ENTRIES = 20_000
/** What is in a name for bytes that are not UTF-8. */
const REPLACED = '\ufffd'
/** Folders that one `*` may open, in all that those before it have opened. */
const MAX_BRANCHES = 256
/** Links of one folder that are told one by one. */
const MAX_LINKS = 8

export interface FoldersComponents {
  readonly files: FolderReader
  readonly onFault: (path: string, error: unknown) => void
}

export interface FoldersInit {
  /** Absent for the folders of the machine. */
  readonly home?: string
  /** As files may spell it: see `HomePlace`. */
  readonly namedHome?: string | undefined
  /** That of Linux when absent. */
  readonly layout?: HomeLayout | undefined
}

export function openFolders(components: FoldersComponents, init: FoldersInit): Folders {
  return new MemorisedFolders(components, init)
}

class MemorisedFolders implements Folders {
  readonly #components: FoldersComponents
  readonly #home: string | undefined
  readonly #place: HomePlace | undefined
  readonly #layout: HomeLayout
  /** Undefined for one that could not be seen. */
  readonly #kindsByName = new Map<string, ReadonlyMap<string, DirectoryEntry['kind']>>()
  readonly #kinds = new Map<string, Promise<DirectoryEntry['kind'] | 'unknown' | undefined>>()
  readonly #seen = new Map<string, Promise<readonly DirectoryEntry[] | undefined>>()
  /** Folders with more links than are told. */
  readonly #crowded = new Set<string>()

  constructor(components: FoldersComponents, { home, namedHome, layout = 'linux' }: FoldersInit) {
    this.#components = components
    this.#home = home
    this.#place = home === undefined ? undefined : { home, namedHome }
    this.#layout = layout
  }

  get files(): FolderReader {
    return this.#components.files
  }

  get layout(): HomeLayout {
    return this.#layout
  }

  get inHome(): boolean {
    return this.#home !== undefined
  }

  placeOf(path: string): string {
    return this.#place === undefined ? path : placeOf(path, this.#place)
  }

  namesOf(path: string): readonly string[] {
    return this.#place === undefined ? [path] : namesOf(path, this.#place)
  }

  nameKey(name: string): string {
    return this.#layout === 'linux' ? name : name.toUpperCase()
  }

  async list(path: string): Promise<readonly DirectoryEntry[]> {
    return (await this.#look(this.placeOf(path))) ?? []
  }

  kindOf(named: string): Promise<DirectoryEntry['kind'] | 'unknown' | undefined> {
    const path = this.placeOf(named)
    const known = this.#kinds.get(path) ?? this.#kindNow(path)
    this.#kinds.set(path, known)
    return known
  }

  async #kindNow(path: string): Promise<DirectoryEntry['kind'] | 'unknown' | undefined> {
    const parent = folderOf(path)
    if (path === this.#home || path === '' || parent === path) return 'directory'
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (this.#isBelowHome(parent)) {
      const kind = await this.kindOf(parent)
      if (kind === 'unknown' || kind === 'link') return 'unknown'
      if (kind !== 'directory') return undefined
    }
    const entries = await this.#look(parent)
    if (entries === undefined) return 'unknown'
    if (this.#layout === 'linux') return entries.find((entry) => entry.name === name)?.kind
    const kinds = this.#kindsByName.get(parent) ?? new Map(entries.map((each) => [this.nameKey(each.name), each.kind]))
    this.#kindsByName.set(parent, kinds)
    return kinds.get(this.nameKey(name))
  }

  async expand(pattern: string, options: ExpandOptions = {}): Promise<readonly string[]> {
    const ofEditors = inVscodeData(pattern, this.#layout)
    if (ofEditors !== undefined) return await this.#expandInEach(ofEditors, options)
    if (pattern === '~' || pattern.startsWith('~/'))
      return this.#home === undefined ? [] : this.expand(this.#home + pattern.slice(1), options)
    let branches: readonly string[] = ['']
    let rest = this.placeOf(pattern)
    for (let star = rest.indexOf('*'); star !== -1; star = rest.indexOf('*')) {
      const start = rest.lastIndexOf('/', star)
      const end = rest.indexOf('/', star)
      const segment = rest.slice(start + 1, end === -1 ? undefined : end)
      const before = rest.slice(0, start)
      rest = end === -1 ? '' : rest.slice(end)
      const parents = branches.map((branch) => branch + before)
      if (options.tellLinks === true && this.inHome) for (const each of parents) await this.#tellLinks(each, segment)
      const found = await Promise.all(parents.map((parent) => this.#matching(parent, segment, rest === '', options)))
      branches = this.#bounded(pattern, found.flat(), options)
    }
    return branches.map((branch) => branch + rest)
  }

  /** Limit for installed editors, ten times what people have. */
  async #expandInEach({ folders, within }: VscodeDataPath, options: ExpandOptions): Promise<readonly string[]> {
    const all: string[] = []
    for (const folder of this.#home === undefined ? [] : folders) {
      const data = `${this.#home}/${folder}`
      if ((await this.kindOf(data)) !== undefined) all.push(...(await this.expand(data + within, options)))
    }
    return all
  }

  async #matching(parent: string, segment: string, isLast: boolean, { onUnseen }: ExpandOptions): Promise<string[]> {
    // A bare `*` means folders; with text it may name a file, where the pattern ends.
    const mayBeFile = isLast && segment !== '*'
    // Links in a home are never followed. Those of the machine were placed by root.
    const isFile = (kind: DirectoryEntry['kind']) => kind === 'file' || (kind === 'link' && !this.inHome)
    const entries = await this.#look(parent)
    if (entries === undefined) onUnseen?.(parent)
    return (entries ?? []).flatMap(({ kind, name }) => {
      if (!this.#fits(segment, name)) return []
      if (kind === 'directory' || (mayBeFile && isFile(kind))) return [`${parent}/${name}`]
      if (kind === 'link') onUnseen?.(`${parent}/${name}`)
      return []
    })
  }

  async #tellLinks(parent: string, segment: string): Promise<void> {
    const links = (await this.list(parent)).filter(({ kind, name }) => kind === 'link' && this.#fits(segment, name))
    // It is not followed, and looking at it says so, once.
    for (const { name } of links.slice(0, MAX_LINKS)) await this.list(`${parent}/${name}`)
    if (links.length <= MAX_LINKS || this.#crowded.has(parent)) return
    this.#crowded.add(parent)
    this.#components.onFault(parent, tooMany(MAX_LINKS, links.length, 'links'))
  }

  #bounded(pattern: string, found: readonly string[], { onUnseen }: ExpandOptions): readonly string[] {
    if (found.length <= MAX_BRANCHES) return found
    const above = pattern.slice(0, pattern.lastIndexOf('/', pattern.indexOf('*')))
    onUnseen?.(above)
    this.#components.onFault(above, tooMany(MAX_BRANCHES, found.length, 'folders'))
    return found.slice(0, MAX_BRANCHES)
  }

  #fits(segment: string, name: string): boolean {
    return fits(this.nameKey(segment), this.nameKey(name))
  }

  /** A path of Windows is none on another system. */
  #isHere(path: string): boolean {
    return isWindowsPath(path) === (this.#home === undefined ? this.#layout === 'windows' : isWindowsPath(this.#home))
  }

  #isBelowHome(path: string): boolean {
    return this.#home !== undefined && path.startsWith(`${this.#home}/`)
  }

  #look(path: string): Promise<readonly DirectoryEntry[] | undefined> {
    const known = this.#seen.get(path) ?? this.#lookNow(path)
    this.#seen.set(path, known)
    return known
  }

  async #lookNow(path: string): Promise<readonly DirectoryEntry[] | undefined> {
    const { files, onFault } = this.#components
    if (!this.#isHere(path)) return []
    // The folders around it, each seen once, say so for less than it costs to look.
    if (this.#isBelowHome(path) && (await this.kindOf(path)) === undefined) return []
    try {
      const entries = await files.list(path, { maxEntries: MAX_ENTRIES })
      // Decoded it names nothing: whatever lies there would be hidden without a word.
      if (entries.some(({ name }) => name.includes(REPLACED))) {
        onFault(path, new SuretyError('FILE_UNREADABLE', 'a name in it is no text'))
      }
      return entries
    } catch (error) {
      if (codeOf(error) === 'FILE_ABSENT') return []
      onFault(path, error)
      return undefined
    }
  }
}

/** `*` stands for any text, also none. */
export function fits(segment: string, name: string): boolean {
  const [first = '', ...others] = segment.split('*')
  if (!name.startsWith(first)) return false
  let at = first.length
  for (const [index, part] of others.entries()) {
    const found = index === others.length - 1 ? name.length - part.length : name.indexOf(part, at)
    if (found < at || !name.startsWith(part, found)) return false
    at = found + part.length
  }
  return true
}
