import { closed, counter, reader, type Static, Type, text, words } from '../../../base/schema.ts'
import { stopIdSchema, timeSchema } from '../../../protocol/ids.ts'
import { sightingIdSchema, userSchema } from '../../../protocol/sighting.ts'
import { stopSelectorSchema } from '../../../protocol/stop.ts'
import { sealJson } from '../../../system/files/own/sealed-json.ts'

/** Of the directory. */
export const MAX_STOPS = 1_000
/** Of all users of the device but root, and of root or one other user. */
export const MAX_LOCAL_STOPS = 128
export const MAX_STOPS_OF_USER = 16
/** A version without these limits has kept 1,000 in all. */
const MAX_KEPT_STOPS = 2 * MAX_STOPS + MAX_LOCAL_STOPS + MAX_STOPS_OF_USER
const MAX_HELD = 1_000
const MAX_PROCESSES = 8_192
const MAX_PROGRAMS = 16

/** A stop that holds until it is released. */
export const standingStopSchema = closed({
  id: stopIdSchema,
  kind: words('freeze', 'retire'),
  /** `local`: a user of the device made it, for their own agents; root for all. */
  origin: words('directory', 'local'),
  selector: stopSelectorSchema,
  by: text(256),
  reason: text(500),
  until: Type.Optional(timeSchema),
  /** Of a local stop: the user who made it. Absent for root. */
  userId: Type.Optional(text(184)),
  /** By the device's clock. */
  since: timeSchema,
})
export type StandingStop = Static<typeof standingStopSchema>

/** An agent that is frozen now. */
const heldAgentSchema = closed({
  agent: sightingIdSchema,
  /** The catalogue id, or the name of an agent that no catalogue knows. */
  product: text(64),
  name: text(256),
  user: text(256),
  userId: text(184),
  /** As `RunningAgent` has them. Absent without any. */
  humans: Type.Optional(Type.Array(userSchema, { maxItems: 2 })),
  /** What a stop may select it by, as `RunningAgent` has it. */
  programs: Type.Array(text(4096), { maxItems: MAX_PROGRAMS }),
  packages: Type.Array(text(256), { maxItems: MAX_PROGRAMS }),
  workspace: Type.Optional(text(4096)),
  /** The stops that hold it. None while it is let go. */
  stops: Type.Array(stopIdSchema, { maxItems: MAX_KEPT_STOPS }),
  processes: Type.Array(closed({ pid: counter(), startTicks: counter() }), { maxItems: MAX_PROCESSES }),
  /** Those of them that a signal or a suspension stopped: no group of the kernel holds them. */
  signalled: Type.Optional(Type.Array(closed({ pid: counter(), startTicks: counter() }), { maxItems: MAX_PROCESSES })),
})
export type HeldAgent = Static<typeof heldAgentSchema>

/** `stops.json`: what stands, and what it holds. */
const stopsSchema = closed({
  schema: Type.Literal('surety/stops@1'),
  /** Processes of another boot are gone. */
  bootId: text(64),
  stops: Type.Array(standingStopSchema, { maxItems: MAX_KEPT_STOPS }),
  held: Type.Array(heldAgentSchema, { maxItems: MAX_HELD }),
})
export type Stops = Static<typeof stopsSchema>

export const MAX_STOPS_BYTES = 16 * 1024 * 1024
export const stopsReader = reader(stopsSchema, {
  name: 'stops.json',
  limits: { maxBytes: MAX_STOPS_BYTES, maxDepth: 8 },
})

/** Those of the directory first, those of users last: what is cut off or named first must not be chosen by a user. */
export function inOrder(stops: readonly StandingStop[]): StandingStop[] {
  const rank = ({ origin, userId }: StandingStop) => (origin === 'directory' ? 0 : userId === undefined ? 1 : 2)
  return [...stops].sort((a, b) => rank(a) - rank(b))
}

/**
 * What fits into the file: all stops, and as many held agents. The next run finds the others frozen, and the stop that selects
 * them; those that signals stopped are known from here only, so they come first.
 */
export function fitting(stops: Stops): Stops {
  const isSignalled = ({ signalled }: HeldAgent) => Number(signalled !== undefined)
  let held = [...stops.held].sort((a, b) => isSignalled(b) - isSignalled(a)).slice(0, MAX_HELD)
  while (held.length > 0 && Buffer.byteLength(sealJson({ ...stops, held })) > MAX_STOPS_BYTES)
    held = held.slice(0, Math.floor(held.length / 2))
  return { ...stops, held }
}
