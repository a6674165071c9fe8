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
    readonly onePersonStops: OnePersonQueries
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
  needsTwo(stop: StopTarget, by?: Person): Promise<boolean>
  /**
   * @returns whether a new stop needs a second person, and for an emergency the one of the last day that it renews.
   * @throws `NOT_PERMITTED` where the setting forbids emergencies; `NOT_YET_PERMITTED` for a second one within a day, unless nobody
   * else could confirm and it is of the same stop.
   */
  admit(
    request: Pick<StopRequest, 'kind' | 'selector' | 'emergency'>,
    by: Person,
  ): Promise<{ readonly needsTwo: boolean; readonly renews?: string | undefined }>
  /** Whether the stop of an agent whose owner leaves reaches more devices than one person may stop, without their other stops. */
  needsTwoToDepart(stop: StopTarget): Promise<boolean>
  /** Whether another person made the token less than a day ago, and so may have it. */
  isNew(by: Person): Promise<boolean>
  /** What this person can do about a stop that nobody else can confirm now. Empty where somebody can. */
  adviceToLone(kind: StopRequest['kind'], by: Person): Promise<readonly string[]>
  /** @throws `NOT_YET_PERMITTED` for a person who was added less than a day ago. */
  requireConfirmer(by: Person): Promise<void>
  /** @throws `CONFLICT` for a person who may stop nothing any more. */
  requireRequester(requester: Person): Promise<void>
}

const DAY_MS = 86_400_000

type Principals = Pick<PrincipalStore, 'list' | 'firstAt'>

/** Those who can confirm a stop now, by the keys of their names: two tokens of one name are of one person. */
export async function confirmersAt(principals: Principals, now: number): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const one of await stoppers(principals, now)) {
    if ((await newUntil(principals, one)) <= now) names.add(nameKeyOf(one.name))
  }
  return names
}

async function stoppers(principals: Principals, now: number): Promise<readonly StoredPrincipal[]> {
  return (await principals.list()).filter(
    (one) => one.kind === 'administrator' && isValid(one, now) && mayDo(one.role, 'stop'),
  )
}

/** For a day after another person made its token, that person may have it. A directory begins with new principals only. */
async function newUntil(principals: Principals, { createdAt, tokenGivenAt = 0 }: StoredPrincipal): Promise<number> {
  const since = Math.max(createdAt, tokenGivenAt)
  return since <= ((await principals.firstAt()) ?? since) + DAY_MS ? 0 : since + DAY_MS
}

