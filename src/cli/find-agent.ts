import { SuretyError } from '../base/errors.ts'
import type { AgentSighting } from '../protocol/sighting.ts'
import { shortIds } from '../view/short-ids.ts'
import { titleOf } from '../view/sighting-rows.ts'

const SHORTEST_ID = 4
const NAMED_AT_MOST = 5

/**
 * The agent that a person means: by its id or the beginning of that, its process id, its name or its entry in the
 * catalogue. Where one of several runs, that one.
 *
 * @param note what to add where there is none.
 * @throws `NOT_FOUND` for none and for more than one; the message names them.
 */
export function findAgent(agents: readonly AgentSighting[], wanted: string, note = ''): AgentSighting {
  const found = meant(agents, wanted)
  const running = found.filter(({ state }) => state === 'running')
  const [only, ...others] = running.length > 0 ? running : found
  if (only === undefined) {
    throw new SuretyError('NOT_FOUND', `no agent here is ${JSON.stringify(wanted)}: surety agents lists them${note}`)
  }
  if (others.length === 0) return only
  const short = shortIds(agents.map(({ id }) => id))
  const all = [only, ...others]
  const named = all.slice(0, NAMED_AT_MOST).map((agent) => `${short(agent.id)} (${titleOf(agent)})`)
  const more = all.length > NAMED_AT_MOST ? ` and ${all.length - NAMED_AT_MOST} more` : ''
  throw new SuretyError('NOT_FOUND', `${JSON.stringify(wanted)} is more than one agent: ${named.join(', ')}${more}`)
}

/** What it can be, the surest first: an id is a number only by chance, and a name no id. */
function meant(agents: readonly AgentSighting[], wanted: string): readonly AgentSighting[] {
  const lower = wanted.toLowerCase()
  const ways: readonly ((agent: AgentSighting) => boolean)[] = [
    ({ id }) => id === lower,
    ({ process }) => process !== undefined && `${process.pid}` === wanted,
    ({ name, catalogueId }) => name.toLowerCase() === lower || catalogueId === lower,
    ({ id }) => /^[0-9a-f]+$/.test(lower) && lower.length >= SHORTEST_ID && id.startsWith(lower),
    ({ parts }) => parts?.some(({ pid }) => `${pid}` === wanted) === true,
  ]
  return ways.map((way) => agents.filter(way)).find(({ length }) => length > 0) ?? []
}
