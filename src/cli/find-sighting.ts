import { SuretyError } from '../base/errors.ts'
import type { Sighting } from '../protocol/sighting.ts'
import { shortIds } from '../view/short-ids.ts'
import { titleOf } from '../view/sighting-rows.ts'

const SHORTEST_ID = 4
const NAMED_AT_MOST = 5

export interface WantedSighting {
  readonly wanted: string
  /** The command that lists such things, and the word for one of them. */
  readonly list: string
  readonly word: string
  /** What to add where there is none. */
  readonly note: string
}

/**
 * What a person means: by its id or the beginning of that, its process id, its name or its entry in the catalogue. Where one of
 * several runs, that one.
 *
 * @throws `NOT_FOUND` for none and for more than one; the message names them.
 */
export function findSighting<S extends Sighting>(seen: readonly S[], init: WantedSighting): S {
  const { wanted, list, word, note } = init
  const found = meant(seen, wanted)
  const running = found.filter((one) => 'state' in one && one.state === 'running')
  const [only, ...others] = running.length > 0 ? running : found
  if (only === undefined) {
    throw new SuretyError('NOT_FOUND', `no ${word} here is ${JSON.stringify(wanted)}: surety ${list} lists them${note}`)
  }
  if (others.length === 0) return only
  const short = shortIds(seen.map(({ id }) => id))
  const all = [only, ...others]
  const named = all.slice(0, NAMED_AT_MOST).map((one) => `${short(one.id)} (${titleOf(one)})`)
  const more = all.length > NAMED_AT_MOST ? ` and ${all.length - NAMED_AT_MOST} more` : ''
  throw new SuretyError('NOT_FOUND', `${JSON.stringify(wanted)} is more than one ${word}: ${named.join(', ')}${more}`)
}

/** What it can be, the surest first: an id is a number only by chance, and a name no id. */
function meant<S extends Sighting>(seen: readonly S[], wanted: string): readonly S[] {
  const lower = wanted.toLowerCase()
  const ways: readonly ((one: Sighting) => boolean)[] = [
    ({ id }) => id === lower,
    (one) => 'process' in one && `${one.process?.pid}` === wanted,
    ({ name, catalogueId }) => name.toLowerCase() === lower || catalogueId === lower,
    ({ id }) => /^[0-9a-f]+$/.test(lower) && lower.length >= SHORTEST_ID && id.startsWith(lower),
    (one) => one.kind === 'agent' && one.parts?.some(({ pid }) => `${pid}` === wanted) === true,
  ]
  return ways.map((way) => seen.filter(way)).find(({ length }) => length > 0) ?? []
}
