import { SuretyError } from '../../base/errors.ts'
import type { Sighting } from '../../protocol/sighting.ts'
import { shortIds } from '../../view/sightings/short-ids.ts'
import { titleOf } from '../../view/sightings/sighting-rows.ts'

const SHORTEST_ID = 4
const SHORTEST_NAME = 3
const MAX_LISTED = 5

export interface FindInit {
  readonly wanted: string
  /** The command that lists them, and the noun for one of them. */
  readonly command: string
  readonly noun: string
  /** A note for the message when nothing was found. */
  readonly note: string
}

/**
 * Finds a sighting by id or prefix, process id, name or its beginning, or catalogue entry. Prefers the running one of several.
 *
 * @throws `NOT_FOUND` for none or several. The message lists them.
 */
export function findSighting<S extends Sighting>(seen: readonly S[], init: FindInit): S {
  const { wanted, command, noun, note } = init
  const found = matches(seen, wanted)
  const running = found.filter((one) => 'state' in one && one.state === 'running')
  const [only, ...others] = running.length > 0 ? running : found
  if (only === undefined) {
    throw new SuretyError(
      'NOT_FOUND',
      `no ${noun} matches ${JSON.stringify(wanted.slice(0, 64))}. List them with: surety ${command}${note}`,
    )
  }
  if (others.length === 0) return only
  const short = shortIds(seen.map(({ id }) => id))
  const all = [only, ...others]
  const named = all.slice(0, MAX_LISTED).map((one) => `${short(one.id)} (${titleOf(one)})`)
  const more = all.length > MAX_LISTED ? ` and ${all.length - MAX_LISTED} more` : ''
  throw new SuretyError(
    'NOT_FOUND',
    `${JSON.stringify(wanted.slice(0, 64))} matches more than one ${noun}: ${named.join(', ')}${more}. Give its id`,
  )
}

/** The matches of the first test that has any. The strictest test comes first. */
function matches<S extends Sighting>(seen: readonly S[], wanted: string): readonly S[] {
  const lower = wanted.toLowerCase()
  const tests: readonly ((one: Sighting) => boolean)[] = [
    ({ id }) => id === lower,
    (one) => 'process' in one && `${one.process?.pid}` === wanted,
    ({ name, catalogueId }) => name.toLowerCase() === lower || catalogueId === lower,
    ({ id }) => /^[0-9a-f]+$/.test(lower) && lower.length >= SHORTEST_ID && id.startsWith(lower),
    ({ name, catalogueId }) =>
      lower.length >= SHORTEST_NAME &&
      (name.toLowerCase().startsWith(lower) || catalogueId?.startsWith(lower) === true),
    (one) => one.kind === 'agent' && one.parts?.some(({ pid }) => `${pid}` === wanted) === true,
  ]
  return tests.map((test) => seen.filter(test)).find(({ length }) => length > 0) ?? []
}
