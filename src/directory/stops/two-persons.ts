import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { mayDo } from '../../protocol/noun/permissions.ts'
import type { Person, StopRequest } from '../../protocol/nouns/agents/stops.ts'
import { ADD_PERSON, NEW_PERSON } from '../../protocol/second-person.ts'
import type { PrincipalStore, StoredPrincipal } from '../principals/principal-store.ts'
import { isValid } from '../principals/principals.ts'
import { productOf, type ReachStore, reachOf } from './reach.ts'
import { selectorWords } from './selector.ts'
import type { OnePersonQueries, ReachedQueries, StopTarget } from './stop-store.ts'
import { nameKeyOf } from './transitions.ts'

/** What one person may stop, and who may be the second one. */

export interface TwoPersonsComponents {
  readonly store: ReachedStore & {
    readonly stops: OnePersonQueries
    readonly principals: Pick<PrincipalStore, 'list' | 'firstAt' | 'resetAt' | 'newNames' | 'namesSince'>
  }
  readonly clock: Pick<Clock, 'now'>
}

export interface StopsInit {
  /** Stops of one person that reach more devices wait for a second person. 0: every stop does. */
  readonly confirmAbove: number
  /** One person may put such a stop in force for an hour, once a day. */
  readonly emergency: boolean
}

export const STOPS_INIT: StopsInit = { confirmAbove: 50, emergency: true }

export interface TwoPersons {
  /**
   * Whether a stop reaches more devices than one person may stop.
   *
   * @param by counts the stops too that this person has put in force alone.
   */
  needsTwo(stop: StopTarget, by?: Person): boolean
  /**
   * @returns whether a new stop needs a second person, and for an emergency the one of the last day that it renews.
   * @throws `NOT_PERMITTED` where the setting forbids emergencies; `NOT_YET_PERMITTED` for a second one within a day, unless nobody
   * else could confirm and it is of the same stop.
   */
  admit(
    request: Pick<StopRequest, 'kind' | 'selector' | 'emergency'>,
    by: Person,
  ): { readonly needsTwo: boolean; readonly renews?: string | undefined }
  /** Whether the stop of an agent whose owner leaves reaches more devices than one person may stop, without their other stops. */
  needsTwoToDepart(stop: StopTarget): boolean
  /** Whether another person made the token less than a day ago, and so may have it. */
  isNew(by: Person): boolean
  /** What this person can do about a stop that nobody else can confirm now. Empty where somebody can. */
  adviceToLone(kind: StopRequest['kind'], by: Person): readonly string[]
  /** @throws `NOT_YET_PERMITTED` for a person who was added less than a day ago. */
  requireConfirmer(by: Person): void
  /** @throws `CONFLICT` for a person who may stop nothing any more. */
  requireRequester(requester: Person): void
}

const DAY_MS = 86_400_000

type Principals = Pick<PrincipalStore, 'list' | 'firstAt'>

/** Those who can confirm a stop now, by the keys of their names: two tokens of one name are of one person. */
export function confirmersAt(principals: Principals, now: number): ReadonlySet<string> {
  const able = stoppers(principals, now).filter((one) => newUntil(principals, one) <= now)
  return new Set(able.map(({ name }) => nameKeyOf(name)))
}

function stoppers(principals: Principals, now: number): readonly StoredPrincipal[] {
  return principals.list().filter((one) => one.kind === 'administrator' && isValid(one, now) && mayDo(one.role, 'stop'))
}

/** For a day after another person made its token, that person may have it. A directory begins with new principals only. */
function newUntil(principals: Principals, { createdAt, tokenGivenAt = 0 }: StoredPrincipal): number {
  const since = Math.max(createdAt, tokenGivenAt)
  return since <= (principals.firstAt() ?? since) + DAY_MS ? 0 : since + DAY_MS
}

