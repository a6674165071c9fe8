import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import {
  deviceIdSchema,
  humanIdSchema,
  registrationIdSchema,
  seenAgentIdSchema,
  stopIdSchema,
  timeSchema,
} from '../../ids.ts'
import { sightingIdSchema, signalSchema, userSchema } from '../../sighting.ts'

/** Agents as they are seen: one product of one user on one device. Text that devices sent is only ever JSON. */

/**
 * `registered`: a registration matches. `blocked`: none does, and a stop of its product stands. `ignored`: neither, and a person
 * said that it needs none. `unknown`: it waits in the inbox.
 */
export const SEEN_STATES = ['unknown', 'registered', 'ignored', 'blocked'] as const
export type SeenState = (typeof SEEN_STATES)[number]

/** How an agent differs from its registration. */
export const DEVIATIONS = [
  'autonomy-above-ceiling',
  'version-outside-registration',
  'executable-changed',
  'launch-changed',
  'workspace-outside-scope',
  'second-instance',
] as const
export type Deviation = (typeof DEVIATIONS)[number]

/** How many devices of the fleet have the same product. `rare`: at most three, or one in a hundred. */
export const RARITIES = ['only-here', 'rare', 'common'] as const
export type Rarity = (typeof RARITIES)[number]

/** A human, by the name of now. */
const humanSchema = closed({ id: humanIdSchema, name: text(256) })

/** One product of one user on one device. */
export const seenAgentSchema = closed({
  id: seenAgentIdSchema,
  state: words(...SEEN_STATES),
  name: text(256),
  /** The catalogue entry, or `unknown/NAME`: the key of `GET /agents`. */
  product: text(300),
  device: deviceIdSchema,
  hostname: Type.Optional(text(256)),
  /** As the device was enrolled. */
  deviceOwner: text(256),
  user: Type.Optional(userSchema),
  /** Whose account it is. `confirmed`: an administrator said so. */
  human: Type.Optional(closed({ ...humanSchema.properties, confirmed: Type.Boolean() })),
  /** The human to register it for: whose account it is, else the owner of the device. */
  proposedOwner: Type.Optional(humanSchema),
  /** Its present sightings. A running one is shown first. */
  sighting: sightingIdSchema,
  present: counter(),
  running: counter(),
  /** Those of `running` that a stop holds, as last reported. */
  frozen: counter(),
  autonomous: counter(),
  autonomy: words('asks', 'autonomous', 'unknown'),
  version: Type.Optional(text(64)),
  executable: Type.Optional(text(4096)),
  workspace: Type.Optional(text(4096)),
  prevalence: closed({
    devices: counter(),
    ofDevices: counter(),
    rarity: words(...RARITIES),
    /** In the fleet. */
    firstSeenAt: Type.Optional(timeSchema),
  }),
  firstSeenAt: timeSchema,
  lastSeenAt: timeSchema,
  /** How it was recognised. */
  evidence: Type.Array(text(512), { maxItems: 16 }),
  score: Type.Optional(counter()),
  signals: Type.Optional(Type.Array(signalSchema, { maxItems: 16 })),
  /** What changed since it was registered, or else since it was first seen. */
  drift: closed({
    /** Without versions. Absent: nothing else runs than then. */
    executable: Type.Optional(closed({ before: Type.Array(text(4096), { maxItems: 16 }), now: text(4096) })),
    /** MCP servers that start something else. The hashes can be compared on this device alone. */
    launches: Type.Array(
      closed({
        server: sightingIdSchema,
        name: Type.Optional(text(256)),
        before: text(64),
        now: Type.Optional(text(64)),
      }),
      { maxItems: 64 },
    ),
  }),
  deviations: Type.Array(words(...DEVIATIONS), { maxItems: DEVIATIONS.length }),
  registration: Type.Optional(closed({ id: registrationIdSchema, name: text(256) })),
  /** What decided: `match`, the id of a principal, a rule or a stop. */
  decision: Type.Optional(closed({ by: text(256), byName: Type.Optional(text(256)), at: Type.Optional(timeSchema) })),
  /** A person said that it needs no registration. It counts while no registration matches and no stop blocks it. */
  ignored: Type.Optional(
    closed({
      by: text(256),
      byName: Type.Optional(text(256)),
      at: timeSchema,
      reason: text(500),
      until: Type.Optional(timeSchema),
    }),
  ),
  /** The stop that blocks it. */
  stop: Type.Optional(stopIdSchema),
})
export type SeenAgentView = Static<typeof seenAgentSchema>
