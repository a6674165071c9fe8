/** An account of the device's own database. */
export interface LocalUser {
  /** As in `base/user-id.ts`. */
  readonly id: string
  readonly name: string
  /** Absolute; may not exist. Empty where the database has no plain absolute path. */
  readonly home: string
  /** How the account database spells `home`, where that leads there through links of root's. */
  readonly namedHome?: string
  readonly shell: string
  /** `human`: an ordinary user id and a shell to log in with. `root` may do everything. */
  readonly kind: 'human' | 'root' | 'system'
  /** Ids that are this user's as well, in containers that this user runs without root: subuid(5). */
  readonly subordinateIds?: readonly IdRange[]
  /** What a process needs to become this user; absent on Windows. */
  readonly posix?: PosixIds
}

export interface IdRange {
  readonly first: number
  readonly count: number
}

/** The numbers that setuid(2) and setgid(2) take. */
export interface PosixIds {
  readonly uid: number
  /** The primary group. */
  readonly gid: number
}

/** The accounts of the device. */
export interface Users {
  /**
   * @param isHomeRead whose homes are read: only these are resolved, for those of services may lie anywhere.
   * @throws `FILE_UNREADABLE`, `FILE_ABSENT` and the like when the database cannot be read.
   */
  list(isHomeRead: (user: LocalUser) => boolean): Promise<readonly LocalUser[]>
}
