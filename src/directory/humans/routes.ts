import { closed } from '../../base/schema.ts'
import { humanIdSchema } from '../../protocol/ids.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import { humanDetailSchema, people } from '../../protocol/nouns/people/people.ts'
import type { InvitationLink } from '../../protocol/nouns/people/sign-in.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import { type Route, route } from '../http/route.ts'
import type { AccountStore } from './account-store.ts'
import type { Departures } from './departures.ts'
import type { GroupStore } from './group-store.ts'
import type { HumanStore } from './human-store.ts'
import { type Humans, storedHuman } from './humans.ts'
import { humanView } from './views.ts'

interface HumanRoutesComponents {
  readonly store: {
    readonly humans: HumanStore
    readonly groups: Pick<GroupStore, 'get'>
    readonly accounts: Pick<AccountStore, 'ofHuman'>
  }
  readonly humans: Humans
  readonly departures: Departures
  readonly signIn: {
    readonly invitations: { invitePerson(id: string, by: Principal): Promise<InvitationLink> }
  }
}

const params = closed({ id: humanIdSchema })
const OVERWRITTEN = 'the identity provider keeps this person and may overwrite the change: change it there too'

export function humanRoutes({ store, humans, departures, signIn }: HumanRoutesComponents): readonly Route[] {
  return [
    ...nounRoutes(
      people,
      {
        async list(query) {
          const { items, ...rest } = await store.humans.list(query)
          return { ...rest, items: items.map(humanView) }
        },
      },
      {
        add: ({ body, principal, commit }) =>
          commit(async () => {
            const { human, warnings } = await humans.add(body, principal)
            return { human: humanView(human), warnings: [...warnings] }
          }),
        async change({ params: { id }, body, principal }) {
          const { human, warnings } = await humans.change(id, body, principal)
          const kept = human.origin === 'scim' ? [OVERWRITTEN] : []
          return { human: humanView(human), warnings: [...warnings, ...kept] }
        },
        invite: ({ params: { id }, principal }) => signIn.invitations.invitePerson(id, principal),
        deactivate: ({ params: { id }, body, principal }) => departures.deactivate(id, principal, body),
        forget: async ({ params: { id }, body: { reason }, principal }) =>
          humanView(await humans.forget(id, reason, principal)),
        reactivate: async ({ params: { id }, body: { reason }, principal }) =>
          humanView(await humans.reactivate(id, reason, principal)),
      },
    ),
    route({
      method: 'GET',
      path: '/humans/{id}',
      operationId: 'showHuman',
      action: 'view',
      summary: 'A person, with groups and confirmed accounts on devices',
      params,
      response: humanDetailSchema,
      async answer({ params: { id } }) {
        const groups = (
          await Promise.all(
            (await store.humans.groupsOf(id)).map(async (group) => (await store.groups.get(group)) ?? []),
          )
        ).flat()
        return {
          human: humanView(await storedHuman(store.humans, id)),
          groups: groups
            .filter(({ deletedAt }) => deletedAt === undefined)
            .map(({ id: group, name }) => ({ id: group, name })),
          accounts: (await store.accounts.ofHuman(id)).map(({ device, userId, userName }) => ({
            device,
            userId,
            userName,
          })),
        }
      },
    }),
  ]
}
