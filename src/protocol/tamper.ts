import { closed, counter, type Static, Type, text, words } from '../base/schema.ts'
import { timeSchema } from './ids.ts'

/**
 * `stopped`: the daemon was not there while the device ran. `paused`: it was there and did not run. `starved`: it waited for a processor.
 * `clock-moved`: the wall clock went away from the directory's time. `record-lost`: the file of its last sign of life is gone.
 */
export const TAMPER_KINDS = [
  ...(['stopped', 'paused', 'starved', 'clock-moved', 'program-changed', 'service-changed'] as const),
  ...(['settings-changed', 'record-lost', 'removed'] as const),
] as const

/** How long lists and `surety status` point at a sign. */
export const RECENT_SIGN_MS = 7 * 86_400_000

/**
 * Of `stopped`: it ended by itself as when a service is stopped, it was killed or crashed, or it did not start with the system. Of
 * `paused`: a signal; unknown for a frozen control group, a debugger or a disk that did not answer.
 */
export const TAMPER_CAUSES = ['ended', 'killed', 'not-started', 'signal', 'unknown'] as const

/** The most that a clock can be off. */
export const MAX_OFF_MS = 8_640_000_000_000_000

/** Something that may mean that a person kept the daemon from its work or changed it. A device reports each once. */
export const tamperSignSchema = closed({
  kind: words(...TAMPER_KINDS),
  /** When it was noticed. */
  time: timeSchema,
  /** When it began. */
  since: Type.Optional(timeSchema),
  /** How long it lasted, without the time in which the device slept. */
  durationMs: Type.Optional(counter()),
  cause: Type.Optional(words(...TAMPER_CAUSES)),
  /** How far the clock is from the directory's time now; negative when it is behind. */
  offByMs: Type.Optional(Type.Integer({ minimum: -MAX_OFF_MS, maximum: MAX_OFF_MS })),
  /** Files or settings. */
  names: Type.Optional(Type.Array(text(256), { minItems: 1, maxItems: 16 })),
  /** Also those that do not fit into `names`. */
  nameCount: Type.Optional(counter()),
  /** Of `removed`: the user of the device who said so, and why. */
  by: Type.Optional(text(256)),
  reason: Type.Optional(text(500)),
})
export type TamperSign = Static<typeof tamperSignSchema>
