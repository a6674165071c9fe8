import { closed, counter, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { stopIdSchema, timeSchema } from '../../protocol/ids.ts'
import { sightingIdSchema, userSchema } from '../../protocol/sighting.ts'
import { stopSelectorSchema } from '../../protocol/stop.ts'

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
  stops: Type.Array(stopIdSchema, { maxItems: 1_000 }),
  processes: Type.Array(closed({ pid: counter(), startTicks: counter() }), { maxItems: 8_192 }),
  /** Those of them that a signal or a suspension stopped: no group of the kernel holds them. */
  signalled: Type.Optional(Type.Array(closed({ pid: counter(), startTicks: counter() }), { maxItems: 8_192 })),
})
export type HeldAgent = Static<typeof heldAgentSchema>

/** `stops.json`: what stands, and what it holds. */
const stopsSchema = closed({
  schema: Type.Literal('surety/stops@1'),
  /** Processes of another boot are gone. */
  bootId: text(64),
  stops: Type.Array(standingStopSchema, { maxItems: 1_000 }),
  held: Type.Array(heldAgentSchema, { maxItems: 1_000 }),
})
export type Stops = Static<typeof stopsSchema>

export const MAX_STOPS_BYTES = 16 * 1024 * 1024
export const stopsReader = reader(stopsSchema, {
  name: 'stops.json',
  limits: { maxBytes: MAX_STOPS_BYTES, maxDepth: 8 },
})
