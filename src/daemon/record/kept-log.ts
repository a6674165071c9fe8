import { base64UrlOf, closed, reader, type Static, Type, text } from '../../base/schema.ts'
import { timeSchema } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { checkpointNoteSchema, logFaultSchema } from '../../protocol/log-fault.ts'

/** What a device keeps of the record of its directory: a file in the state folder. */

export const KEPT_LOG_SCHEMA = 'surety/log-checkpoint@1'

const keptCheckpointSchema = closed({ key: text(512), note: checkpointNoteSchema, at: timeSchema })
/** `at`: when it was received, by the clock of the device. */
export type KeptCheckpoint = Static<typeof keptCheckpointSchema>

const keptLogSchema = closed({
  schema: Type.Literal(KEPT_LOG_SCHEMA),
  /** Of the directory: the SHA-256 of its root key, as this device pinned it. */
  root: Type.Optional(base64UrlOf(32)),
  checkpoint: Type.Optional(keptCheckpointSchema),
  /** Not in evidence yet. */
  faults: Type.Array(logFaultSchema, { maxItems: LIMITS.logFaults }),
  /** The checkpoint of the last fault that was reported. */
  noted: Type.Optional(checkpointNoteSchema),
})
export type KeptLog = Static<typeof keptLogSchema>

export const keptLogReader = reader(keptLogSchema, { name: 'log-checkpoint.json' })
