import { closed, legibleText, type Static } from '../../base/schema.ts'
import { mayDo } from '../../protocol/noun/permissions.ts'
import { type FoundKind, MOST_FOUND, searchAnswerSchema } from '../../protocol/nouns/directory/search.ts'
import { type Route, route } from '../http/route.ts'
import type { SearchStore } from './search-store.ts'

export function searchRoutes({ store }: { readonly store: { readonly search: SearchStore } }): readonly Route[] {
  const some = async (kind: FoundKind, words: string) => {
    const found = await store.search.find(kind, words, MOST_FOUND + 1)
    return { items: found.slice(0, MOST_FOUND), more: found.length > MOST_FOUND }
  }
  return [
    route({
      method: 'GET',
      path: '/search',
      operationId: 'search',
      action: 'view',
      summary: `Up to ${MOST_FOUND} each of the people, devices, agent products, registrations, stops and MCP servers that words fit`,
      query: closed({ q: legibleText(256) }),
      response: searchAnswerSchema,
      async answer({ query: { q }, principal }): Promise<Static<typeof searchAnswerSchema>> {
        return {
          people: await some('people', q),
          devices: await some('devices', q),
          agents: await some('agents', q),
          registrations: await some('registrations', q),
          ...(mayDo(principal.role, 'audit') ? { stops: await some('stops', q) } : {}),
          mcpServers: await some('mcpServers', q),
        }
      },
    }),
  ]
}
