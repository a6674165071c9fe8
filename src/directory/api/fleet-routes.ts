import { SuretyError } from '../../base/errors.ts'
import { closed, type TSchema, Type, words } from '../../base/schema.ts'
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
} from '../../protocol/api-fleet.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import type { Sighting } from '../../protocol/sighting.ts'
import type { ApiComponents } from './api-components.ts'
import { unknownDevice } from './device-routes.ts'
import type { FleetQuestion, Seen, SeenPlace } from './fleet-store.ts'
import { DEFAULT_LIMIT, pageQuery } from './paging.ts'
import { type Route, route } from './route.ts'

const DAY_MS = 86_400_000
const seenCursor = Type.String({ pattern: '^dev_[A-Za-z0-9_-]{21}[AQgw]\\.[0-9a-f]{32}$' })
const days = Type.Optional(Type.Integer(DAYS))
const yesOrNo = Type.Optional(words('yes', 'no'))

/** Narrow every list. */
const WHERE = { device: Type.Optional(deviceIdSchema), presence: Type.Optional(words('now', 'last-told')) }
/** Narrow a list of what is the same thing on all devices. */
const COMPARED = {
  ...WHERE,
  key: Type.Optional(itemKeySchema),
  /** Came to its device within so many days, after all of the device had been told once. */
  newWithinDays: days,
  onAtMostDevices: Type.Optional(Type.Integer(RARE_DEVICES)),
}
const RUNNING = { ...COMPARED, state: Type.Optional(words('running', 'installed')) }
/** Narrows a list of what a maker may end. */
const ENDED = { endOfLife: Type.Optional(words('passed')) }

/** What keys look like. */
const KEYS: Readonly<Record<Sighting['kind'], string>> = {
  agent: 'keys are as claude-code, or unknown/NAME of what no catalogue knows',
  'model-runtime': 'keys are as ollama',
  extension: 'keys are as chromium/ID',
  'mcp-server': 'the key of a server is its name',
  'agent-file': 'files have none',
}

/** As the queries of these routes are read, all of them. */
interface Filters {
  readonly limit?: number
  readonly cursor?: string
  readonly device?: string
  readonly presence?: 'now' | 'last-told'
  readonly key?: string
  readonly newWithinDays?: number
  readonly onAtMostDevices?: number
  readonly state?: 'running' | 'installed'
  readonly unknown?: 'yes' | 'no'
  readonly autonomous?: 'yes' | 'no'
  readonly ai?: 'yes' | 'no'
  readonly endOfLife?: 'passed'
  readonly idleForDays?: number
}

