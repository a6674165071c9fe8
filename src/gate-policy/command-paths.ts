import { OUTPUT } from '../discovery/shell/shell-text.ts'
import { type Clearing, clearingOf, diskPathsOf, foundBy, writingOf } from './known-programs.ts'
import { folderOfAll, isDisk, isWide, type PathBase, plainPath, withFoldersAbove } from './named-paths.ts'

/** A command as `CommandPaths` needs it. */
interface NamingCommand {
  readonly name: string
  readonly args: readonly string[]
  readonly isFed: boolean
  /** Further programs that may run, each with its arguments. */
  readonly others: readonly { readonly name: string; readonly args: readonly string[] }[]
  readonly words: readonly string[]
  readonly outputs: readonly string[]
  readonly inputs: readonly string[]
  /** What its substitutions name. */
  readonly targetsInside: readonly string[]
  /** It is in a text, perhaps of another language than that of shells: its first word may be any path. */
  readonly isInText: boolean
}

const MOST_CHARACTERS = 4096
/** Each time that a path is resolved. */
const MOST_CHARACTERS_OF_ALL = 2 * 1024 * 1024
/** Folders that a relative path may begin in. */
const MOST_BASES = 8
/** What one command can get from others as its arguments. */
const MOST_FED = 64
const SETS = /^(\w+)\+?=(.*)$/s
const VARIABLE = /\$(?:(\w+)|\{(\w{1,64})(?:[^\w}$][^}$]{0,256})?\})/g
/** No file is meant. */
const NO_FILE = /^$|^[\d-]$|^\/dev\/(?:null|stdout|stderr|tty|fd\/\d)$|^\w+:\/\/|\n/
/** A text with blanks is rarely a path, unless it begins as one. */
const TEXT = /\s/
const BEGINS_AS_PATH = /^(?:[/~]|\.{1,2}\/)/

/** One that is not known is undefined. */
type Folders = readonly (string | undefined)[]

/** The paths that the parts of a command name, in order. Shells resolve them in the same way. */
export class CommandPaths {
  /** Absolute where the folder is known. */
  readonly targets = new Set<string>()
  /** Those that may be changed, and every folder above them. */
  readonly writes = new Set<string>()
  /** Those that may be deleted with all that is below. */
  readonly clears = new Set<string>()
  /** It may delete the system, all files of a person, or a disk. */
  isSweeping = false
  readonly #base: PathBase
  /** Where relative paths may begin now, and where they ever did. */
  #folders: Folders
  #formerFolders: Folders
  /** Before the last `cd`. */
  #lastFolders: Folders
  readonly #variables: Map<string, string>
  /** In order. */
  readonly #seen: string[] = []
  #pipelineBegin = 0
  #characters = 0

