import { fileError } from '../file-errors.ts'

/** What walking to a file takes of an operating system. Nodes are descriptors or handles; no call follows a link. */
export interface NodeCalls {
  /** The root or drive that `path` begins at, and the names behind it. @throws `FILE_UNREADABLE` for a path that is not plain. */
  begin(path: string): { readonly root: string; readonly names: string[] }
  /** @param isEnd nothing is opened below it. @throws as `FileReader.read`. */
  openRoot(root: string, path: string, isEnd: boolean): number
  /** A folder on the way; a link is refused. @throws as `FileReader.read`. */
  openFolder(folder: number, name: string, path: string): number
  /** What the path ends at, which may be a link. @throws as `FileReader.read`. */
  openNode(folder: number, name: string, path: string): number
  close(node: number): void
}

/** So many folders of one way stay open; on a longer way the deeper ones are opened for each who asks. */
const MAX_OPEN_FOLDERS = 24

/**
 * Walks component by component, from the folder that it has in common with the walk before. The folders on the way to what was
 * asked for last stay open until something else is asked for, or until it is closed: what is asked for next mostly lies beside it.
 */
export class OpenWay {
  readonly #calls: NodeCalls
  #root: string | undefined
  readonly #names: string[] = []
  /** The root, then one for each name. */
  readonly #folders: number[] = []

  constructor(calls: NodeCalls) {
    this.#calls = calls
  }

  /** Hands over a node of `path`, which stays open while `use` runs. */
  withNode<T>(path: string, use: (node: number) => T): T {
    const { root, names } = this.#calls.begin(path)
    const last = names.pop()
    const kept = names.slice(0, MAX_OPEN_FOLDERS)
    let folder = this.#walk(root, kept, path)
    let own: number | undefined
    try {
      for (const name of names.slice(kept.length)) {
        const next = this.#calls.openFolder(folder, name, path)
        if (own !== undefined) this.#calls.close(own)
        own = next
        folder = next
      }
      const node =
        last === undefined ? this.#calls.openRoot(root, path, true) : this.#calls.openNode(folder, last, path)
      try {
        return use(node)
      } catch (cause) {
        throw fileError(cause, path)
      } finally {
        this.#calls.close(node)
      }
    } finally {
      if (own !== undefined) this.#calls.close(own)
    }
  }

  close(): void {
    this.#leave(0)
  }

  /** Closes the folders behind the first `count`. */
  #leave(count: number): void {
    this.#names.length = Math.min(this.#names.length, Math.max(0, count - 1))
    for (const folder of this.#folders.splice(count)) this.#calls.close(folder)
  }

  #walk(root: string, names: readonly string[], path: string): number {
    if (root !== this.#root) this.#leave(0)
    this.#root = root
    let common = 0
    while (common < this.#names.length && this.#names[common] === names[common]) common++
    this.#leave(common + 1)
    let folder = this.#folders.at(-1) ?? this.#push(this.#calls.openRoot(root, path, false))
    for (const name of names.slice(common)) {
      folder = this.#push(this.#calls.openFolder(folder, name, path))
      this.#names.push(name)
    }
    return folder
  }

  #push(folder: number): number {
    this.#folders.push(folder)
    return folder
  }
}
