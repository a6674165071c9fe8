import { hash } from 'node:crypto'
import { codeOf } from '../../base/errors.ts'
import { asObject } from '../../base/json-object.ts'
import type { DirectoryEntry, FileReader, FileStat } from '../../system/files/files.ts'

/**
 * What was made of a home the last time, so that nothing unchanged is read again. Kept are findings, as they are told, and
 * marks of the files and folders they came from; never a file's content.
 */
export interface HomeMemory {
  /**
   * What `look` found, or what it found before when none of what it looked at has changed since. A look within a look is
   * remembered for itself, so that one change does not repeat the whole.
   *
   * @param key names the look and all it depends on besides files.
   */
  recall<T>(key: string, look: (looked: Looked) => Promise<T>): Promise<Recalled<T>>
}

/** What a look may use: what it does otherwise it must not depend on. */
export interface Looked extends HomeMemory {
  readonly files: FileReader
}

export interface Recalled<T> {
  readonly value: T
  /** Nothing was read. */
  readonly remembered: boolean
}

/** Files as they are, with nothing remembered. */
export function forgetful(files: FileReader): Looked {
  const looked: Looked = {
    files,
    recall: async (_, look) => ({ value: await look(looked), remembered: false }),
  }
  return looked
}

/** Which file or folder, as it was: changes whenever its content, its owner or its rights do. Undefined when it cannot be told. */
export type MarkReader = (
  path: string,
) => { readonly mark: string; readonly changedAtMs: number } | 'absent' | undefined

interface StoredLook {
  /** Path and mark in turn; an empty mark is a file that was not there. */
  readonly marks: readonly string[]
  readonly parts: readonly string[]
  readonly value: unknown
}

/** How the mark of a link ends. */
const LINK = ' link'
/** Of what is not to be asked for anything, its mark least of all: reading it is refused as `FILE_UNREADABLE`. */
export const NOT_ASKED = 'not asked'
const FORMAT = 'surety/home-memory@1'
/** Larger memories are not kept: no home needs one. */
export const MEMORY_MAX_BYTES = 16 * 1024 * 1024
/**
 * A file may change twice within one tick of its clock, and look the same: what changed so shortly before it was read is
 * not remembered. Two seconds are the tick of the coarsest file system (FAT).
 */
const SETTLED_MS = 2_000

export interface RecordedMemoryInit {
  /** What findings depend on besides the home: program, catalogue, person. Other memories count for nothing. */
  readonly subject: string
  /** As `save` gave it; anything else is forgotten, and counts as damaged unless it is of another subject. */
  readonly saved?: string
  /** The wall clock, before anything is looked at. */
  readonly nowMs: number
}

/** A memory that begins with what was saved, and can be saved again. */
export class RecordedMemory implements Looked {
  readonly files: FileReader
  readonly #readMark: MarkReader
  readonly #init: RecordedMemoryInit
  readonly #before: ReadonlyMap<string, StoredLook>
  /** What was saved is not what `save` gave. */
  readonly wasDamaged: boolean
  readonly #now = new Map<string, StoredLook>()
  readonly #marks = new Map<string, string | undefined>()
  readonly #lists = new Map<string, Promise<readonly DirectoryEntry[]>>()
  readonly #valid = new Map<string, boolean>()
  #changed = false

  constructor(components: { readonly files: FileReader; readonly readMark: MarkReader }, init: RecordedMemoryInit) {
    this.files = components.files
    this.#readMark = components.readMark
    this.#init = init
    const before = parseSaved(init)
    this.wasDamaged = before === 'damaged'
    this.#before = before === 'damaged' ? new Map() : before
  }

