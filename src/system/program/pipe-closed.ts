import { fstatSync } from 'node:fs'
import { setInterval } from 'node:timers/promises'
import type { NativeAddon } from '../native/native-addon.ts'

export interface ReaderGoneComponents {
  readonly addon: Pick<NativeAddon, 'processEnded'>
}

export interface ReaderGoneInit {
  /** What we write to. */
  readonly descriptor: number
  readonly everyMs: number
}

/**
 * Resolves with true once nobody has the other end of a pipe open any more, which who writes nothing would not notice; with false
 * where it is no pipe. Rejects once the signal is aborted.
 */
export async function readerGone(
  { addon }: ReaderGoneComponents,
  { descriptor, everyMs }: ReaderGoneInit,
  { signal }: { signal: AbortSignal },
): Promise<boolean> {
  if (!fstatSync(descriptor).isFIFO()) return false
  // The kernel has something to tell of the end for writing when the last reader has gone, as of a pidfd when its process has ended.
  for await (const _ of setInterval(everyMs, undefined, { signal, ref: false })) {
    if (addon.processEnded(descriptor)) return true
  }
  return false
}
