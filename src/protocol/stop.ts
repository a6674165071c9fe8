import { closed, counter, type Static, type TSchema, Type, text, words } from '../base/schema.ts'
import { stopIdSchema, timeSchema } from './ids.ts'
import { sightingIdSchema } from './sighting.ts'

/** A name, without the byte that ends texts in the system's calls. */
function named(maxLength: number) {
  return Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]+$' })
}

/**
 * An absolute path as the kernel writes it: without `.`, `..`, a `/` at its end, and not `/` itself. On Windows `C:/Users/ann`.
 */
const pathSchema = Type.String({
  maxLength: 4096,
  pattern: '^([A-Z]:)?(/([^/.\\u0000][^/\\u0000]*|\\.[^/.\\u0000][^/\\u0000]*|\\.\\.[^/\\u0000]+))+$',
})

/** Any of these. */
function anyOf<T extends TSchema>(item: T) {
  return Type.Array(item, { minItems: 1, maxItems: 16 })
}

/** Agents to which all of the members apply. */
const matchSchema = Type.Object(
  {
    select: Type.Literal('match'),
    /** Catalogue ids, and names of agents that no catalogue knows. */
    products: Type.Optional(anyOf(named(64))),
    /** The users of the operating system that they run as or act for, by name. */
    users: Type.Optional(anyOf(named(256))),
    /** Executables, and scripts that an interpreter runs. */
    executables: Type.Optional(anyOf(pathSchema)),
    /** The npm packages by which the catalogue recognises them. */
    packages: Type.Optional(anyOf(named(256))),
    /** Folders that they work in, or below. */
    workspaces: Type.Optional(anyOf(pathSchema)),
  },
  { additionalProperties: false, minProperties: 2 },
)
export type MatchSelector = Static<typeof matchSchema>

/** Which agents a stop is for. The device keeps to it: for what runs now and for what starts later. */
export const stopSelectorSchema = Type.Union([
  /** Every agent on the device. */
  closed({ select: Type.Literal('all') }),
  /** One running agent, by the id of its sighting. */
  closed({ select: Type.Literal('agent'), agent: sightingIdSchema }),
  /** One product, by its catalogue id, such as `claude-code`. */
  closed({ select: Type.Literal('product'), product: text(64) }),
  /** All agents that run as one user of the operating system or act for that user, by name. */
  closed({ select: Type.Literal('user'), user: text(256) }),
  matchSchema,
])
export type StopSelector = Static<typeof stopSelectorSchema>

/** What an order to freeze, retire or release is about. */
export const stopSchema = closed({
  id: stopIdSchema,
  /** Absent in a release, which is for all that the stop holds. */
  selector: Type.Optional(stopSelectorSchema),
  /** Who ordered it, for people. */
  by: text(256),
  /** The stop ends by itself then, by the directory's time. Absent in a release. */
  until: Type.Optional(timeSchema),
})
export type Stop = Static<typeof stopSchema>

/** How processes were stopped, strongest first. `none`: nothing matched. */
export const STOP_METHODS = ['cgroup2', 'cgroup1', 'suspend', 'signals', 'none'] as const
export type StopMethod = (typeof STOP_METHODS)[number]

/** Why a process of an agent was not stopped. */
export const MISSED_REASONS = ['uninterruptible', 'protected', 'ended', 'not-moved', 'shared-with-session'] as const

/** What is not as strong as it could be. */
export const STOP_WEAKNESSES = [
  'root-cgroup',
  'cgroup1',
  'suspend',
  'signals',
  'network-open',
  'exec-not-held',
  'not-confirmed',
  'work-elsewhere',
  'unknown-programs',
] as const

export const stoppedProcessSchema = closed({ pid: counter(), startedAt: timeSchema, executable: text(1024) })

export const stoppedAgentSchema = closed({
  /** The id of its sighting. */
  agent: sightingIdSchema,
  /** The catalogue id, or the name of an agent that no catalogue knows. */
  product: text(64),
  user: text(256),
  processes: Type.Array(stoppedProcessSchema, { maxItems: 64 }),
})

export const missedProcessSchema = closed({
  pid: counter(),
  executable: Type.Optional(text(1024)),
  reason: words(...MISSED_REASONS),
})

/** What a device did about one stop, in the receipt of the order. */
export const stopReceiptSchema = closed({
  /** The weakest method that was needed. */
  method: words(...STOP_METHODS),
  agents: Type.Array(stoppedAgentSchema, { maxItems: 32 }),
  /** Totals, also of what does not fit into the lists. */
  agentCount: counter(),
  processCount: counter(),
  /** When the kernel confirmed it, by the device's clock. */
  confirmedAt: Type.Optional(timeSchema),
  network: words('cut', 'open', 'none'),
  missed: Type.Array(missedProcessSchema, { maxItems: 64 }),
  weaknesses: Type.Array(words(...STOP_WEAKNESSES), { maxItems: STOP_WEAKNESSES.length }),
  /** How long other processes of the session were paused. Milliseconds, rounded up. */
  pausedMs: Type.Optional(counter()),
})
export type StopReceipt = Static<typeof stopReceiptSchema>

export const STOP_EVENT_KINDS = ['frozen', 'released', 'ended', 'escaped', 'refused'] as const

/** What happened under a standing stop after its receipt, or by a stop that a user of the device made. */
export const stopEventSchema = closed({
  /** `ended`: a frozen agent was ended. `escaped`: a process of one runs. `refused`: a release was not allowed. */
  kind: words(...STOP_EVENT_KINDS),
  /** `local`: a stop that a user of the device made. */
  stop: Type.Union([stopIdSchema, Type.Literal('local')]),
  by: Type.Optional(text(256)),
  agent: Type.Optional(sightingIdSchema),
  product: Type.Optional(text(64)),
  user: Type.Optional(text(256)),
  processes: counter(),
  reason: Type.Optional(text(500)),
  time: timeSchema,
})
export type StopEvent = Static<typeof stopEventSchema>
