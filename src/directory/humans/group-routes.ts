import { closed, Type } from '../../base/schema.ts'
import { foldName } from '../../base/text/fold-name.ts'
import {
  groupChangeSchema,
  groupPageSchema,
  groupRequestSchema,
  groupSchema,
  humanPageSchema,
} from '../../protocol/api/humans.ts'
import { groupIdSchema, humanIdSchema } from '../../protocol/ids.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { GroupStore } from './group-store.ts'
import { type Groups, storedGroup } from './groups.ts'
import type { HumanStore } from './human-store.ts'
import { groupView, humanView } from './views.ts'

interface GroupRoutesComponents {
  readonly store: { readonly groups: GroupStore; readonly humans: Pick<HumanStore, 'get'> }
  readonly groups: Groups
}

const params = closed({ id: groupIdSchema })
/** A thousand long names to add, and as many to remove. */
const BODY_MAX_BYTES = 4 * 1024 * 1024

export function groupRoutes({ store, groups }: GroupRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/groups',
      operationId: 'addGroup',
      action: 'identify',
      summary: 'Add a group of humans',
      body: groupRequestSchema,
      status: 201,
      creates: true,
      response: groupSchema,
      answer: ({ body: { name }, principal, commit }) => commit(() => groupView(groups.add({ name }, principal))),
    }),
    route({
      method: 'GET',
      path: '/groups',
      operationId: 'listGroups',
      action: 'view',
      summary: 'Groups of humans in the order in which they came',
      query: pageQuery({
        /** The beginning of a name. */
        search: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
        /** A whole name or id, or at least eight characters of the beginning of an id. */
        named: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
      }),
      response: groupPageSchema,
      answer({ query: { limit, cursor, search, named } }) {
        const [after] = cursorNumbers(cursor, 1) ?? []
        const searched = search === undefined ? {} : { search: foldName(search) }
        const called = named === undefined ? undefined : store.groups.byName(named)
        if (called !== undefined) return { items: [groupView(called)] }
        const loaded = page(
          limit,
          (count) => store.groups.page({ ...searched, after, limit: count, beginning: named }),
          ({ number }) => `${number}`,
        )
        return { ...loaded, items: loaded.items.map(groupView) }
      },
    }),
    route({
      method: 'GET',
      path: '/groups/{id}',
      operationId: 'showGroup',
      action: 'view',
      summary: 'A group of humans',
      params,
      response: groupSchema,
      answer: ({ params: { id } }) => groupView(storedGroup(store.groups, id)),
    }),
    route({
      method: 'GET',
      path: '/groups/{id}/members',
      operationId: 'listMembers',
      action: 'view',
      summary: 'Members of a group, by id',
      params,
      query: pageQuery({}, humanIdSchema),
      response: humanPageSchema,
      answer({ params: { id }, query: { limit, cursor } }) {
        storedGroup(store.groups, id)
        const ids = page(
          limit,
          (count) => store.groups.membersOf(id, { after: cursor, limit: count }),
          (member) => member,
        )
        return { ...ids, items: ids.items.flatMap((member) => store.humans.get(member) ?? []).map(humanView) }
      },
    }),
    route({
      method: 'POST',
      path: '/groups/{id}',
      operationId: 'changeGroup',
      action: 'identify',
      summary: 'Rename a group, add and remove members, all or nothing',
      params,
      body: groupChangeSchema,
      bodyMaxBytes: BODY_MAX_BYTES,
      response: groupSchema,
      answer: ({ params: { id }, body, principal }) => groupView(groups.change(id, body, principal)),
    }),
    route({
      method: 'DELETE',
      path: '/groups/{id}',
      operationId: 'removeGroup',
      action: 'identify',
      summary: 'Remove a group. Its members stay',
      params,
      response: groupSchema,
      answer: ({ params: { id }, principal }) => groupView(groups.remove(id, principal)),
    }),
  ]
}
