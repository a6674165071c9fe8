import { closed } from '../../base/schema.ts'
import { groupIdSchema, humanIdSchema } from '../../protocol/ids.ts'
import { groups as declared } from '../../protocol/nouns/people/groups.ts'
import { humanPageSchema } from '../../protocol/nouns/people/people.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import { page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { GroupStore } from './group-store.ts'
import { type Groups, storedGroup } from './groups.ts'
import type { HumanStore } from './human-store.ts'
import { groupView, humanView } from './views.ts'

interface GroupRoutesComponents {
  readonly store: { readonly groups: GroupStore; readonly humans: Pick<HumanStore, 'get'> }
  readonly groups: Groups
}

export function groupRoutes({ store, groups }: GroupRoutesComponents): readonly Route[] {
  return [
    ...nounRoutes(
      declared,
      {
        async list(query) {
          const { items, ...rest } = await store.groups.list(query)
          return { ...rest, items: items.map(groupView) }
        },
        show: async (id) => groupView(await storedGroup(store.groups, id)),
      },
      {
        add: ({ body: { name }, principal, commit }) =>
          commit(async () => groupView(await groups.add({ name }, principal))),
        change: async ({ params: { id }, body, principal }) => groupView(await groups.change(id, body, principal)),
        remove: async ({ params: { id }, principal }) => groupView(await groups.remove(id, principal)),
      },
    ),
    route({
      method: 'GET',
      path: '/groups/{id}/members',
      operationId: 'listMembers',
      action: 'view',
      summary: 'Members of a group, by id',
      params: closed({ id: groupIdSchema }),
      query: pageQuery({}, humanIdSchema),
      response: humanPageSchema,
      async answer({ params: { id }, query: { limit, cursor } }) {
        await storedGroup(store.groups, id)
        const ids = await page(
          limit,
          (count) => store.groups.membersOf(id, { after: cursor, limit: count }),
          (member) => member,
        )
        return {
          ...ids,
          items: (await Promise.all(ids.items.map(async (member) => (await store.humans.get(member)) ?? [])))
            .flat()
            .map(humanView),
        }
      },
    }),
  ]
}
