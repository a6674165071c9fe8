import type { TrackedProcess } from './tracked-process.ts'

/**
 * - `started`: an agent started, or a job that an agent had another program start.
 * - `ended`: an agent ended or became another program.
 * - `part`: a process started or ended below an agent.
 * - `tool`: an unknown program started another child in a session of its own without a terminal, as agents start tools,
 *   or a script called a model again.
 * - `lost`: events were lost. Only a full scan shows what runs now.
 */
export type ProcessChange = 'started' | 'ended' | 'part' | 'tool' | 'lost'

export interface ChangeCounts {
  /** Changes with every process event. */
  readonly total: number
  /**
   * Changes when an event leaves something for the next scan to find. A process that starts and ends between two scans
   * does not count. Undefined while a process lives that the last scan did not see.
   */
  readonly lasting: number | undefined
}

/** Counts process events, so that a schedule knows whether another scan could find anything new. */
export class ChangeCounter {
  #total = 0
  #lasting = 0
  /** Live processes that started since the last scan began. */
  readonly #newPids = new Set<number>()
  /** Records up to this serial were seen by the last scan. */
  #scannedUpTo = 0

  get counts(): ChangeCounts {
    return { total: this.#total, lasting: this.#newPids.size === 0 ? this.#lasting : undefined }
  }

  scanStarted(): void {
    this.#newPids.clear()
  }

  /** @param serial the serial of the newest record. */
  scanDone(serial: number): void {
    this.#scannedUpTo = serial
  }

  began({ pid }: Pick<TrackedProcess, 'pid'>): void {
    this.#total++
    this.#newPids.add(pid)
  }

  /** @param before the record until now; undefined for an unknown process. */
  changed(before: Pick<TrackedProcess, 'serial'> | undefined): void {
    this.#total++
    if (before !== undefined && before.serial <= this.#scannedUpTo) this.#lasting++
  }

  ended({ pid, serial }: Pick<TrackedProcess, 'pid' | 'serial'>): void {
    this.#total++
    this.#newPids.delete(pid)
    if (serial <= this.#scannedUpTo) this.#lasting++
  }

  /** A live process did something that the next scan should see. */
  noted(): void {
    this.#lasting++
  }
}

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
