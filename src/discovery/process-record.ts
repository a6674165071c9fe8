import type { ProcessEntry } from '../system/process-table.ts'

/**
 * What is known of one process: as it was when it started where that was seen, else as it was first looked at. Never
 * leaves the device.
 */
export interface ProcessRecord extends ProcessEntry {
  /** Names of its environment variables; undefined when they could not be read. */
  readonly environmentNames?: readonly string[] | undefined
  /** Values of the few variables that name a session (`sessionVariables` of the catalogue), and of no others. */
  readonly sessionMarkers: Readonly<Record<string, string>>
  /** Its current folder, when it was looked at. */
  readonly workingFolder?: string | undefined
  /**
   * Who forked it, as the kernel told at the fork: it may have ended since, and says then what it was. Undefined where the
   * fork was not seen; `parentPid` is then all there is.
   */
  readonly forkedBy?: ProcessRecord | undefined
  readonly ended?: true
}
