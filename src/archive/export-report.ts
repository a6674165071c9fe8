import { closed, counter, type Static, Type, text } from '../base/schema.ts'
import { deviceIdSchema, timeSchema } from '../protocol/ids.ts'

/** What `surety verify` reports. */

const problemSchema = closed({ line: Type.Optional(counter()), message: text(2000) })
export type ExportProblem = Static<typeof problemSchema>

const epochReportSchema = closed({
  epoch: counter(),
  /** Batches with a valid signature. */
  batches: counter(),
  lastSequence: counter(),
  /** Nothing is missing, except in signed gaps. */
  unbroken: Type.Boolean(),
  chained: counter(),
  /** Genuine, but inside a gap: their place cannot be proven. */
  unplaced: counter(),
  gaps: Type.Array(closed({ firstSequence: counter(), lastSequence: counter(), signedIn: counter() })),
  /** Seconds since 1970, by the device's clock. */
  deviceClock: Type.Optional(closed({ from: counter(), to: counter() })),
})
export type EpochReport = Static<typeof epochReportSchema>

export const exportReportSchema = closed({
  ok: Type.Boolean(),
  device: Type.Optional(deviceIdSchema),
  /** By the directory's clock. */
  exportedAt: Type.Optional(timeSchema),
  forked: Type.Optional(Type.Boolean()),
  root: Type.Optional(closed({ pin: text(64), compared: Type.Boolean() })),
  epochs: Type.Array(epochReportSchema),
  /** The first hundred. */
  problems: Type.Array(problemSchema),
  problemCount: counter(),
})
export type ExportReport = Static<typeof exportReportSchema>
