/** A text that administrators set, by versions. The newest is in use. */
export interface TextVersion {
  /** From 1 on. 0 is the default of the release, which is not stored. */
  readonly version: number
  readonly hash: string
  readonly text: string
  readonly setAt: number
  readonly setBy: string
  /** It was set although a test advised against it. */
  readonly forced: boolean
  /** The earlier version that it says again. */
  readonly restores?: number | undefined
}

/** Versions are added and never changed. */
export interface VersionStore {
  newest(): Promise<TextVersion | undefined>
  get(version: number): Promise<TextVersion | undefined>
  add(version: TextVersion): Promise<void>
  /** Newest first. */
  list(page: {
    readonly before?: number | undefined
    readonly limit: number
  }): Promise<readonly Omit<TextVersion, 'text'>[]>
}