export function twoPersons({ store, clock }: TwoPersonsComponents, init: StopsInit): TwoPersons {
  /** Whoever had the names and tokens before a reset is somebody else. */
  const beginning = () => store.principals.resetAt() ?? 0
  const newUntilOf = ({ id }: Person): number => {
    const own = store.principals.list().find((one) => one.id === id)
    return own === undefined ? 0 : newUntil(store.principals, own)
  }
  const isLone = ({ name }: Person, now: number) =>
    [...confirmersAt(store.principals, now)].every((key) => key === nameKeyOf(name))
  /**
   * Whose stops count with those of this person: whoever can add principals could act as each new one, and as no other. Who added
   * a new one may have another role since, or be revoked.
   */
  const countedWith = ({ id, name }: Person, now: number): readonly string[] => {
    const firstDayEnd = (store.principals.firstAt() ?? now) + DAY_MS
    const fresh = store.principals.newNames(Math.max(now - DAY_MS, firstDayEnd))
    const own = store.principals.list().find((one) => one.id === id)
    const isNew = own !== undefined && newUntil(store.principals, own) > now
    const adding = isNew ? store.principals.namesSince(now - DAY_MS) : []
    const mayAdd = own?.role === 'administrator' || isNew
    return [...new Set([name, ...(mayAdd ? fresh : []), ...adding].map(nameKeyOf))]
  }
  /** The stop, and what the person has put in force alone. */
  function* withOthers(stop: StopTarget, by: Person): Generator<StopTarget> {
    yield stop
    const now = clock.now()
    yield* store.stops.inForceAlone(countedWith(by, now), { now, since: beginning(), most: init.confirmAbove + 1 })
  }
  const reachMore = (all: Iterable<StopTarget>): boolean => {
    const most = init.confirmAbove + 1
    const found = new Set<string>()
    for (const one of all) {
      for (const device of reachedDevices(store, one, most)) {
        if (found.add(device).size === most) return true
      }
    }
    return false
  }
  const needsTwo = (stop: StopTarget, by?: Person): boolean => {
    if (stop.kind === 'drill') return false
    if (init.confirmAbove === 0) return true
    if (by !== undefined) return reachMore(withOthers(stop, by))
    return stop.selector.device === undefined && reachMore([stop])
  }
  /** @throws `NOT_YET_PERMITTED`. @returns the emergency of the last day, which this one renews. */
  const renewedBy = (stop: StopTarget, by: Person): string | undefined => {
    const now = clock.now()
    const before = store.stops.emergencies(countedWith(by, now), Math.max(now - DAY_MS, beginning()))
    const last = before.at(-1)
    if (last === undefined) return undefined
    const isByLone = isLone(by, now)
    const words = selectorWords(last.selector)
    if (isByLone && before.every(({ selector }) => selectorWords(selector) === selectorWords(stop.selector)))
      return last.id
    throw notYet({
      what: `${last.created.by.name} declared the emergency ${last.id} within a day: another one`,
      at: last.created.at + DAY_MS,
      until: isByLone
        ? `only the same stop can be renewed: ${words}`
        : 'create the stop without --emergency and let another person confirm it',
    })
  }
  return {
    needsTwo,
    admit(request, by) {
      const isEmergency = request.emergency === true
      if (isEmergency && !init.emergency) {
        throw new SuretyError('NOT_PERMITTED', 'emergency stops are switched off by the setting stops.emergency')
      }
      const needs = needsTwo(request, by)
      return { needsTwo: needs, renews: needs && isEmergency ? renewedBy(request, by) : undefined }
    },
    needsTwoToDepart: (stop) => reachMore([stop]),
    isNew: (by) => newUntilOf(by) > clock.now(),
    adviceToLone(kind, by) {
      if (!isLone(by, clock.now())) return []
      const freeze = kind === 'freeze' ? '--emergency' : '--kind freeze --emergency'
      return [
        'there is nobody else who can confirm the stop now',
        ...(init.emergency ? [`now: the same command with ${freeze} freezes at once, for an hour`] : []),
        `for next time: ${ADD_PERSON}; ${NEW_PERSON}`,
      ]
    },
    requireConfirmer(by) {
      const until = newUntilOf(by)
      if (until <= clock.now()) return
      throw notYet({
        what: `${by.name} was added, or was given a new token, within a day: a confirmation`,
        at: until,
        until: 'another person must confirm it',
      })
    },
    requireRequester({ name }) {
      if (stoppers(store.principals, clock.now()).some((one) => nameKeyOf(one.name) === nameKeyOf(name))) return
      const message = `${name}, who asked for the stop, may stop nothing any more: withdraw it with stops release, and create it again`
      throw new SuretyError('CONFLICT', message)
    },
  }
}

function notYet({
  what,
  at,
  until,
}: {
  readonly what: string
  readonly at: number
  readonly until: string
}): SuretyError {
  return new SuretyError(
    'NOT_YET_PERMITTED',
    `${what} is possible from ${new Date(at).toISOString()}; until then ${until}`,
  )
}

interface ReachedStore {
  readonly stops: ReachStore['stops'] & ReachedQueries
  readonly registrations: ReachStore['registrations']
  readonly humans: ReachStore['humans']
}

/**
 * Devices that a stop reaches now, by what they last reported. Some may come twice. A device where something that it selects may
 * start later does not count.
 *
 * @param most the caller looks at no more different devices than this.
 */
function* reachedDevices(store: ReachedStore, stop: StopTarget, most: number): Generator<string> {
  const { device, product, user } = stop.selector
  const reach = reachOf(store, stop)
  if (reach !== undefined) {
    // What a registration selects by product concerns every device, and reaches those that have it.
    if (!reach.isNarrow && reach.products !== undefined) {
      for (const item of reach.products) yield* store.stops.devicesReporting({ product: productOf(item) }, most)
      return
    }
    for (let after = ''; ; ) {
      const page = reach.devices({ after, limit: most })
      for (const one of page) if (!reach.isNarrow || reach.on(one) !== undefined) yield one
      const last = page.at(-1)
      if (last === undefined || page.length < most) return
      after = last
    }
  }
  if (device !== undefined) yield device
  else if (product !== undefined) yield* store.stops.devicesReporting({ product, user }, most)
  else if (user !== undefined) yield* store.stops.devicesOfUser(user, most)
  else yield* store.stops.activeAfter({ after: '', limit: most })
}
