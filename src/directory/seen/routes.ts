import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed, Type, words } from '../../base/schema.ts'
import { foldName } from '../../base/text/fold-name.ts'
import { deviceIdSchema, humanIdSchema, registrationIdSchema, seenAgentIdSchema } from '../../protocol/ids.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import {
  inboxBlockedSchema,
  inboxBlockSchema,
  inboxIgnoreSchema,
  inboxMergeSchema,
  inboxRegisteredSchema,
  inboxRegistrationSchema,
  SEEN_STATES,
  seenAgentPageSchema,
  seenAgentSchema,
} from '../../protocol/nouns/agents/inbox.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import { DAYS, itemKeySchema, RARE_DEVICES } from '../../protocol/nouns/devices/fleet.ts'
import { unknownDevice } from '../devices/device.ts'
import type { DeviceQueries } from '../devices/device-store.ts'
import { DEFAULT_LIMIT, pageQuery } from '../http/paging.ts'
import { Reply, type Route, route } from '../http/route.ts'
import type { Inbox } from './inbox.ts'
import type { SeenPosition } from './seen-store.ts'

interface InboxRoutesComponents {
  readonly inbox: Inbox
  readonly store: { readonly devices: Pick<DeviceQueries, 'has'> }
  readonly clock: Pick<Clock, 'now'>
}

const DAY_MS = 86_400_000
const params = closed({ id: seenAgentIdSchema })
const yesOrNo = Type.Optional(words('yes', 'no'))

/** Agents as they are seen, and what people decide about them. */
export function inboxRoutes({ inbox, store, clock }: InboxRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/inbox',
      operationId: 'listInbox',
      action: 'view',
      summary: 'Agents as they are seen: those that nothing has decided yet, or those of another state, newest first',
      query: pageQuery({
        /** Absent: `unknown`, unless a registration or the beginning of an id is given. */
        state: Type.Optional(words(...SEEN_STATES, 'all')),
        product: Type.Optional(itemKeySchema),
        device: Type.Optional(deviceIdSchema),
        human: Type.Optional(humanIdSchema),
        registration: Type.Optional(registrationIdSchema),
        autonomous: yesOrNo,
        deviating: yesOrNo,
        onAtMostDevices: Type.Optional(Type.Integer(RARE_DEVICES)),
        newWithinDays: Type.Optional(Type.Integer(DAYS)),
        /** The beginning of the name of the agent, in any case. */
        search: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
        /** The beginning of the id. */
        named: Type.Optional(Type.String({ minLength: 8, maxLength: 64 })),
      }),
      response: seenAgentPageSchema,
      async answer({ query }) {
        const { limit = DEFAULT_LIMIT, cursor, product, device, human, registration, search, named } = query
        if (device !== undefined && !(await store.devices.has(device))) throw unknownDevice(device)
        const anyState = registration !== undefined || named !== undefined || query.deviating === 'yes'
        const { state = anyState ? 'all' : 'unknown', newWithinDays } = query
        const { items, next } = await inbox.list({
          limit,
          after: positionOf(cursor),
          state: state === 'all' ? undefined : state,
          item: product,
          device,
          human,
          registration,
          named,
          onAtMost: query.onAtMostDevices,
          autonomous: isYes(query.autonomous),
          deviating: isYes(query.deviating),
          firstSeenSince: newWithinDays === undefined ? undefined : clock.now() - newWithinDays * DAY_MS,
          search: search === undefined ? undefined : foldName(search),
        })
        return { items: [...items], ...(next === undefined ? {} : { next: cursorOf(next) }) }
      },
    }),
    route({
      method: 'GET',
      path: '/inbox/{id}',
      operationId: 'getSeenAgent',
      action: 'view',
      summary: 'One agent as it is seen, with its drift and deviations',
      params,
      response: seenAgentSchema,
      answer: ({ params: { id } }) => inbox.get(id),
    }),
    route({
      method: 'POST',
      path: '/inbox/{id}/register',
      operationId: 'registerSeenAgent',
      action: 'register',
      summary: 'Create a registration for it; what is left out comes from the sighting',
      params,
      body: inboxRegistrationSchema,
      creates: true,
      status: 201,
      response: inboxRegisteredSchema,
      answer: ({ params: { id }, body, principal, commit }) =>
        commit(() => inbox.register(id, body, personOf(principal))),
    }),
    route({
      method: 'POST',
      path: '/inbox/{id}/merge',
      operationId: 'mergeSeenAgent',
      action: 'register',
      summary: 'Widen the criteria of a registration to match it, and accept what it is now',
      params,
      body: inboxMergeSchema,
      response: inboxRegisteredSchema,
      answer: ({ params: { id }, body, principal }) => inbox.merge(id, body, personOf(principal)),
    }),
    route({
      method: 'POST',
      path: '/inbox/{id}/ignore',
      operationId: 'ignoreSeenAgent',
      action: 'register',
      summary: 'Take it out of the inbox on its device for its user, for good or until a time',
      params,
      body: inboxIgnoreSchema,
      response: seenAgentSchema,
      answer: ({ params: { id }, body, principal }) => inbox.ignore(id, body, personOf(principal)),
    }),
    route({
      method: 'DELETE',
      path: '/inbox/{id}/ignore',
      operationId: 'unignoreSeenAgent',
      action: 'register',
      summary: 'Put it into the inbox again',
      params,
      response: seenAgentSchema,
      answer: ({ params: { id }, principal }) => inbox.unignore(id, personOf(principal)),
    }),
    route({
      method: 'POST',
      path: '/inbox/{id}/block',
      operationId: 'blockSeenAgent',
      action: 'stop',
      summary:
        'Stop its product wherever it runs or starts, or on its device alone; as every stop it may need two persons',
      params,
      body: inboxBlockSchema,
      creates: true,
      status: 201,
      response: inboxBlockedSchema,
      async answer({ params: { id }, body, principal, commit }) {
        const blocked = await inbox.block(id, body, personOf(principal), commit)
        return blocked.stop === undefined ? new Reply({ status: 200, headers: {}, body: blocked }) : blocked
      },
    }),
  ]
}

function personOf({ id, name }: Principal): Person {
  return { id, name }
}

function isYes(word: 'yes' | 'no' | undefined): boolean | undefined {
  return word === undefined ? undefined : word === 'yes'
}

/** Names are in it, so it is encoded. */
function cursorOf(position: SeenPosition): string {
  return toBase64Url(utf8(JSON.stringify(position)))
}

const MOST_COLUMNS = 4

/** @throws `INPUT_MALFORMED`. */
function positionOf(cursor: string | undefined): SeenPosition | undefined {
  if (cursor === undefined) return undefined
  try {
    const position: unknown = JSON.parse(fromUtf8(fromBase64Url(cursor) ?? utf8('')))
    if (isPosition(position)) return position
  } catch {
    // As below.
  }
  throw new SuretyError('INPUT_MALFORMED', 'the cursor is not one of this list')
}

function isPosition(value: unknown): value is SeenPosition {
  if (!Array.isArray(value) || value.length < 1 || value.length > MOST_COLUMNS) return false
  return value.every((one) => typeof one === 'string' || Number.isSafeInteger(one))
}
