import { readFileSync } from 'node:fs'

/**
 * How long the main thread of this program has waited for a processor. Milliseconds. The second number of schedstat is the time on a run
 * queue, in nanoseconds; a kernel without CONFIG_SCHED_INFO has no such file.
 */
export function waitedForProcessorMs(): number | undefined {
  try {
    const waitedNs = Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[1])
    return Number.isFinite(waitedNs) ? waitedNs / 1e6 : undefined
  } catch {
    return undefined
  }
}
