import { base64UrlOf, closed, type Static, Type, text, words } from '../base/schema.ts'
import { timeSchema } from './ids.ts'

/** What devices, as witnesses, say about the log of the directory. */

/** A checkpoint as its log signed it (C2SP tlog-checkpoint): lines of text, without cosignatures. */
export const checkpointNoteSchema = Type.String({
  minLength: 1,
  maxLength: 1024,
  pattern: '^[^\\u0000-\\u0009\\u000b-\\u001f]+$',
})

/**
 * `went-back`: the log has fewer entries than before. `split`: its first entries are not those of before. `replaced`: its name or its
 * key is another one.
 */
export const LOG_FAULT_KINDS = ['went-back', 'split', 'replaced'] as const

/** The directory showed a log that is not a continuation of what it showed before. Both checkpoints are signed by the log. */
export const logFaultSchema = closed({
  kind: words(...LOG_FAULT_KINDS),
  /** When it was noticed. */
  time: timeSchema,
  kept: checkpointNoteSchema,
  /** The key that verifies `kept`: C2SP signed-note, "verifier key". */
  keptKey: text(512),
  received: checkpointNoteSchema,
  receivedKey: text(512),
  /** Hashes, 32 bytes each, that came as the proof that `received` continues `kept`. */
  consistency: Type.Array(base64UrlOf(32), { maxItems: 64 }),
})
export type LogFault = Static<typeof logFaultSchema>
