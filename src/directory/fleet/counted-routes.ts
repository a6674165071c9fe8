import { type TSchema, Type, words } from '../../base/schema.ts'
import type {
  AgentProduct,
  CountedSort,
  ExtensionProduct,
  ServerName,
} from '../../protocol/nouns/agents/counted-things.ts'
import {
  agentProductPageSchema,
  COUNTED_SORTS,
  countedRiskPageSchema,
  extensionProductPageSchema,
  riskSchema,
  serverNamePageSchema,
} from '../../protocol/nouns/agents/counted-things.ts'
import type { Risk } from '../../protocol/risks.ts'
import { DEFAULT_LIMIT, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { CountedQuestion, CountedStore, CountedThing } from './counted-store.ts'

const yesOrNo = Type.Optional(words('yes', 'no'))

const COMMON = {
  /** Part of the key, in any case. */
  search: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  /** Of its sightings, one has this risk at least. */
  risk: Type.Optional(riskSchema),
  sort: Type.Optional(words(...COUNTED_SORTS)),
  order: Type.Optional(words('ascending', 'descending')),
}

/** The queries of all these routes. */
interface Asked {
  readonly limit?: number
  readonly cursor?: string
  readonly search?: string
  readonly risk?: Risk
  readonly sort?: CountedSort
  readonly order?: 'ascending' | 'descending'
  readonly running?: 'yes' | 'no'
  readonly autonomous?: 'yes'
  readonly unrecognised?: 'yes' | 'no'
}

/** Which products, servers, extensions and risks there are, and on how many devices. */
export function countedRoutes({ store }: { readonly store: { readonly counted: CountedStore } }): readonly Route[] {
  const { counted } = store
  const list = <T>(
    kind: CountedQuestion['kind'],
    init: Pick<Route, 'path' | 'operationId' | 'summary'> & {
      readonly filters?: Readonly<Record<string, TSchema>>
      readonly response: TSchema
      readonly shown: (thing: CountedThing) => T
    },
  ): Route => {
    const { filters, shown, ...rest } = init
    return {
      ...rest,
      method: 'GET',
      status: 200,
      action: 'view',
      query: pageQuery({ ...COMMON, ...filters }),
      async answer(asked) {
        // This schema has validated the query, and its members are among `Asked`.
        const { limit = DEFAULT_LIMIT, running, autonomous, unrecognised, ...question } = asked.query as Asked
        const risk = autonomous === undefined ? question.risk : 'autonomous'
        const found = await counted.things({
          ...question,
          kind,
          limit,
          risk,
          running: isYes(running),
          unrecognised: isYes(unrecognised),
        })
        return { ...found, items: found.items.map(shown) }
      },
    }
  }
  return [
    list('agent', {
      path: '/agent-products',
      operationId: 'listAgentProducts',
      summary: 'Agents by product: devices, running, autonomous, versions, registered, blocked; most devices first',
      filters: { running: yesOrNo, autonomous: Type.Optional(words('yes')), unrecognised: yesOrNo },
      response: agentProductPageSchema,
      shown: agentProduct,
    }),
    list('mcp-server', {
      path: '/mcp-server-names',
      operationId: 'listMcpServerNames',
      summary: 'MCP servers by name: devices, the agents that they are configured for, risks; most devices first',
      response: serverNamePageSchema,
      shown: serverName,
    }),
    list('extension', {
      path: '/extension-products',
      operationId: 'listExtensionProducts',
      summary: 'Extensions of browsers and editors by product: devices, versions, risks; most devices first',
      response: extensionProductPageSchema,
      shown: extensionProduct,
    }),
    route({
      method: 'GET',
      path: '/risks',
      operationId: 'listRisks',
      action: 'view',
      summary: 'Risks of what is seen: how many, on how many devices, and the device with most; most frequent first',
      response: countedRiskPageSchema,
      async answer() {
        const items = [...(await counted.risks())]
        return { items, total: items.length }
      },
    }),
  ]
}

function isYes(word: 'yes' | 'no' | undefined): boolean | undefined {
  return word === undefined ? undefined : word === 'yes'
}

function commonOf({ devices, sightings, firstSeenAt, lastSeenAt, risks }: CountedThing) {
  return {
    devices,
    sightings,
    firstSeenAt,
    ...(lastSeenAt === undefined ? {} : { lastSeenAt }),
    risks: [...risks],
  }
}

function agentProduct(thing: CountedThing): AgentProduct {
  const { key, name, running, versions, risks, seen } = thing
  return {
    key,
    name,
    recognised: !key.startsWith('unknown/'),
    ...commonOf(thing),
    running,
    autonomous: risks.find(({ risk }) => risk === 'autonomous')?.sightings ?? 0,
    versions,
    registered: seen.registered,
    blocked: seen.blocked,
    unregistered: seen.unknown,
  }
}

function serverName(thing: CountedThing): ServerName {
  return { name: thing.key, ...commonOf(thing), agents: [...thing.agents] }
}

function extensionProduct(thing: CountedThing): ExtensionProduct {
  return { key: thing.key, name: thing.name, ...commonOf(thing), versions: thing.versions }
}
