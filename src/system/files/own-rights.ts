import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

/**
 * Rights over our own files. Those whom the system denies nothing count as we do, because they can change whatever we trust: root on
 * Unix, the system and its administrators on Windows. All others are other users. `this-system.ts` chooses the implementation.
 */
export interface OwnRights {
  /**
   * @param stat of what lies at `path`, no link followed.
   * @throws `STORE_FAILED` when they cannot be read.
   */
  of(path: string, stat: OwnStats, options?: FolderOptions): FileRights
  /** Why code at `path` is not trusted; undefined when it is. A private group of its owner may write to it if that is allowed. */
  distrust(path: string, options: { readonly privateGroups: boolean }): Distrust | undefined
  /** True when another user can put something else in the place of what lies in this folder. */
  canOthersReplaceIn(folder: string, stat: OwnStats, options?: FolderOptions): boolean
  /**
   * Every folder in which the system looks up a name when `path` is opened, those behind links on the way too.
   *
   * @param name of what lies at `path`, for messages.
   * @throws `STORE_FAILED` when another user can lead a link on the way elsewhere.
   */
  foldersAbove(path: string, name: string): ReadonlySet<string>
  /** For a file that was opened with `O_NOFOLLOW`, which Windows does not know. @throws `ELOOP` for a link there. */
  refuseLink(path: string): void
  /** Takes all rights from others. @param open what lies at `path`. @throws the system's error. */
  close(path: string, stat: OwnStats, open?: FileHandle): Promise<void>
  /** The same for an open file, with mode 0600 on Unix. @throws the system's error. */
  closeFile(path: string, fd: number): void
  /**
   * As mkdir of `node:fs`. On Windows others have no rights to it whatever the mode.
   *
   * @param options.recursive makes what is missing above it, and takes what is there.
   * @returns the first that it made, if `recursive`.
   * @throws the system's error.
   */
  makeFolder(path: string, options: { readonly mode: number; readonly recursive: boolean }): Promise<string | undefined>
  /** Opens a new file for writing, of which others have no rights. @throws the system's error; `EEXIST`. */
  openNew(path: string): Promise<FileHandle>
  /** The reader of a home starts as its user, and not as us: such users must be able to run what we bring. */
  readonly readersStartAsUsers: boolean
  /** Lets all users read and run a file, or list a folder; what is made in it later is closed. @throws the system's error. */
  letUsersRun(path: string, stat: Pick<OwnStats, 'isDirectory'>): Promise<void>
  /** Replaces what lies at `to`. @throws the system's error. */
  rename(from: string, to: string): Promise<void>
  /** Has the names in a folder put on disk. @throws the system's error. */
  syncFolder(path: string): Promise<void>
  syncFolderNow(path: string): void
  /** `path` as libraries open it that do not ask Node. On Windows they take 260 characters, or a prefix. */
  plainPath(path: string): string
  /** Those who may do anything, for messages: `root`. */
  readonly privileged: string
  /** The command that takes from others the right to write, or all rights. @param shown the path in it; in quotation marks if absent. */
  remedy(path: string, what: 'write' | 'all', shown?: string): string
}

export type OwnStats = Pick<
  Stats,
  'uid' | 'gid' | 'mode' | 'nlink' | 'isDirectory' | 'isFile' | 'isSocket' | 'isSymbolicLink'
>

export interface FolderOptions {
  /** Accepts folders of root that a system group may write, as Ubuntu's /var/log (root:syslog, 0775). For log files only. */
  readonly mayBeOfSystemGroup?: boolean
}

export interface FileRights {
  /** A user id, as in `base/user-id.ts`. */
  readonly owner: string
  /** Of us, or of those who may do anything. */
  readonly isOurs: boolean
  /** True for a user of a service, where that is told apart. */
  readonly isOfService: boolean
  readonly canOthersWrite: boolean
  readonly canOthersRead: boolean
  /** Others have no rights at all. */
  readonly isClosed: boolean
}

/** Why a file is not trusted, with its path: `owner` when it belongs to another user, `mode` when others may write it. */
export interface Distrust {
  readonly because: 'owner' | 'mode' | 'unreadable'
  readonly words: string
}