  async recall<T>(key: string, look: (looked: Looked) => Promise<T>): Promise<Recalled<T>> {
    return (await this.#recall(key, look)).recalled
  }

  /** Undefined when nothing has changed since it was saved, or when it would be too large. */
  save(): string | undefined {
    if (!this.#changed && this.#now.size === this.#before.size) return undefined
    const body = JSON.stringify([...this.#now])
    const head = { format: FORMAT, subject: this.#init.subject, sha256: hash('sha256', body, 'hex') }
    const text = `${JSON.stringify(head)}\n${body}`
    return text.length > MEMORY_MAX_BYTES ? undefined : text
  }

  async #recall<T>(
    key: string,
    look: (looked: Looked) => Promise<T>,
  ): Promise<{ readonly recalled: Recalled<T>; readonly storable: boolean }> {
    const stored = this.#before.get(key)
    if (stored !== undefined && this.#isValid(key, stored)) {
      this.#keep(key, stored)
      // What was saved under this key is what the same program found: the subject and the sum say so.
      return { recalled: { value: stored.value as T, remembered: true }, storable: true }
    }
    const recording = new Recording(this, (inner, innerLook) => this.#recall(inner, innerLook))
    const value = await look(recording)
    this.#changed = true
    if (recording.storable) {
      this.#now.set(key, { marks: recording.marks(), parts: [...recording.parts], value })
    }
    return { recalled: { value, remembered: false }, storable: recording.storable }
  }

  #isValid(key: string, { marks, parts }: StoredLook): boolean {
    const known = this.#valid.get(key)
    if (known !== undefined) return known
    let valid = true
    for (let at = 0; valid && at < marks.length; at += 2) {
      valid = this.markOf(marks[at] ?? '', true) === (marks[at + 1] ?? '')
    }
    valid &&= parts.every((part) => {
      const stored = this.#before.get(part)
      return stored !== undefined && this.#isValid(part, stored)
    })
    this.#valid.set(key, valid)
    return valid
  }

  #keep(key: string, stored: StoredLook): void {
    if (this.#now.has(key)) return
    this.#now.set(key, stored)
    for (const part of stored.parts) {
      const inner = this.#before.get(part)
      if (inner !== undefined) this.#keep(part, inner)
    }
  }

  /** Empty for what is not there; undefined for what cannot be told or has only just changed. */
  markOf(path: string, settled = false): string | undefined {
    const known = this.#marks.get(path)
    if (known !== undefined || this.#marks.has(path)) return known
    const found = this.#readMark(path)
    const fresh = typeof found === 'object' && found.changedAtMs > this.#init.nowMs - SETTLED_MS
    const mark = found === 'absent' ? '' : found === undefined || (fresh && !settled) ? undefined : found.mark
    // A mark that has only just been made may equal a stored one; it must not be stored again.
    if (!fresh) this.#marks.set(path, mark)
    return mark
  }

  /** Once for all looks of this memory. */
  list(path: string, options: { maxEntries: number }): Promise<readonly DirectoryEntry[]> {
    const list = this.#lists.get(path) ?? this.files.list(path, options)
    this.#lists.set(path, list)
    return list
  }
}

type RecallWithin = <T>(
  key: string,
  look: (looked: Looked) => Promise<T>,
) => Promise<{ readonly recalled: Recalled<T>; readonly storable: boolean }>

/** Notes what one look looks at. */
class Recording implements Looked {
  readonly parts = new Set<string>()
  storable = true
  readonly files: FileReader
  readonly #memory: RecordedMemory
  readonly #recallWithin: RecallWithin
  readonly #marks = new Map<string, string>()

  constructor(memory: RecordedMemory, recallWithin: RecallWithin) {
    this.#memory = memory
    this.#recallWithin = recallWithin
    this.files = {
      read: (path, options) => this.#noted(path, () => memory.files.read(path, options)),
      readText: (path, options) => this.#noted(path, () => memory.files.readText(path, options)),
      list: (path, options) => this.#noted(path, () => memory.list(path, options)),
      stat: (path) => this.#noted<FileStat | undefined>(path, () => memory.files.stat(path)),
      withRegular: (path, use) => this.#noted(path, () => memory.files.withRegular(path, use)),
    }
  }

  marks(): string[] {
    return [...this.#marks].flat()
  }

  async recall<T>(key: string, look: (looked: Looked) => Promise<T>): Promise<Recalled<T>> {
    const { recalled, storable } = await this.#recallWithin(key, look)
    if (storable) this.parts.add(key)
    else this.storable = false
    return recalled
  }

  async #noted<T>(path: string, act: () => Promise<T>): Promise<T> {
    // Taken before the file is opened: what changes meanwhile has another one the next time.
    const mark = this.#memory.markOf(path)
    if (mark === undefined) this.storable = false
    else this.#marks.set(path, mark)
    try {
      return await act()
    } catch (error) {
      // These follow from what the mark tells; of others, such as rights on the way to it, it tells nothing.
      if (!followsFrom(mark, codeOf(error))) this.storable = false
      throw error
    }
  }
}

function followsFrom(mark: string | undefined, code: string | undefined): boolean {
  switch (code) {
    case 'FILE_ABSENT':
      return mark === ''
    case 'FILE_TOO_LARGE':
      return true
    case 'FILE_IS_LINK':
      return mark?.endsWith(LINK) === true
    case 'FILE_UNREADABLE':
      return mark === NOT_ASKED
    default:
      return false
  }
}

function parseSaved({ saved = '', subject }: RecordedMemoryInit): ReadonlyMap<string, StoredLook> | 'damaged' {
  if (saved === '') return new Map()
  const end = saved.indexOf('\n')
  try {
    const head = asObject(JSON.parse(saved.slice(0, Math.max(0, end))))
    if (head.format !== FORMAT || head.subject !== subject) return new Map()
    const body = saved.slice(end + 1)
    if (hash('sha256', body, 'hex') !== head.sha256) return 'damaged'
    // Nobody but this program writes such a sum under its own subject; what it found is checked again by who is told.
    return new Map(JSON.parse(body) as [string, StoredLook][])
  } catch {
    return 'damaged'
  }
}
