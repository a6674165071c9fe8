import { SuretyError } from '../../base/errors.ts'
import type { Person, StopRequest } from '../../protocol/nouns/agents/stops.ts'
import { NEW_PERSON } from '../../protocol/second-person.ts'
import type { NewStop, PersonsAct, StoredStop } from './stop-store.ts'
import { stateAt } from './stop-view.ts'

/** What a person's act makes of a stop. Nothing here is stored. */

const HOUR_MS = 3_600_000
/** How long a stop waits for its confirmation. */
const CONFIRM_WITHIN_MS = 24 * HOUR_MS
const EMERGENCY_MS = HOUR_MS
/** How long a drill waits for devices that are not connected. */
const DRILL_MS = 7 * 24 * HOUR_MS

export function newStop(
  { kind, selector, reason, until, emergency = false }: StopRequest,
  { id, created, twoPersons }: { readonly id: string; readonly created: PersonsAct; readonly twoPersons: boolean },
): NewStop {
  const alone = twoPersons && emergency
  const waits = twoPersons && !emergency
  const end = kind === 'drill' ? (until ?? created.at + DRILL_MS) : until
  const limited = waits ? created.at + CONFIRM_WITHIN_MS : alone ? created.at + EMERGENCY_MS : undefined
  return {
    id,
    kind,
    selector,
    reason,
    created,
    twoPersons,
    emergency: alone,
    until: end,
    ...(kind === 'drill' ? {} : { aloneBy: aloneByOf(created.by) }),
    state: waits ? 'waiting' : 'standing',
    endsAt: earliest(end, limited),
  }
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const given = times.filter((time) => time !== undefined)
  return given.length === 0 ? undefined : Math.min(...given)
}

/** @throws `CONFLICT` if the stop does not wait for a confirmation; `NOT_PERMITTED` for the person who created it. */
export function confirmedStop(stop: StoredStop, confirmed: PersonsAct): StoredStop {
  const state = stateAt(stop, confirmed.at)
  const isOpenEmergency = stop.emergency && stop.confirmed === undefined
  const waits = state === 'waiting' || ((state === 'standing' || state === 'release-waiting') && isOpenEmergency)
  if (!waits) throw conflict(`the stop does not wait for a confirmation: it is ${state}`)
  requireOther(
    stop.created.by,
    confirmed.by,
    'another person must confirm it. If there is none: stops create --kind freeze --emergency, for an hour, where stops.emergency ' +
      `allows it; for next time, administrators add: ${NEW_PERSON}`,
  )
  return { ...stop, confirmed, aloneBy: undefined, state: state === 'waiting' ? 'standing' : state, endsAt: stop.until }
}

/** @throws `CONFLICT` if no release waits; `NOT_PERMITTED` for the person who asked for it. */
export function confirmedRelease(stop: StoredStop, confirmed: PersonsAct): StoredStop {
  const state = stateAt(stop, confirmed.at)
  const { release } = stop
  if (state !== 'release-waiting' || release === undefined) throw conflict(`no release waits: the stop is ${state}`)
  requireOther(
    release.by,
    confirmed.by,
    `another person must confirm the release. If there is none: administrators add; ${NEW_PERSON}`,
  )
  return { ...stop, state: 'released', release: { ...release, confirmed } }
}

/**
 * @param options.needsTwo the release needs a second person, unless it is the first one's own stop.
 * @param options.isNew another person may have the token of this one.
 * @throws `CONFLICT` for a stop that is over, or whose release waits already.
 */
export function releasedStop(
  stop: StoredStop,
  release: NonNullable<StoredStop['release']>,
  { needsTwo, isNew }: { readonly needsTwo: boolean; readonly isNew: boolean },
): StoredStop & { readonly state: 'withdrawn' | 'released' | 'release-waiting' } {
  const state = stateAt(stop, release.at)
  switch (state) {
    case 'waiting':
      return { ...stop, release, state: 'withdrawn' }
    case 'standing':
      if (stop.kind === 'drill') return { ...stop, release, state: 'withdrawn' }
      return { ...stop, release, state: needsTwo && !mayUndo(stop, release.by, isNew) ? 'release-waiting' : 'released' }
    case 'release-waiting':
      throw conflict('a release of the stop waits already: another person confirms it')
    default:
      throw conflict(`there is nothing to release: the stop is ${state}`)
  }
}

/**
 * What one person put in force without another, the same person may undo: an emergency, and a stop of few devices that has grown.
 * Whoever adds or rotates a token of that name must not undo the latter.
 */
function mayUndo(stop: StoredStop, by: Person, isNew: boolean): boolean {
  if (stop.confirmed !== undefined) return false
  if (stop.emergency) return isSame(stop.created.by, by)
  return !stop.twoPersons && !isNew && stop.aloneBy === nameKeyOf(by.name)
}

/** A new token of the same name is the same person. */
function isSame(one: Person, other: Person): boolean {
  return one.id === other.id || nameKeyOf(one.name) === nameKeyOf(other.name)
}

export function nameKeyOf(name: string): string {
  return name.toLowerCase()
}

/** @returns undefined for what rules, services and the directory itself do. */
export function aloneByOf(by: Person): string | undefined {
  return isPerson(by) ? nameKeyOf(by.name) : undefined
}

/** Whether it is an administrator, and not the directory, a rule or a service. */
export function isPerson({ id }: Person): boolean {
  return id.startsWith('adm_')
}

/** @param advice what to do instead. @throws `NOT_PERMITTED`. */
function requireOther(requester: Person, by: Person, advice: string): void {
  if (isSame(requester, by)) throw new SuretyError('NOT_PERMITTED', `${by.name} asked for this: ${advice}`)
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}
