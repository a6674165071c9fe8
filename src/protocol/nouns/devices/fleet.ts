import { closed, counter, type Static, type TSchema, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, timeSchema } from '../../ids.ts'
import { apiAnswer, cursorSchema } from '../../noun/answers.ts'
import {
  agentFileSightingSchema,
  agentSightingSchema,
  extensionSightingSchema,
  mcpServerSightingSchema,
  modelRuntimeSightingSchema,
} from '../../sighting.ts'

/** Sightings on all devices in the administrators' API. Text that devices sent is only ever JSON. */

/**
 * The key that says which sightings are of the same thing: the catalogue entry of an agent or a model runtime, or its own
 * name (`unknown/NAME` for an agent); `HOST/ID` of an extension; the name of an MCP server.
 */
export const itemKeySchema = Type.String({ minLength: 1, maxLength: 300 })

/** Bounds of the filters. */
export const DAYS = { minimum: 0, maximum: 3650 } as const
export const RARE_DEVICES = { minimum: 1, maximum: 1_000_000 } as const

/**
 * `now`: its device is connected and reports changes at once. `last-reported`: as of the last report of a device that is not
 * connected. `gone`: it ended.
 */
export const presenceSchema = words('now', 'last-reported', 'gone')
export type Presence = Static<typeof presenceSchema>

const location = {
  device: deviceIdSchema,
  /** What the device calls itself. */
  hostname: Type.Optional(text(256)),
  owner: text(256),
  presence: presenceSchema,
  /** When the device last reported. */
  deviceSeenAt: Type.Optional(timeSchema),
  firstSeenAt: timeSchema,
  lastSeenAt: timeSchema,
  goneAt: Type.Optional(timeSchema),
  /** Absent for agent files, which have no key. */
  item: Type.Optional(
    closed({
      key: text(300),
      /** Devices that have it. */
      devices: counter(),
      /** When this device first had it, and whether that was after the device's first full snapshot. */
      firstSeenAt: timeSchema,
      isNew: Type.Boolean(),
      /** When it last ran or left a trace there, or since when the directory would know. */
      usedAt: timeSchema,
    }),
  ),
}

const seenOn = <S extends TSchema>(sighting: S) => closed({ ...location, sighting })

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

/** One agent in the fleet. `GET /agents?key=` lists where it is. */
export const fleetAgentSchema = closed({
  key: text(300),
  /** The name that one of the devices reports. */
  name: text(256),
  unknown: Type.Boolean(),
  /** Devices that have it, sightings of it and running ones, as last reported. */
  devices: counter(),
  present: counter(),
  running: counter(),
  /** Those of `running` that a stop holds. */
  frozen: counter(),
  /** Among the devices that remember it. */
  firstSeenAt: timeSchema,
  /** Most frequent first, at most fifty. `version` is absent if none was reported. */
  versions: Type.Array(closed({ version: Type.Optional(text(64)), devices: counter() }), { maxItems: 50 }),
})
export type FleetAgent = Static<typeof fleetAgentSchema>

/** One MCP server name that starts or reaches different things on different devices. */
export const mcpConflictSchema = closed({
  name: text(256),
  devices: counter(),
  /**
   * Most frequent first, at most twenty. `reach` is the package or program that runs, or an origin, with a home as `~`; empty
   * if none was reported. Other arguments never leave a device.
   */
  launches: Type.Array(
    closed({
      reach: text(512),
      devices: counter(),
      /** One device with this launch. */
      example: closed({ device: deviceIdSchema, sighting: text(32) }),
    }),
    { maxItems: 20 },
  ),
  moreLaunches: counter(),
})
export type McpConflict = Static<typeof mcpConflictSchema>

/** The first page has the total, or a number that is less than it. Neither if it asks whether devices are connected. */
const seenPageOf = <S extends TSchema>(item: S) =>
  closed({
    items: Type.Array(item),
    next: Type.Optional(cursorSchema),
    total: Type.Optional(counter()),
    totalAbove: Type.Optional(counter()),
  })

export const seenAgentPageSchema = seenPageOf(seenAgentSchema)
export const seenExtensionPageSchema = seenPageOf(seenExtensionSchema)
export const seenMcpServerPageSchema = seenPageOf(seenMcpServerSchema)
export const seenModelRuntimePageSchema = seenPageOf(seenModelRuntimeSchema)
export const seenAgentFilePageSchema = seenPageOf(seenAgentFileSchema)
/** The cursor is a name. */
export const mcpConflictPageSchema = closed({
  items: Type.Array(mcpConflictSchema),
  next: Type.Optional(text(256)),
})

export const seenAgentPageReader = apiAnswer(seenAgentPageSchema, 'list of agents')
export const seenExtensionPageReader = apiAnswer(seenExtensionPageSchema, 'list of extensions')
export const seenMcpServerPageReader = apiAnswer(seenMcpServerPageSchema, 'list of MCP servers')
export const seenModelRuntimePageReader = apiAnswer(seenModelRuntimePageSchema, 'list of model runtimes')
export const seenAgentFilePageReader = apiAnswer(seenAgentFilePageSchema, 'list of agent files')
export const fleetAgentReader = apiAnswer(fleetAgentSchema, 'agent')
export const mcpConflictPageReader = apiAnswer(mcpConflictPageSchema, 'list of conflicts')
