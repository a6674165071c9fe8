/** Consecutive full scans that find unannounced processes without any event between them. One alone may be a race. */
const MAX_SILENT_SCANS = 2

/** Compares full scans with process events: do they agree, and do events arrive at all? */
export class EventLossDetector {
  #total = 0
  #lastTotal: number | undefined
  #isComplete = false
  #hasMismatch = false
  #silentScans = 0

  /** True if the last full scan found only what events had announced. */
  get isConsistent(): boolean {
    return !this.#hasMismatch
  }

  /** True if processes start but events no longer arrive. */
  get isSilent(): boolean {
    return this.#silentScans >= MAX_SILENT_SCANS
  }

  /** Starts again after a new subscription to events. */
  reset(): void {
    this.#silentScans = 0
    this.#lastTotal = undefined
  }

  /** @param total `ChangeCounts.total`. @param isComplete no event was lost until now. */
  scanStarted({ total, isComplete }: { readonly total: number; readonly isComplete: boolean }): void {
    this.#total = total
    this.#isComplete = isComplete
    this.#hasMismatch = !isComplete
  }

  /** The scan found something that no event announced. */
  mismatch(): void {
    this.#hasMismatch = true
  }

  scanEnded({ total }: { readonly total: number }): void {
    const wasSilent = this.#isComplete && this.#hasMismatch && this.#total === this.#lastTotal
    this.#silentScans = wasSilent ? this.#silentScans + 1 : 0
    this.#lastTotal = total
  }
}