/** What is seen on all devices: the questions of an administrator. */
export function fleetRoutes({ store, fleet, isConnected, clock }: ApiComponents): readonly Route[] {
  const seen = (kind: Sighting['kind'], filters: Filters) => {
    const { limit = DEFAULT_LIMIT, cursor, device, key } = filters
    if (device !== undefined && !store.hasDevice(device)) throw unknownDevice(device)
    const question = questionOf(filters, clock.now())
    const { items, more } = fleet.seen({ ...question, kind, limit, isConnected, after: placeOf(cursor) })
    const last = items.at(-1)
    // A key that is misspelt must not look like a fleet that has none of it.
    if (last === undefined && key !== undefined && !fleet.knows(kind, key)) {
      throw new SuretyError('NOT_FOUND', `no device has had one with this key; ${KEYS[kind]}`)
    }
    return more && last !== undefined ? { items: [...items], next: cursorOf(last) } : { items: [...items] }
  }
  const list = <const S extends TSchema, const F extends Readonly<Record<string, TSchema>>>(
    kind: Sighting['kind'],
    init: Pick<Route, 'path' | 'operationId' | 'summary'> & { readonly filters: F; readonly response: S },
  ): Route => {
    const { filters, ...rest } = init
    const query = pageQuery(filters, seenCursor)
    // The query was read by this very schema, whose members are among `Filters`.
    return { ...rest, method: 'GET', status: 200, query, answer: (asked) => seen(kind, asked.query as Filters) }
  }
  return [
    list('agent', {
      path: '/agents',
      operationId: 'listAgents',
      summary: 'Agents on all devices, by device: that run, are unknown, new, rare, autonomous, past their end, idle',
      filters: {
        ...RUNNING,
        unknown: yesOrNo,
        autonomous: yesOrNo,
        ...ENDED,
        /** Does not run there, and neither ran nor left a trace for so many days. */
        idleForDays: days,
      },
      response: seenAgentPageSchema,
    }),
    route({
      method: 'GET',
      path: '/agents/{key}',
      operationId: 'getAgent',
      summary: 'One agent in the fleet: on how many devices, in which versions',
      params: closed({ key: itemKeySchema }),
      response: fleetAgentSchema,
      answer({ params: { key } }) {
        const agent = fleet.agent(key)
        if (agent === undefined) throw new SuretyError('NOT_FOUND', 'no device has had this agent')
        return agent
      },
    }),
    list('extension', {
      path: '/extensions',
      operationId: 'listExtensions',
      summary: 'Extensions of browsers and editors on all devices, by device',
      filters: { ...COMPARED, ...ENDED, ai: yesOrNo },
      response: seenExtensionPageSchema,
    }),
    list('mcp-server', {
      path: '/mcp-servers',
      operationId: 'listMcpServers',
      summary: 'MCP servers that are configured on all devices, by device',
      filters: COMPARED,
      response: seenMcpServerPageSchema,
    }),
    route({
      method: 'GET',
      path: '/mcp-servers/conflicts',
      operationId: 'listMcpConflicts',
      summary: 'Names of MCP servers that start or reach one thing here and another there, by name',
      query: pageQuery({}, Type.String({ minLength: 1, maxLength: 256 })),
      response: mcpConflictPageSchema,
      answer({ query: { limit = DEFAULT_LIMIT, cursor } }) {
        const found = fleet.mcpConflicts({ after: cursor, limit: limit + 1 })
        const items = found.slice(0, limit)
        const last = items.at(-1)
        return found.length > limit && last !== undefined ? { items, next: last.name } : { items }
      },
    }),
    list('model-runtime', {
      path: '/model-runtimes',
      operationId: 'listModelRuntimes',
      summary: 'Programs that serve models, on all devices, by device',
      filters: { ...RUNNING, ...ENDED },
      response: seenModelRuntimePageSchema,
    }),
    list('agent-file', {
      path: '/agent-files',
      operationId: 'listAgentFiles',
      summary: 'Files that tell agents what to do or to run, on all devices, by device',
      filters: WHERE,
      response: seenAgentFilePageSchema,
    }),
  ]
}

function questionOf(filters: Filters, now: number): Omit<FleetQuestion, 'kind' | 'limit' | 'isConnected'> {
  const { device, presence, key, state, onAtMostDevices, newWithinDays, idleForDays, endOfLife } = filters
  const since = (count: number | undefined) => (count === undefined ? undefined : now - count * DAY_MS)
  return {
    device,
    presence,
    key,
    state,
    onAtMost: onAtMostDevices,
    newSince: since(newWithinDays),
    idleSince: since(idleForDays),
    endedBy: endOfLife === undefined ? undefined : new Date(now).toISOString().slice(0, 10),
    unknown: claimOf(filters.unknown),
    autonomous: claimOf(filters.autonomous),
    ai: claimOf(filters.ai),
  }
}

function claimOf(word: 'yes' | 'no' | undefined): boolean | undefined {
  return word === undefined ? undefined : word === 'yes'
}

function cursorOf({ device, sighting }: Seen): string {
  return `${device}.${sighting.id}`
}

function placeOf(cursor: string | undefined): SeenPlace | undefined {
  const [device, id] = cursor?.split('.') ?? []
  return device === undefined || id === undefined ? undefined : { device, id }
}
