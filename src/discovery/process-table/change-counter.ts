import type { TrackedProcess } from './tracked-process.ts'

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
