import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed, type TSchema, Type, words } from '../../base/schema.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import { riskSchema } from '../../protocol/nouns/agents/counted-things.ts'
import {
  DAYS,
  fleetAgentSchema,
  itemKeySchema,
  mcpConflictPageSchema,
  RARE_DEVICES,
  seenAgentFilePageSchema,
  seenAgentPageSchema,
  seenExtensionPageSchema,
  seenMcpServerPageSchema,
  seenModelRuntimePageSchema,
} from '../../protocol/nouns/devices/fleet.ts'
import type { Risk } from '../../protocol/risks.ts'
import type { Sighting } from '../../protocol/sighting.ts'
import { unknownDevice } from '../devices/device.ts'
import type { DeviceQueries } from '../devices/device-store.ts'
import { DEFAULT_LIMIT, page, pageOf, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { FleetQuestion, FleetStore, Seen, SeenPosition } from './fleet-store.ts'

const DAY_MS = 86_400_000
/** A list is counted up to here. */
const MOST_COUNTED = 1_000
const seenCursor = Type.String({ pattern: '^dev_[A-Za-z0-9_-]{21}[AQgw]\\.[0-9a-f]{32}$' })
const days = Type.Optional(Type.Integer(DAYS))
const yesOrNo = Type.Optional(words('yes', 'no'))

/** Filters of every list. */
const DEVICE_FILTERS = {
  device: Type.Optional(deviceIdSchema),
  presence: Type.Optional(words('now', 'last-reported')),
  /** Who answers for the device: any spelling of a person. */
  owner: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  /** The name of the account on its device that it belongs to. */
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  /** Has this risk, and is not switched off. */
  risk: Type.Optional(riskSchema),
}
/** Filters of lists whose items have a key. */
const KEY_FILTERS = {
  ...DEVICE_FILTERS,
  key: Type.Optional(itemKeySchema),
  /** Part of the key, in any case. */
  search: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  /** Appeared on its device in the last days, after the device's first full snapshot. */
  newWithinDays: days,
  onAtMostDevices: Type.Optional(Type.Integer(RARE_DEVICES)),
}
const RUNNING_FILTERS = { ...KEY_FILTERS, state: Type.Optional(words('running', 'installed')) }
/** Filter of products whose maker may end support. */
const END_OF_LIFE_FILTER = { endOfLife: Type.Optional(words('passed')) }

/** What keys look like, for a refusal. */
const KEY_HINTS: Readonly<Record<Sighting['kind'], string>> = {
  agent: 'a key is like claude-code, or unknown/NAME for an agent that is not in the catalogue',
  'model-runtime': 'a key is like ollama',
  extension: 'a key is like chromium/ID',
  'mcp-server': 'the key of a server is its name',
  'agent-file': 'agent files have no keys',
}

/** The queries of all these routes. */
interface Filters {
  readonly limit?: number
  readonly cursor?: string
  readonly device?: string
  readonly presence?: 'now' | 'last-reported'
  readonly owner?: string
  readonly user?: string
  readonly key?: string
  readonly search?: string
  readonly newWithinDays?: number
  readonly onAtMostDevices?: number
  readonly state?: 'running' | 'installed'
  readonly unknown?: 'yes' | 'no'
  readonly autonomous?: 'yes' | 'no'
  readonly frozen?: 'yes' | 'no'
  readonly ai?: 'yes' | 'no'
  readonly endOfLife?: 'passed'
  readonly risk?: Risk
  readonly unregistered?: 'yes' | 'no'
  readonly idleForDays?: number
}

interface FleetRoutesComponents {
  readonly store: { readonly devices: Pick<DeviceQueries, 'has'>; readonly fleet: FleetStore }
  readonly isConnected: (device: string) => boolean
  readonly clock: Pick<Clock, 'now'>
}

/** Sightings on all devices. */
export function fleetRoutes({ store, isConnected, clock }: FleetRoutesComponents): readonly Route[] {
  const { fleet, devices } = store
  const seen = async (kind: Sighting['kind'], filters: Filters) => {
    const { limit = DEFAULT_LIMIT, cursor, device, key } = filters
    if (device !== undefined && !(await devices.has(device))) throw unknownDevice(device)
    const question = questionOf(filters, clock.now())
    const found = await fleet.seen({ ...question, kind, limit, isConnected, after: positionOf(cursor) })
    // A misspelt key must not look like a fleet without the thing.
    if (found.items.length === 0 && key !== undefined && !(await fleet.knows(kind, key))) {
      throw new SuretyError('NOT_FOUND', `no device has had one with this key; ${KEY_HINTS[kind]}`)
    }
    const shown = pageOf(found, cursorOf)
    // Whether a device is connected is not in the store.
    if (cursor !== undefined || filters.presence !== undefined) return shown
    const total = found.more
      ? await fleet.count({ ...question, kind, limit, isConnected }, MOST_COUNTED)
      : found.items.length
    return total > MOST_COUNTED ? { ...shown, totalAbove: MOST_COUNTED } : { ...shown, total }
  }
  const list = <const S extends TSchema, const F extends Readonly<Record<string, TSchema>>>(
    kind: Sighting['kind'],
    init: Pick<Route, 'path' | 'operationId' | 'action' | 'summary'> & { readonly filters: F; readonly response: S },
  ): Route => {
    const { filters, ...rest } = init
    const query = pageQuery(filters, seenCursor)
    // This schema has validated the query, and its members are among `Filters`.
    return { ...rest, method: 'GET', status: 200, query, answer: (asked) => seen(kind, asked.query as Filters) }
  }
  return [
    list('agent', {
      path: '/agents',
      operationId: 'listAgents',
      action: 'view',
      summary: 'Agents on all devices, by device: running, frozen, unknown, new, rare, autonomous, discontinued, idle',
      filters: {
        ...RUNNING_FILTERS,
        unknown: yesOrNo,
        autonomous: yesOrNo,
        /** A stop holds it, by the newest report of its device. */
        frozen: yesOrNo,
        /** No registration matches it. */
        unregistered: yesOrNo,
        ...END_OF_LIFE_FILTER,
        /** Does not run, and has neither run nor left a trace there for this many days. */
        idleForDays: days,
      },
      response: seenAgentPageSchema,
    }),
    route({
      method: 'GET',
      path: '/agents/{key}',
      operationId: 'getAgent',
      action: 'view',
      summary: 'One agent in the fleet: its devices and versions, counted',
      params: closed({ key: itemKeySchema }),
      response: fleetAgentSchema,
      async answer({ params: { key } }) {
        const agent = await fleet.agent(key)
        if (agent === undefined) throw new SuretyError('NOT_FOUND', `no device has had the agent ${key}`)
        return agent
      },
    }),
    list('extension', {
      path: '/extensions',
      operationId: 'listExtensions',
      action: 'view',
      summary: 'Extensions of browsers and editors on all devices, by device',
      filters: { ...KEY_FILTERS, ...END_OF_LIFE_FILTER, ai: yesOrNo },
      response: seenExtensionPageSchema,
    }),
    list('mcp-server', {
      path: '/mcp-servers',
      operationId: 'listMcpServers',
      action: 'view',
      summary: 'Configured MCP servers on all devices, by device',
      filters: KEY_FILTERS,
      response: seenMcpServerPageSchema,
    }),
    route({
      method: 'GET',
      path: '/mcp-servers/conflicts',
      operationId: 'listMcpConflicts',
      action: 'view',
      summary: 'Names of MCP servers that start or reach different things on different devices',
      query: pageQuery({}, Type.String({ minLength: 1, maxLength: 256 })),
      response: mcpConflictPageSchema,
      answer: ({ query: { limit, cursor } }) =>
        page(
          limit,
          (count) => fleet.mcpConflicts({ after: cursor, limit: count }),
          ({ name }) => name,
        ),
    }),
    list('model-runtime', {
      path: '/model-runtimes',
      operationId: 'listModelRuntimes',
      action: 'view',
      summary: 'Programs that serve models, on all devices, by device',
      filters: { ...RUNNING_FILTERS, ...END_OF_LIFE_FILTER },
      response: seenModelRuntimePageSchema,
    }),
    list('agent-file', {
      path: '/agent-files',
      operationId: 'listAgentFiles',
      action: 'view',
      summary: 'Files that give agents instructions or commands, on all devices, by device',
      filters: DEVICE_FILTERS,
      response: seenAgentFilePageSchema,
    }),
  ]
}

function questionOf(filters: Filters, now: number): Omit<FleetQuestion, 'kind' | 'limit' | 'isConnected'> {
  const { device, presence, key, state, onAtMostDevices, newWithinDays, idleForDays, endOfLife } = filters
  const daysAgo = (count: number | undefined) => (count === undefined ? undefined : now - count * DAY_MS)
  return {
    device,
    presence,
    key,
    search: filters.search,
    risk: filters.risk,
    unregistered: isYes(filters.unregistered),
    user: filters.user,
    owner: filters.owner,
    state,
    onAtMost: onAtMostDevices,
    newSince: daysAgo(newWithinDays),
    idleSince: daysAgo(idleForDays),
    endedBy: endOfLife === undefined ? undefined : new Date(now).toISOString().slice(0, 10),
    unknown: isYes(filters.unknown),
    autonomous: isYes(filters.autonomous),
    frozen: isYes(filters.frozen),
    ai: isYes(filters.ai),
  }
}

function isYes(word: 'yes' | 'no' | undefined): boolean | undefined {
  return word === undefined ? undefined : word === 'yes'
}

function cursorOf({ device, sighting }: Seen): string {
  return `${device}.${sighting.id}`
}

function positionOf(cursor: string | undefined): SeenPosition | undefined {
  const [device, id] = cursor?.split('.') ?? []
  return device === undefined || id === undefined ? undefined : { device, id }
}
