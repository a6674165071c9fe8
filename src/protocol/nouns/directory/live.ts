import { closed, counter, type Static, Type, text } from '../../../base/schema.ts'
import { stopViewSchema } from '../agents/stops.ts'
import { type Summary, summarySchema } from './directory.ts'
import { eventSchema } from './events.ts'

/** The live stream: server-sent events of `GET /live`, by their names. The data of each is one of these documents as JSON. */

/** Of one message. With more, the oldest are left out. */
export const MOST_LIVE_EVENTS = 50
export const MOST_LIVE_STOPS = 50
/** Characters of one event. */
export const MOST_LIVE_WORDS = 1_000

export const liveMessageSchemas = {
  /** At once, and when it changed: the same as `GET /summary`. */
  summary: summarySchema,
  /** New events, oldest first. Only for those who may list events. */
  events: closed({
    items: Type.Array(closed({ ...eventSchema.properties, words: text(MOST_LIVE_WORDS) }), {
      maxItems: MOST_LIVE_EVENTS,
    }),
    /** New ones before these, which were too many. The list of events has them. */
    leftOut: counter(),
  }),
  /** Stops that are new or differ from what was sent before. Only for those who may list stops. */
  stops: closed({ items: Type.Array(stopViewSchema, { maxItems: MOST_LIVE_STOPS }) }),
} as const

export interface LiveMessages {
  readonly summary: Summary
  readonly events: Static<typeof liveMessageSchemas.events>
  readonly stops: Static<typeof liveMessageSchemas.stops>
}