  constructor(base: PathBase) {
    this.#base = base
    this.#folders = [base.folder]
    this.#formerFolders = this.#folders
    this.#lastFolders = this.#folders
    this.#variables = new Map([
      ['IFS', ' '],
      ['HOME', base.home ?? '~'],
      ['USER', base.userName],
      ['LOGNAME', base.userName],
    ])
    if (base.folder !== undefined) this.#variables.set('PWD', base.folder)
  }

  get isTooLong(): boolean {
    return this.#characters > MOST_CHARACTERS_OF_ALL
  }

  beginPipeline(): void {
    this.#pipelineBegin = this.#seen.length
  }

  /** Of groups and substitutions. A folder that is entered inside may hold after it, or not. @returns what they name. */
  during(read: () => void): readonly string[] {
    const [folders, begin, seen] = [this.#folders, this.#pipelineBegin, this.#seen.length]
    read()
    this.#pipelineBegin = begin
    this.#folders = atMost([...this.#folders, ...folders])
    return this.#seen.slice(seen, seen + MOST_FED)
  }

  /** With the values of variables that are known. */
  expanded(word: string): string {
    if (!word.includes('$')) return word
    const text = word.replace(VARIABLE, (all, plain?: string, braced?: string) => {
      return this.#variables.get(plain ?? braced ?? '') ?? all
    })
    return text.slice(0, MOST_CHARACTERS + 1)
  }

  add(command: NamingCommand): void {
    const { name, args, isFed, others, words, outputs, inputs, targetsInside, isInText } = command
    this.#setVariables(words)
    const fed = isFed ? this.#seen.slice(this.#pipelineBegin, this.#pipelineBegin + MOST_FED) : []
    const named = this.#pathsOf(args)
    const first = words.find((word) => !SETS.test(word)) ?? ''
    const program = first.includes('/') ? this.#resolved(first) : []
    const written = outputs.flatMap((word) => this.#resolved(word))
    const read = inputs.flatMap((word) => this.#resolved(word))
    for (const path of [...named, ...program, ...written, ...read]) this.targets.add(path)
    const given = name === 'find' ? foundBy(args).flatMap((word) => this.#resolved(word)) : named
    for (const path of [...given, ...read]) this.#seen.push(path)
    if (isInText) written.push(...program)
    const writing = writingOf(name, args)
    if (writing === 'last') written.push(...this.#pathsOf(args.filter((arg) => !arg.startsWith('-')).slice(-1)))
    if (writing === 'all') written.push(...named, ...fed)
    for (const path of written) for (const one of withFoldersAbove(path)) this.writes.add(one)
    for (const one of [{ name, args }, ...others]) {
      this.#clear(clearingOf(one.name, one.args), { fed, targetsInside })
      const disks = [...outputs, ...diskPathsOf(one.name, one.args)]
      if (disks.some((word) => this.#resolved(word).some(isDisk))) this.isSweeping = true
    }
    if (name === 'cd' || name === 'pushd' || name === 'popd')
      this.#enter(
        name,
        args.find((arg) => !/^-./.test(arg)),
      )
  }

  #clear(
    { paths, isWhole, takesInput }: Clearing,
    more: { readonly fed: readonly string[]; readonly targetsInside: readonly string[] },
  ): void {
    const found = paths.flatMap((word) => this.#resolved(word))
    if (takesInput) found.push(...more.fed)
    if (paths.some((word) => word.includes(OUTPUT))) found.push(...more.targetsInside)
    for (const path of found) {
      const folder = folderOfAll(path)
      if (folder === undefined && !isWhole) continue
      this.clears.add(folder ?? path)
      if (isWide(folder ?? path, this.#base.home)) this.isSweeping = true
    }
  }

  #enter(name: string, folder: string | undefined): void {
    const before = this.#folders
    if (name === 'popd') this.#folders = this.#formerFolders
    else if (folder === '-') this.#folders = this.#lastFolders
    else {
      const entered = this.#resolved(folder ?? '~')
      if (entered.length > 0) this.#folders = atMost(entered)
    }
    this.#lastFolders = before
    this.#formerFolders = atMost([...this.#formerFolders, ...this.#folders])
  }

  #setVariables(words: readonly string[]): void {
    const [first = '', name = '', , ...values] = words
    if (first === 'for') {
      const wide = values.find((value) => this.#resolved(value).some((path) => this.#isAllOfWide(path)))
      this.#variables.set(name, wide ?? values[0] ?? '')
    }
    for (const word of words) {
      const [, variable, value = ''] = SETS.exec(word) ?? []
      if (variable !== undefined && variable !== 'HOME') this.#variables.set(variable, this.expanded(value))
    }
  }

  #isAllOfWide(path: string): boolean {
    return isWide(folderOfAll(path) ?? path, this.#base.home)
  }

  #pathsOf(args: readonly string[]): readonly string[] {
    return args.flatMap((arg) => {
      const value = arg.startsWith('-') ? (/^-[^=/~]*[=]?([~/].*|(?<==).*)$/s.exec(arg)?.[1] ?? '') : arg
      const assigned = SETS.exec(value)?.[2]
      return [...this.#resolved(value), ...(assigned === undefined ? [] : this.#resolved(assigned))]
    })
  }

  /** One for each folder that it may begin in. None: it is no path. */
  #resolved(word: string): readonly string[] {
    const path = this.expanded(word).replace(/^@/, '')
    if (NO_FILE.test(path) || path.length > MOST_CHARACTERS || path.startsWith(OUTPUT)) return []
    if (TEXT.test(path) && !BEGINS_AS_PATH.test(path)) return []
    const plain = path.replaceAll(OUTPUT, '*')
    const bases = /^[/~]/.test(plain) ? this.#folders.slice(0, 1) : this.#folders
    const paths = bases.map((folder) => plainPath(plain, { ...this.#base, folder }))
    for (const one of paths) this.#characters += one.length
    return paths
  }
}

function atMost(folders: Folders): Folders {
  return [...new Set(folders)].slice(0, MOST_BASES)
}
