import { closed, type Static, Type, text } from '../../../base/schema.ts'
import { apiAnswer } from '../../noun/answers.ts'

/** The search of everything: a few of each kind of thing whose name, or another spelling of it, is like some words. */

export const FOUND_KINDS = ['people', 'devices', 'agents', 'registrations', 'stops', 'mcpServers'] as const
export type FoundKind = (typeof FOUND_KINDS)[number]

/** Of each kind. */
export const MOST_FOUND = 5

const foundSchema = closed({
  /** An id, or the key of a product or an MCP server. */
  id: text(4096),
  /** What a person knows it by. Foreign text, as all texts of devices. */
  name: text(4096),
  /** What tells it from others of this name: an owner, a state, a number of devices. */
  about: text(1000),
})
export type Found = Static<typeof foundSchema>

const someSchema = closed({
  items: Type.Array(foundSchema, { maxItems: MOST_FOUND }),
  /** There are others, which the list of the kind has. */
  more: Type.Boolean(),
})

export const searchAnswerSchema = closed({
  people: someSchema,
  devices: someSchema,
  /** Products of agents that devices have. */
  agents: someSchema,
  registrations: someSchema,
  /** Absent for roles that may not list stops. */
  stops: Type.Optional(someSchema),
  mcpServers: someSchema,
})
export type SearchAnswer = Static<typeof searchAnswerSchema>

export const searchAnswerReader = apiAnswer(searchAnswerSchema, 'search')
