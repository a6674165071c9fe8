/** What is mounted, as this process sees it. Nothing is asked of a mounted file system. */
export interface Mounts {
  /** @throws `FILE_UNREADABLE` when the list of mounts cannot be read. */
  readonly hanging: HangingMounts
  /** Undefined when the list cannot be read or has no root. */
  local(): LocalMounts | undefined
  /**
   * File systems that a user's own program serves, mounted without a right of root's: a read waits for as long as that program
   * likes. None when the list cannot be read; the deadline of the reader is then the only bound.
   */
  userServed(): readonly ForeignMount[]
}

/** Mount points of file systems that may never answer, with their types, as of each call. Of several at one point the last counts. */
export type HangingMounts = () => ReadonlyMap<string, string>

export interface ForeignMount {
  readonly mountPoint: string
  readonly type: string
}

/** Finds the mounts on the way to a path that may keep a reader waiting. By names alone: no file system is asked. */
export interface LocalMounts {
  /** The first mount on the way to `path`, as it is spelt, that is not local. The root of the system (`/`) passes in any case. */
  onWayTo(path: string): ForeignMount | undefined
  /** All such mounts below `path`, sorted by mount point; also those that another mount hides. */
  below(path: string): readonly ForeignMount[]
}
