import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed, Type, words } from '../../base/schema.ts'
import { foldName } from '../../base/text/fold-name.ts'
import { humanIdSchema } from '../../protocol/ids.ts'
import {
  changedHumanSchema,
  deactivationSchema,
  departureSchema,
  HUMAN_STATUSES,
  humanChangeSchema,
  humanDetailSchema,
  humanPageSchema,
  humanRequestSchema,
  humanSchema,
  reactivationSchema,
} from '../../protocol/nouns/people/people.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { AccountStore } from './account-store.ts'
import type { Departures } from './departures.ts'
import type { GroupStore } from './group-store.ts'
import type { HumanSearch, HumanStore } from './human-store.ts'
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
}

const params = closed({ id: humanIdSchema })
const OVERWRITTEN = 'the identity provider keeps this human and may overwrite the change: change it there too'

export function humanRoutes({ store, humans, departures }: HumanRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/humans',
      operationId: 'addHuman',
      action: 'identify',
      summary: 'Add a human by hand. The answer warns of names that look like another one',
      body: humanRequestSchema,
      status: 201,
      creates: true,
      response: changedHumanSchema,
      answer: ({ body, principal, commit }) =>
        commit(() => {
          const { human, warnings } = humans.add(body, principal)
          return { human: humanView(human), warnings: [...warnings] }
        }),
    }),
    route({
      method: 'GET',
      path: '/humans',
      operationId: 'listHumans',
      action: 'view',
      summary: 'Humans in the order in which they came, filtered by status, manager or the beginning of the user name',
      query: pageQuery({
        status: Type.Optional(words(...HUMAN_STATUSES)),
        manager: Type.Optional(humanIdSchema),
        /** The beginning of a user name. The list is in the order of names then. */
        search: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
        /** Whole: an id, user name or e-mail address. Or at least eight characters of the beginning of an id. */
        named: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
      }),
      response: humanPageSchema,
      answer({ query: { limit, cursor, search, named, status, manager } }) {
        if (search !== undefined) {
          if (manager !== undefined || named !== undefined) throw malformed('search goes with status alone')
          return found(store.humans, { limit, cursor, search, status })
        }
        const [after] = cursorNumbers(cursor, 1) ?? []
        const called = named === undefined ? [] : store.humans.allNamed(named)
        if (called.length > 0) return { items: called.map(humanView) }
        const loaded = page(
          limit,
          (count) => store.humans.page({ status, manager, after, limit: count, beginning: named }),
          ({ number }) => `${number}`,
        )
        return { ...loaded, items: loaded.items.map(humanView) }
      },
    }),
    route({
      method: 'GET',
      path: '/humans/{id}',
      operationId: 'showHuman',
      action: 'view',
      summary: 'A human, with groups and confirmed accounts on devices',
      params,
      response: humanDetailSchema,
      answer({ params: { id } }) {
        const groups = store.humans.groupsOf(id).flatMap((group) => store.groups.get(group) ?? [])
        return {
          human: humanView(storedHuman(store.humans, id)),
          groups: groups
            .filter(({ deletedAt }) => deletedAt === undefined)
            .map(({ id: group, name }) => ({ id: group, name })),
          accounts: store.accounts.ofHuman(id).map(({ device, userId, userName }) => ({ device, userId, userName })),
        }
      },
    }),
    route({
      method: 'POST',
      path: '/humans/{id}',
      operationId: 'changeHuman',
      action: 'identify',
      summary: 'Change names, e-mail address or manager of a human',
      params,
      body: humanChangeSchema,
      response: changedHumanSchema,
      answer({ params: { id }, body, principal }) {
        const { human, warnings } = humans.change(id, body, principal)
        const kept = human.origin === 'scim' ? [OVERWRITTEN] : []
        return { human: humanView(human), warnings: [...warnings, ...kept] }
      },
    }),
    route({
      method: 'POST',
      path: '/humans/{id}/deactivation',
      operationId: 'deactivateHuman',
      action: 'identify',
      summary:
        'A human leaves: what they own goes to successors who accepted, or is stopped. A dry run says what would happen',
      params,
      body: deactivationSchema,
      response: departureSchema,
      answer: ({ params: { id }, body, principal }) => departures.deactivate(id, principal, body),
    }),
    route({
      method: 'POST',
      path: '/humans/{id}/reactivation',
      operationId: 'reactivateHuman',
      action: 'identify',
      summary: 'Reactivate a human. Agents, groups and approvals are not restored',
      params,
      body: reactivationSchema,
      response: humanSchema,
      answer: ({ params: { id }, body: { reason }, principal }) => humanView(humans.reactivate(id, reason, principal)),
    }),
  ]
}

/** Cursors of a search are folded names. @throws `INPUT_MALFORMED`. */
function found(
  store: Pick<HumanStore, 'search'>,
  query: Pick<HumanSearch, 'status'> & { limit: number | undefined; cursor: string | undefined; search: string },
) {
  const beginning = foldName(query.search)
  const after = query.cursor === undefined ? undefined : nameIn(query.cursor)
  const loaded = page(
    query.limit,
    (limit) => store.search({ beginning, after, limit, status: query.status }),
    ({ userName }) => toBase64Url(utf8(foldName(userName))),
  )
  return { ...loaded, items: loaded.items.map(humanView) }
}

/** @throws `INPUT_MALFORMED`. */
function nameIn(cursor: string): string {
  const bytes = fromBase64Url(cursor)
  try {
    if (bytes !== undefined) return fromUtf8(bytes)
  } catch {
    // Not UTF-8.
  }
  throw malformed('the cursor is not one of this list')
}

function malformed(message: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', message)
}
