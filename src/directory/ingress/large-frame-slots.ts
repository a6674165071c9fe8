import type { Deadlines } from './deadlines.ts'

/** A connection on which a big frame comes. */
export interface BigFrameReader {
  /** It is its turn: the rest of the frame may be read. */
  granted(): void
  /** Its frame took too long to come. */
  tooSlow(): void
}

/**
 * Few big frames are read at a time, so that what lies in memory does not grow with the number of devices that send one. A
 * daemon makes none: its batches are at most half as large as a frame may be.
 */
export interface BigFrames {
  /** @returns whether the frame may be read on now; else `granted` is called. */
  begin(reader: BigFrameReader): boolean
  /** The frame is whole: it waits for us now, and not we for its device. */
  whole(reader: BigFrameReader): void
  /** The frame was taken, or its connection has ended. */
  end(reader: BigFrameReader): void
}

/** A frame of which more has come is a big one. */
export const BIG_BYTES = 400 * 1024
const AT_ONCE = 2
/** A big frame must be whole after this time. */
const WITHIN_MS = 30_000

export function bigFrames({ deadlines }: { readonly deadlines: Deadlines }): BigFrames {
  const reading = new Set<BigFrameReader>()
  const waiting = new Set<BigFrameReader>()
  const start = (reader: BigFrameReader) => {
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
