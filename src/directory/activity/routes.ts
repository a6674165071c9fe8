import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed, Type } from '../../base/schema.ts'
import { timeSchema } from '../../protocol/ids.ts'
import {
  CHANGE_ROOMS,
  CHANGES,
  type Change,
  changesSchema,
  MOST_CHANGE_DAYS,
  URGENCIES,
} from '../../protocol/nouns/directory/changes.ts'
import { events } from '../../protocol/nouns/directory/events.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import { cursorNumbers, page } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { ChangeStore, Counted } from './change-store.ts'
import type { EventStore } from './event-store.ts'

const DAY_MS = 86_400_000

interface EventRoutesComponents {
  readonly store: { readonly events: EventStore; readonly changes: ChangeStore }
  readonly clock: Pick<Clock, 'now'>
}

export function eventRoutes({ store, clock }: EventRoutesComponents): readonly Route[] {
  return [
    ...nounRoutes(
      events,
      {
        async list({ limit, cursor, device, kind, stop, named }) {
          // An event has no name but its id.
          if (named !== undefined) return { items: [], total: 0 }
          const [before] = cursorNumbers(cursor, 1) ?? []
          const listed = await page(
            limit,
            (count) => store.events.list({ before, limit: count, device, kind, subject: stop }),
            ({ id }) => `${id}`,
          )
          // Only a list of one page has the total: the others are not counted.
          return cursor === undefined && listed.next === undefined ? { ...listed, total: listed.items.length } : listed
        },
        async show(id) {
          const [event] = await store.events.list({ before: Number(id) + 1, limit: 1 })
          if (event === undefined || `${event.id}` !== id) throw new SuretyError('NOT_FOUND', `there is no event ${id}`)
          return event
        },
      },
      {},
    ),
    route({
      method: 'GET',
      path: '/changes',
      operationId: 'listChanges',
      action: 'audit',
      summary: `What changed in a span of time of at most ${MOST_CHANGE_DAYS} days: counts with examples, the most urgent first`,
      query: closed({ since: timeSchema, until: Type.Optional(timeSchema) }),
      response: changesSchema,
      async answer({ query: { since, until = clock.now() } }) {
        if (since >= until) throw new SuretyError('INPUT_MALFORMED', 'the span of time ends before it begins')
        if (until - since > MOST_CHANGE_DAYS * DAY_MS)
          throw new SuretyError('INPUT_MALFORMED', `the span of time has more than ${MOST_CHANGE_DAYS} days`)
        return { since, until, changes: mostUrgentFirst(await store.changes.changes({ since, until })) }
      },
    }),
  ]
}

function mostUrgentFirst(counted: readonly Counted[]): Change[] {
  const changes = CHANGES.flatMap(({ change, room, urgency, words: [one, many] }): Change[] => {
    const found = counted.find((each) => each.change === change)
    return found === undefined ? [] : [{ ...found, room, urgency, words: found.count === 1 ? one : many }]
  })
  const rank = (room: Change['room']) =>
    Math.min(...changes.filter((one) => one.room === room).map(({ urgency }) => URGENCIES.indexOf(urgency)))
  return [...CHANGE_ROOMS]
    .sort((one, other) => rank(one) - rank(other))
    .flatMap((room) => changes.filter((change) => change.room === room))
}
