import type { StopMethod } from '../protocol/stop.ts'

/** How the last drill went: an agent of our own was frozen as a stop would freeze any other. */
export interface FreezeDrill {
  readonly method: StopMethod
  /** From the order to the kernel's confirmation. Milliseconds. Absent when it did not stop. */
  readonly tookMs?: number
  /** What went wrong, in a sentence. */
  readonly failure?: string
}
