import type { Deadlines } from './deadlines.ts'

/** A connection that receives a large frame. */
export interface LargeFrameReader {
  /** The connection got a slot: the rest of the frame may be read. */
  granted(): void
  /** The frame took too long to arrive. */
  tooSlow(): void
}

/**
 * Limits how many large frames are read at once, so that memory does not grow with the number of devices that send one. The
 * daemon sends none: its batches are at most half the frame limit.
 */
export interface LargeFrameSlots {
  /** @returns whether the frame may be read now. If not, `granted` is called later. */
  begin(reader: LargeFrameReader): boolean
  /** The frame is complete. The deadline no longer applies, because the device is not what delays it. */
  whole(reader: LargeFrameReader): void
  /** The frame was taken, or the connection ended. */
  end(reader: LargeFrameReader): void
}

/** A frame is large once more than this has arrived. */
export const LARGE_FRAME_BYTES = 400 * 1024
const AT_ONCE = 2
/** A large frame must be complete within this time. */
const WITHIN_MS = 30_000

export function largeFrameSlots({ deadlines }: { readonly deadlines: Deadlines }): LargeFrameSlots {
  const reading = new Set<LargeFrameReader>()
  const waiting = new Set<LargeFrameReader>()
  const start = (reader: LargeFrameReader) => {
    reading.add(reader)
    deadlines.set(reader, WITHIN_MS, () => reader.tooSlow())
  }
  return {
    begin(reader) {
      if (reading.size >= AT_ONCE) {
        waiting.add(reader)
        return false
      }
      start(reader)
      return true
    },
    whole: (reader) => deadlines.clear(reader),
    end(reader) {
      waiting.delete(reader)
      deadlines.clear(reader)
      if (!reading.delete(reader)) return
      const [next] = waiting
      if (next === undefined) return
      waiting.delete(next)
      start(next)
      next.granted()
    },
  }
}
