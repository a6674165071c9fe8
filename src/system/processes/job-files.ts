/** Files of jobs that a system runs later. Names, owners and times only: what users wrote into them is not read. */
export interface JobFiles {
  /** Names of the user's jobs of `at` that were made since, as `atJobOf` has them. @param ticks as `ProcessEntry.startTicks`. @throws never. */
  atJobsSince(userId: string, ticks: number): readonly string[]
  /** The job whose file this path names; undefined for another path. */
  atJobOf(path: string): string | undefined
  /** Whether the user has a crontab. `ticks`: which was written since. @throws never. */
  hasCrontab(userId: string, ticks?: number): boolean
  /** Whether the manager of the system made this unit for a caller, so that no file of the system defines it. @throws never. */
  isTransientUnit(unit: string): boolean
}
