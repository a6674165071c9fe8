import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, timeSchema } from '../../ids.ts'
import { apiAnswer, countedPageOf } from '../../noun/answers.ts'
import { RISKS } from '../../risks.ts'

/** Things in the fleet, counted: products, MCP servers, extensions and risks. Retired devices do not count. */

export const riskSchema = words(...RISKS)
/** A risk, and the sightings that have it. */
const riskCounts = Type.Array(closed({ risk: riskSchema, sightings: counter() }))

const counted = {
  /** Devices that have it, and its sightings there. */
  devices: counter(),
  sightings: counter(),
  firstSeenAt: timeSchema,
  /** The newest report of a device that has it. Absent where more than twenty devices have it. */
  lastSeenAt: Type.Optional(timeSchema),
  /** The most frequent first. */
  risks: riskCounts,
}

export const agentProductSchema = closed({
  key: text(300),
  /** The name that one of the devices reports. */
  name: text(256),
  /** The catalogue has it. */
  recognised: Type.Boolean(),
  ...counted,
  /** Of its sightings, as last reported. */
  running: counter(),
  autonomous: counter(),
  /** Different versions. */
  versions: counter(),
  /** Agents of one user on one device: by the register, stopped by an order, and waiting in the inbox. */
  registered: counter(),
  blocked: counter(),
  unregistered: counter(),
})
export type AgentProduct = Static<typeof agentProductSchema>

export const serverNameSchema = closed({
  name: text(256),
  ...counted,
  /** Keys of the agents that it is configured for, the most frequent first. */
  agents: Type.Array(text(300)),
})
export type ServerName = Static<typeof serverNameSchema>

export const extensionProductSchema = closed({ key: text(300), name: text(256), ...counted, versions: counter() })
export type ExtensionProduct = Static<typeof extensionProductSchema>

export const countedRiskSchema = closed({
  risk: riskSchema,
  sightings: counter(),
  devices: counter(),
  /** The device that has most of it. */
  worst: closed({
    device: deviceIdSchema,
    hostname: Type.Optional(text(256)),
    owner: text(256),
    sightings: counter(),
  }),
})
export type CountedRisk = Static<typeof countedRiskSchema>

/** What the lists of things can be sorted by. Those with most devices come first. */
export const COUNTED_SORTS = ['devices', 'running', 'name', 'first seen'] as const
export type CountedSort = (typeof COUNTED_SORTS)[number]

export const agentProductPageSchema = countedPageOf(agentProductSchema)
export const serverNamePageSchema = countedPageOf(serverNameSchema)
export const extensionProductPageSchema = countedPageOf(extensionProductSchema)
export const countedRiskPageSchema = countedPageOf(countedRiskSchema)

export const agentProductPageReader = apiAnswer(agentProductPageSchema, 'list of agent products')
export const serverNamePageReader = apiAnswer(serverNamePageSchema, 'list of MCP servers by name')
export const extensionProductPageReader = apiAnswer(extensionProductPageSchema, 'list of extensions')
export const countedRiskPageReader = apiAnswer(countedRiskPageSchema, 'list of risks')
