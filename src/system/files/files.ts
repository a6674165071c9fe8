/**
 * Reading of foreign files: component by component, without following links, regular files only, never blocking,
 * never more than asked for. `openFiles` in `foreign/linux.ts` is the real one; tests use `test/support/fake-file-reader.ts`.
 */
export interface FileReader {
  /**
   * @param path absolute; a `..` component is refused.
   * @throws `FILE_ABSENT`, `FILE_UNREADABLE`, `FILE_IS_LINK` (any component), `FILE_NOT_REGULAR`, `FILE_TOO_LARGE`.
   */
  read(path: string, options: { maxBytes: number }): Promise<Uint8Array>
  /** As `read`, decoded as UTF-8 with replacement of ill-formed sequences. */
  readText(path: string, options: { maxBytes: number }): Promise<string>
  /**
   * Names in a directory, sorted, with the kind of each as the directory itself says it (links are not followed).
   * @throws as `read`; `FILE_NOT_REGULAR` when it is no directory, `FILE_TOO_LARGE` above `maxEntries`.
   */
  list(path: string, options: { maxEntries: number }): Promise<readonly DirectoryEntry[]>
  /** lstat without following links in any component; undefined when absent. @throws as `read`. */
  stat(path: string): Promise<FileStat | undefined>
  /**
   * For what must open a file by a path of its own: hands one over that leads to this very file while `use` runs, whatever
   * becomes of `path` meanwhile.
   *
   * @throws as `read`, and what `use` throws.
   */
  withRegular<T>(path: string, use: (open: string) => T): Promise<T>
}

/** The same files by other names. @param at may throw for what is not to be asked for. */
export function filesAt(files: FileReader, at: (path: string) => string): FileReader {
  return {
    read: async (path, options) => files.read(at(path), options),
    readText: async (path, options) => files.readText(at(path), options),
    list: async (path, options) => files.list(at(path), options),
    stat: async (path) => files.stat(at(path)),
    withRegular: async (path, use) => files.withRegular(at(path), use),
  }
}

export interface DirectoryEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'link' | 'other'
}

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  readonly sizeBytes: number
  /** A user id, as in `base/user-id.ts`. */
  readonly owner: string
  /** A group id as text. */
  readonly group: string
  /** Permission bits and the sticky, set-user-id and set-group-id bits: `0o7777`. */
  readonly mode: number
  readonly modifiedMs: number
}

/** Differs whenever the content, owner, rights or position on the disk of a file or folder changes. */
export interface FileMark {
  readonly mark: string
  readonly changedAtMs: number
}

/**
 * Files of the kernel and of root's own configuration (`/sys`, `/proc`, `/etc`), where links are legitimate
 * (`/etc/os-release`, `/sys/block/*`) and no ordinary user can place one.
 */
export interface TrustedFileReader {
  /** @throws as `FileReader.read`, but links are followed. */
  readText(path: string, options: { maxBytes: number }): Promise<string>
  read(path: string, options: { maxBytes: number }): Promise<Uint8Array>
  list(path: string, options: { maxEntries: number }): Promise<readonly DirectoryEntry[]>
  /** Of what a link leads to; undefined when absent. @throws as `read`. */
  stat(path: string): Promise<FileStat | undefined>
  /** Where a link leads, resolved. @throws as `read`. */
  realPath(path: string): Promise<string>
}
