import { closed, counter, type Static, type TSchema, Type, text, words } from '../base/schema.ts'
import { apiAnswer, pageOf } from './api-common.ts'
import { deviceIdSchema, timeSchema } from './ids.ts'
import {
  agentFileSightingSchema,
  agentSightingSchema,
  extensionSightingSchema,
  mcpServerSightingSchema,
  modelRuntimeSightingSchema,
} from './sighting.ts'

/** What the administrators' API says about all devices at once. Text that devices sent is never more than JSON. */

/**
 * What is the same thing on all devices: the catalogue's entry of an agent or a model runtime, or what it calls itself
 * (of an agent behind `unknown/`); host and id of an extension; the name of an MCP server.
 */
export const itemKeySchema = Type.String({ minLength: 1, maxLength: 300 })

/** What filters take: days back, and devices that a rare thing is on. */
export const DAYS = { minimum: 0, maximum: 3650 } as const
export const RARE_DEVICES = { minimum: 1, maximum: 1_000_000 } as const

/**
 * `now`: its device is connected, and tells at once what changes; `last-told`: so it was when the device was last heard;
 * `gone`: it ended.
 */
export const presenceSchema = words('now', 'last-told', 'gone')
export type Presence = Static<typeof presenceSchema>

const place = {
  device: deviceIdSchema,
  /** What the device calls itself. */
  hostname: Type.Optional(text(256)),
  owner: text(256),
  presence: presenceSchema,
  /** When the device was last heard. */
  deviceSeenAt: Type.Optional(timeSchema),
  firstSeenAt: timeSchema,
  lastSeenAt: timeSchema,
  goneAt: Type.Optional(timeSchema),
  /** Absent for files of agents, which are compared with nothing. */
  item: Type.Optional(
    closed({
      key: text(300),
      /** On how many devices it is. */
      devices: counter(),
      /** When this device first had it, and whether that was after all of the device had been told once. */
      firstSeenAt: timeSchema,
      isNew: Type.Boolean(),
      /** When it last ran or left a trace there; else since when we would have seen that. */
      usedAt: timeSchema,
    }),
  ),
}

const seenOn = <S extends TSchema>(sighting: S) => closed({ ...place, sighting })

export const seenAgentSchema = seenOn(agentSightingSchema)
export const seenExtensionSchema = seenOn(extensionSightingSchema)
export const seenMcpServerSchema = seenOn(mcpServerSightingSchema)
export const seenModelRuntimeSchema = seenOn(modelRuntimeSightingSchema)
export const seenAgentFileSchema = seenOn(agentFileSightingSchema)
export type SeenAgent = Static<typeof seenAgentSchema>
export type SeenExtension = Static<typeof seenExtensionSchema>
export type SeenMcpServer = Static<typeof seenMcpServerSchema>
export type SeenModelRuntime = Static<typeof seenModelRuntimeSchema>
export type SeenAgentFile = Static<typeof seenAgentFileSchema>

/** One agent in the fleet. Where it is: the list of agents, narrowed by its key. */
export const fleetAgentSchema = closed({
  key: text(300),
  /** As some device names it. */
  name: text(256),
  unknown: Type.Boolean(),
  /** Devices that have it now, and how many of it are there and running, as far as last told. */
  devices: counter(),
  present: counter(),
  running: counter(),
  /** Of those that any device remembers. */
  firstSeenAt: timeSchema,
  /** Most first, at most fifty; absent where it tells none. */
  versions: Type.Array(closed({ version: Type.Optional(text(64)), devices: counter() }), { maxItems: 50 }),
})
export type FleetAgent = Static<typeof fleetAgentSchema>

/** One name of MCP servers behind which not all devices start or reach the same. */
export const mcpConflictSchema = closed({
  name: text(256),
  devices: counter(),
  /** Most first, at most twenty: package or what else runs, origin, or program with a home as `~`; empty where none is told. Other arguments never leave a device. */
  launches: Type.Array(
    closed({
      reach: text(512),
      devices: counter(),
      /** One of them. */
      example: closed({ device: deviceIdSchema, sighting: text(32) }),
    }),
    { maxItems: 20 },
  ),
  moreLaunches: counter(),
})
export type McpConflict = Static<typeof mcpConflictSchema>

export const seenAgentPageSchema = pageOf(seenAgentSchema)
export const seenExtensionPageSchema = pageOf(seenExtensionSchema)
export const seenMcpServerPageSchema = pageOf(seenMcpServerSchema)
export const seenModelRuntimePageSchema = pageOf(seenModelRuntimeSchema)
export const seenAgentFilePageSchema = pageOf(seenAgentFileSchema)
/** Goes on after a name. */
export const mcpConflictPageSchema = closed({
  items: Type.Array(mcpConflictSchema),
  next: Type.Optional(text(256)),
})

export const seenAgentPageReader = apiAnswer(seenAgentPageSchema, 'list of agents')
export const seenExtensionPageReader = apiAnswer(seenExtensionPageSchema, 'list of extensions')
export const seenMcpServerPageReader = apiAnswer(seenMcpServerPageSchema, 'list of MCP servers')
export const seenModelRuntimePageReader = apiAnswer(seenModelRuntimePageSchema, 'list of model runtimes')
export const seenAgentFilePageReader = apiAnswer(seenAgentFilePageSchema, 'list of files of agents')
export const fleetAgentReader = apiAnswer(fleetAgentSchema, 'agent')
export const mcpConflictPageReader = apiAnswer(mcpConflictPageSchema, 'list of conflicts')