export function twoPersons({ store, clock }: TwoPersonsComponents, init: StopsInit): TwoPersons {
  /** Whoever had the names and tokens before a reset is somebody else. */
  const beginning = async () => (await store.principals.resetAt()) ?? 0
  const newUntilOf = async ({ id }: Person): Promise<number> => {
    const own = (await store.principals.list()).find((one) => one.id === id)
    return own === undefined ? 0 : await newUntil(store.principals, own)
  }
  const isLone = async ({ name }: Person, now: number) =>
    [...(await confirmersAt(store.principals, now))].every((key) => key === nameKeyOf(name))
  /**
   * Whose stops count with those of this person: whoever can add principals could act as each new one, and as no other. Who added
   * a new one may have another role since, or be revoked.
   */
  const countedWith = async ({ id, name }: Person, now: number): Promise<readonly string[]> => {
    const firstDayEnd = ((await store.principals.firstAt()) ?? now) + DAY_MS
    const fresh = await store.principals.newNames(Math.max(now - DAY_MS, firstDayEnd))
    const own = (await store.principals.list()).find((one) => one.id === id)
    const isNew = own !== undefined && (await newUntil(store.principals, own)) > now
    const adding = isNew ? await store.principals.namesSince(now - DAY_MS) : []
    const mayAdd = own?.role === 'administrator' || isNew
    return [...new Set([name, ...(mayAdd ? fresh : []), ...adding].map(nameKeyOf))]
  }
  /** The stop, and what the person has put in force alone. */
  async function* withOthers(stop: StopTarget, by: Person): AsyncGenerator<StopTarget> {
    yield stop
    const now = clock.now()
    yield* await store.onePersonStops.inForceAlone(await countedWith(by, now), {
      now,
      since: await beginning(),
      most: init.confirmAbove + 1,
    })
  }
  const reachMore = async (all: Iterable<StopTarget> | AsyncIterable<StopTarget>): Promise<boolean> => {
    const most = init.confirmAbove + 1
    const found = new Set<string>()
    for await (const one of all) {
      for await (const device of reachedDevices(store, one, most)) {
        if (found.add(device).size === most) return true
      }
    }
    return false
  }
  const needsTwo = async (stop: StopTarget, by?: Person): Promise<boolean> => {
    if (stop.kind === 'drill') return false
    if (init.confirmAbove === 0) return true
    if (by !== undefined) return reachMore(withOthers(stop, by))
    return stop.selector.device === undefined && (await reachMore([stop]))
  }
  /** @throws `NOT_YET_PERMITTED`. @returns the emergency of the last day, which this one renews. */
  const renewedBy = async (stop: StopTarget, by: Person): Promise<string | undefined> => {
    const now = clock.now()
    const before = await store.onePersonStops.emergencies(
      await countedWith(by, now),
      Math.max(now - DAY_MS, await beginning()),
    )
    const last = before.at(-1)
    if (last === undefined) return undefined
    const isByLone = await isLone(by, now)
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
    async admit(request, by) {
      const isEmergency = request.emergency === true
      if (isEmergency && !init.emergency) {
        throw new SuretyError('NOT_PERMITTED', 'emergency stops are switched off by the setting stops.emergency')
      }
      const needs = await needsTwo(request, by)
      return { needsTwo: needs, renews: needs && isEmergency ? await renewedBy(request, by) : undefined }
    },
    needsTwoToDepart: (stop) => reachMore([stop]),
    isNew: async (by) => (await newUntilOf(by)) > clock.now(),
    async adviceToLone(kind, by) {
      if (!(await isLone(by, clock.now()))) return []
      const freeze = kind === 'freeze' ? '--emergency' : '--kind freeze --emergency'
      return [
        'there is nobody else who can confirm the stop now',
        ...(init.emergency ? [`now: the same command with ${freeze} freezes at once, for an hour`] : []),
        `for next time: ${ADD_PERSON}; ${NEW_PERSON}`,
      ]
    },
    async requireConfirmer(by) {
      const until = await newUntilOf(by)
      if (until <= clock.now()) return
      throw notYet({
        what: `${by.name} was added, or was given a new token, within a day: a confirmation`,
        at: until,
        until: 'another person must confirm it',
      })
    },
    async requireRequester({ name }) {
      if ((await stoppers(store.principals, clock.now())).some((one) => nameKeyOf(one.name) === nameKeyOf(name))) return
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
  readonly stopReach: ReachStore['stopReach']
  readonly stopReached: ReachedQueries
  readonly registrations: ReachStore['registrations']
  readonly humans: ReachStore['humans']
}

/**
 * Devices that a stop reaches now, by what they last reported. Some may come twice. A device where something that it selects may
 * start later does not count.
 *
 * @param most the caller looks at no more different devices than this.
 */
async function* reachedDevices(store: ReachedStore, stop: StopTarget, most: number): AsyncGenerator<string> {
  const { device, product, user } = stop.selector
  const reach = await reachOf(store, stop)
  if (reach !== undefined) {
    // What a registration selects by product concerns every device, and reaches those that have it.
    if (!reach.isNarrow && reach.products !== undefined) {
      for (const item of reach.products)
        yield* await store.stopReached.devicesReporting({ product: productOf(item) }, most)
      return
    }
    for (let after = ''; ; ) {
      const page = await reach.devices({ after, limit: most })
      for (const one of page) if (!reach.isNarrow || (await reach.on(one)) !== undefined) yield one
      const last = page.at(-1)
      if (last === undefined || page.length < most) return
      after = last
    }
  }
  if (device !== undefined) yield device
  else if (product !== undefined) yield* await store.stopReached.devicesReporting({ product, user }, most)
  else if (user !== undefined) yield* await store.stopReached.devicesOfUser(user, most)
  else yield* await store.stopReach.activeAfter({ after: '', limit: most })
}
