import type { Bound } from './series.ts'

/** What may grow in the processes of the soak, and by how much. */

export const MIB = 1024 * 1024
/** What the daemon that tells all the time may keep. */
export const SPOOL_BYTES = 2 * MIB

/** A round is a connection at the directory, a look at a daemon, a second (and at least a look) of `suretyd`. */
const COMMON = {
  // Those of connections that come and go at this moment.
  descriptors: { slack: 12 },
  handles: { slack: 24 },
  heapBytes: { slack: MIB, perRound: 60, slope: 10_000 },
  // Of pages that are given back by and by it says too little to look at its slope.
  rssBytes: { slack: 12 * MIB },
}

export const BOUNDS = {
  // Its log is written over when 4096 pages are in it.
  directory: { ...COMMON, listeners: { slack: 150 }, logBytes: { slack: 0, below: 17 * MIB } },
  daemon: {
    ...COMMON,
    heapBytes: { ...COMMON.heapBytes, slope: 5_000 },
    // Each that waits for room in a full spool listens: 69 to 89 were measured before it is full, 83 to 117 after.
    listeners: { slack: 20, below: 140 },
    // In five minutes it rose once, by 14 MB after the first of them, and not again; on a busy machine by 28 MB, while its heap did not rise.
    rssBytes: { slack: 40 * MIB },
    // It tells as fast as it can, and may fill what its spool is allowed while the directory is busy with the others.
    logBytes: { slack: 0, below: 4.2 * MIB },
    spoolBytes: { slack: MIB / 4, below: 1.5 * SPOOL_BYTES },
  },
  suretyd: {
    ...COMMON,
    listeners: { slack: 20 },
    // 16 KB were measured where nothing leaks, on a busy machine, and none in five minutes: its code is still being compiled.
    heapBytes: { slack: 1.5 * MIB, slope: 26_000 },
    logBytes: { slack: 0, below: 4.2 * MIB },
    spoolBytes: { slack: MIB / 4, below: MIB },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Bound>>>>
