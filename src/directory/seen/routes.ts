import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { foldName } from '../../base/text/fold-name.ts'
import type { ListQuery, Noun } from '../../protocol/noun/noun.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import { inbox as declared } from '../../protocol/nouns/agents/inbox.ts'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { Listed } from '../http/listed.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import { DEFAULT_LIMIT } from '../http/paging.ts'
import { Reply, type Route } from '../http/route.ts'
import type { Inbox } from './inbox.ts'
import type { SeenPosition } from './seen-store.ts'

interface InboxRoutesComponents {
  readonly inbox: Inbox
  readonly clock: Pick<Clock, 'now'>
}

const DAY_MS = 86_400_000
/** Of the beginning of an id. */
const LEAST_CHARACTERS = 8

/** Agents as they are seen, and what people decide about them. */
export function inboxRoutes({ inbox, clock }: InboxRoutesComponents): readonly Route[] {
  return nounRoutes(
    declared,
    { list: (query) => listed(inbox, query, clock.now()), show: (id) => inbox.get(id) },
    {
      register: ({ params: { id }, body, principal, commit }) =>
        commit(() => inbox.register(id, body, personOf(principal))),
      merge: ({ params: { id }, body, principal }) => inbox.merge(id, body, personOf(principal)),
      ignore: ({ params: { id }, body, principal }) => inbox.ignore(id, body, personOf(principal)),
      unignore: ({ params: { id }, principal }) => inbox.unignore(id, personOf(principal)),
      async block({ params: { id }, body, principal, commit }) {
        const blocked = await inbox.block(id, body, personOf(principal), commit)
        return blocked.stop === undefined ? new Reply({ status: 200, headers: {}, body: blocked }) : blocked
      },
    },
  )
}

type Query = typeof declared extends Noun<infer _, infer F> ? ListQuery<F> : never

/** A list of one page has the total: the others are not counted. */
async function listed(inbox: Inbox, query: Query, now: number): Promise<Listed<SeenAgentView>> {
  const { limit = DEFAULT_LIMIT, cursor, product, device, human, registration, search, named, newWithinDays } = query
  if (named !== undefined && named.length < LEAST_CHARACTERS) return { items: [], total: 0 }
  const anyState = registration !== undefined || named !== undefined || query.deviating === 'yes'
  const { state = anyState ? 'all' : 'unknown' } = query
  const { items, next } = await inbox.list({
    limit,
    after: positionOf(cursor),
    state: state === 'all' ? undefined : state === 'unregistered' ? 'unknown' : state,
    item: product,
    device,
    human,
    registration,
    named,
    onAtMost: query.onAtMostDevices,
    autonomous: isYes(query.autonomous),
    deviating: isYes(query.deviating),
    firstSeenSince: newWithinDays === undefined ? undefined : now - newWithinDays * DAY_MS,
    search: search === undefined ? undefined : foldName(search),
  })
  if (next !== undefined) return { items, next: cursorOf(next) }
  return cursor === undefined ? { items, total: items.length } : { items }
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
