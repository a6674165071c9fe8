import type { ChangeCounts } from '../process-table/change-counter.ts'

/** First interval of full scans, which check that no event was lost. */
const MIN_FULL_SCAN_MS = 60_000
/** Longest interval of full scans, reached while each finds only what events had announced. */
const MAX_FULL_SCAN_MS = 300_000

export interface ScanOutcome {
  /** From `ProcessMemory.beginScan`. */
  readonly changes: ChangeCounts | undefined
  /** True if a full scan found only what events had announced; undefined if the scan was not full. */
  readonly isConsistent?: boolean | undefined
  /** True if a sighting must be read again each time: the folder of an agent, the ports of a model runtime. */
  readonly needsPolling: boolean
  /** `UnknownAgents.nextInspectionMs` after the scan. */
  readonly nextInspectionMs: number | undefined
}

/** Decides which scheduled scans of processes are worthwhile, and when the next full scan is due. */
export class ProcessScanSchedule {
  #everyMs = MIN_FULL_SCAN_MS
  #lastFullScanMs = Number.NEGATIVE_INFINITY
  /** State of the last scan, if only new events could make another scan find more. */
  #settled: { readonly changes: ChangeCounts; readonly nextInspectionMs: number } | undefined
  #lastChanges: ChangeCounts | undefined

  isFullScanDue(nowMs: number): boolean {
    return nowMs - this.#lastFullScanMs >= this.#everyMs
  }

  /**
   * A program under inspection may have done something that causes no event, so its inspection can be due without one.
   * On a machine without any event at all, that waits.
   *
   * @param changes from `ProcessMemory.changes`.
   * @param idleUntilMs as `UnknownAgents.idleUntilMs`; called only when an inspection is due.
   */
  canFindMore(changes: ChangeCounts | undefined, nowMs: number, idleUntilMs: () => number | undefined): boolean {
    const settled = this.#settled
    if (changes === undefined || settled === undefined || changes.lasting !== settled.changes.lasting) return true
    if (changes.total === settled.changes.total || nowMs < settled.nextInspectionMs) return false
    const nextInspectionMs = idleUntilMs()
    if (nextInspectionMs === undefined) return true
    this.#settled = { ...settled, nextInspectionMs }
    return false
  }

  scanDone({ changes, isConsistent, needsPolling, nextInspectionMs }: ScanOutcome, nowMs: number): void {
    if (isConsistent !== undefined) {
      this.#lastFullScanMs = nowMs
      this.#everyMs = isConsistent ? Math.min(2 * this.#everyMs, MAX_FULL_SCAN_MS) : MIN_FULL_SCAN_MS
    }
    // Scan once more after the last lasting event: a suspect may call a model only then.
    const quiet = nextInspectionMs === undefined || changes?.lasting === this.#lastChanges?.lasting
    const settled = changes !== undefined && !needsPolling && quiet
    this.#settled = settled ? { changes, nextInspectionMs: nextInspectionMs ?? Number.POSITIVE_INFINITY } : undefined
    this.#lastChanges = changes
  }

  /** Makes the next scan worthwhile, after something other than processes changed. */
  unsettle(): void {
    this.#settled = undefined
  }
}
