import { SuretyError } from '../../base/errors.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { RegistrationCriteria } from '../../protocol/nouns/agents/registration-criteria.ts'
import type { RegistrationState } from '../../protocol/nouns/agents/registrations.ts'
import type {
  AgentSelector,
  CreatedStop,
  Person,
  STOP_ACTS,
  StopConfirmation,
  StopDevice,
  StopRequest,
  StopView,
} from '../../protocol/nouns/agents/stops.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { AuditEntry } from '../audit/audit.ts'
import { unknownDevice } from '../devices/device.ts'
import type { DeviceStore, SightingQueries } from '../devices/device-store.ts'
import { commitAtOnce } from '../http/idempotency.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import type { Changes } from '../workers/changes.ts'
import { impactOf, matchesNow } from './impact.ts'
import type { ReachStore } from './reach.ts'
import { requireSelector, selectorWords } from './selector.ts'
import type {
  NewStop,
  PersonsAct,
  ReachQueries,
  RunningAgentQueries,
  StopDevicesPage,
  StopQueries,
  StopStore,
  StoredStop,
} from './stop-store.ts'
import { stopView } from './stop-view.ts'
import { confirmedRelease, confirmedStop, newStop, releasedStop } from './transitions.ts'
import type { TwoPersons } from './two-persons.ts'

export interface StopsComponents
  extends ActComponents<{
    readonly runningAgents: RunningAgentQueries
    readonly stops: StopStore
    readonly stopProgress: StopQueries
    readonly stopReach: ReachQueries
    readonly devices: Pick<DeviceStore, 'standing'>
    readonly registrations: { get(id: string): Promise<Registered | undefined> }
    readonly humans: ReachStore['humans']
    readonly groups: SelectorStore['groups']
    readonly sightings: Pick<SightingQueries, 'view'>
    readonly fleet: {
      /** Whether a device has or had such an agent. */
      knows(kind: 'agent', key: string): Promise<boolean>
    }
  }> {
  readonly random: Random
  readonly twoPersons: TwoPersons
  readonly isConnected: (device: string) => boolean
  readonly changes: Pick<Changes, 'of'>
}

/** A registration, as far as stops need it. */
interface Registered {
  readonly criteria: RegistrationCriteria
  readonly state: RegistrationState
}

/** Runs `work` in a transaction, with what belongs to it. @returns what `work` returned. */
export type CommitStop = (work: () => Promise<CreatedStop>) => Promise<CreatedStop>

/** What people do with stops. */
export interface Stops {
  /**
   * Creates a stop, or says what it would stop.
   *
   * @param commit what the stop is created in.
   * @throws `INPUT_MALFORMED`, `DEVICE_UNKNOWN`, `DEVICE_RETIRED`; `NOT_FOUND` for an agent that the device never reported, and for
   * what the register does not have; `NOT_PERMITTED` and `NOT_YET_PERMITTED` for an emergency; `QUOTA_EXCEEDED`.
   */
  create(request: StopRequest, by: Person, commit?: CommitStop): Promise<CreatedStop>
  /**
   * @throws `NOT_FOUND`; `CONFLICT` if nothing waits for that, and for a stop of a person who was revoked; `NOT_PERMITTED` for the
   * person who asked for it; `NOT_YET_PERMITTED` for one who was added less than a day ago.
   */
  confirm(id: string, what: StopConfirmation['what'], by: Person): Promise<StopView>
  /**
   * Releases it, or asks for the second person that the release needs.
   *
   * @throws `NOT_FOUND`; `CONFLICT`, also for a stop that holds a registration.
   */
  release(id: string, reason: string, by: Person): Promise<StopView>
  /** @throws `NOT_FOUND`. */
  get(id: string): Promise<StopView>
  /** Newest first. */
  list(request: ListRequest): Promise<Listed<StopView>>
  /** @throws `NOT_FOUND`. */
  devices(
    id: string,
    page: Omit<StopDevicesPage, 'isConnected'>,
  ): Promise<{ readonly items: readonly StopDevice[]; readonly more: boolean }>
}

/** Stops that wait or are in force. */
const MOST_OPEN = 10_000
/** Running agents that are read to say that none matches. */
const MOST_READ = 2_000

export function stops(components: StopsComponents): Stops {
  return new StoredStops(components)
}

class StoredStops implements Stops {
  readonly #components: StopsComponents

  constructor(components: StopsComponents) {
    this.#components = components
  }

  async create(asked: StopRequest, by: Person, commit: CommitStop = commitAtOnce): Promise<CreatedStop> {
    requireSelector(asked)
    const request = { ...asked, selector: await resolveSelector(this.#components.store, asked.selector) }
    const { needsTwo: twoPersons } = await this.#require(request, by)
    const warnings = await this.#warnings(request, twoPersons, by)
    if (request.dryRun === true) return { impact: await impactOf(this.#components, request), twoPersons, warnings }
    const created = await commit(async () => {
      const { id, twoPersons: needsTwo } = await this.#add(request, by)
      return { stop: await this.get(id), twoPersons: needsTwo, warnings }
    })
    if (created.stop?.state === 'standing') this.#components.changes.of('stops')
    return created
  }

  async confirm(id: string, what: StopConfirmation['what'], by: Person): Promise<StopView> {
    const { store, clock, twoPersons, changes } = this.#components
    const confirmed = { at: clock.now(), by }
    const stop = await store.transaction(async () => {
      const before = await this.#stored(id)
      const after = what === 'stop' ? confirmedStop(before, confirmed) : confirmedRelease(before, confirmed)
      if (what === 'stop') await twoPersons.requireRequester(before.created.by)
      await twoPersons.requireConfirmer(by)
      await store.stops.update(after, { spread: true })
      const changed = { before, after }
      if (what === 'stop') {
        await this.#record('stop-confirmed', changed, confirmed, { requestedBy: after.created.by.id })
      } else await this.#record('stop-released', changed, confirmed, releaseDetails(after))
      return after
    })
    changes.of('stops')
    return this.#view(stop)
  }

  async release(id: string, reason: string, by: Person): Promise<StopView> {
    const { store, clock, twoPersons, changes } = this.#components
    const release = { at: clock.now(), by, reason }
    const stop = await store.transaction(async () => {
      const before = await this.#stored(id)
      await this.#requireFree(before)
      const needsTwo = before.twoPersons || (await twoPersons.needsTwo(before))
      const after = releasedStop(before, release, { needsTwo, isNew: await twoPersons.isNew(by) })
      // One that waited was sent to no device.
      await store.stops.update(after, { spread: after.state !== 'release-waiting' && before.state !== 'waiting' })
      await this.#record(RELEASE_ACTS[after.state], { before, after }, release, releaseDetails(after))
      return after
    })
    changes.of('stops')
    return this.#view(stop)
  }

  async get(id: string): Promise<StopView> {
    const stop = await this.#stored(id)
    return this.#view(stop, this.#components.isConnected)
  }

  async list(request: ListRequest): Promise<Listed<StopView>> {
    const { store, clock } = this.#components
    const { items, ...rest } = await store.stops.list(request, clock.now())
    const views: StopView[] = []
    for (const stop of items) views.push(await this.#view(stop))
    return { items: views, ...rest }
  }

  async devices(id: string, page: Parameters<Stops['devices']>[1]): ReturnType<Stops['devices']> {
    const { store, isConnected } = this.#components
    return store.stopProgress.devices(await this.#stored(id), { ...page, isConnected })
  }

  async #view(stop: StoredStop, isConnected?: (device: string) => boolean): Promise<StopView> {
    const { stopProgress } = this.#components.store
    const names = await stopProgress.names(stop.selector)
    return stopView(
      stop,
      { names, progress: await stopProgress.progress(stop, isConnected) },
      this.#components.clock.now(),
    )
  }

  /** @throws `NOT_FOUND`. */
  async #stored(id: string): Promise<StoredStop> {
    const stop = await this.#components.store.stops.get(id)
    if (stop === undefined) throw new SuretyError('NOT_FOUND', `there is no stop ${id}`)
    return stop
  }

  /** Requires again what the answer to a dry run may have been too old for. */
  async #add(request: StopRequest, by: Person): Promise<NewStop> {
    const { store, clock, random } = this.#components
    return store.transaction(async () => {
      const { needsTwo: twoPersons, renews } = await this.#require(request, by)
      const created = { at: clock.now(), by }
      if ((await store.stops.openCount(created.at)) >= MOST_OPEN) {
        const message = `${MOST_OPEN} stops wait or are in force: release those that are not needed`
        throw new SuretyError('QUOTA_EXCEEDED', message)
      }
      const stop = newStop(request, { id: newId('stop', random), created, twoPersons })
      await store.stops.add(stop, { spread: stop.state === 'standing' })
      const { kind, reason, state, emergency, endsAt } = stop
      await this.#record('stop-created', { after: stop }, created, {
        kind,
        selector: selectorWords(stop.selector),
        reason,
        state,
        emergency,
        twoPersons,
        ...(endsAt === undefined ? {} : { endsAt }),
        ...(renews === undefined ? {} : { renews }),
      })
      return stop
    })
  }

  /** As `TwoPersons.admit`. */
  async #require(request: StopRequest, by: Person): ReturnType<TwoPersons['admit']> {
    const { clock, twoPersons } = this.#components
    const { kind, selector, until, emergency } = request
    if (until !== undefined && until <= clock.now()) throw malformed('the end of the stop has passed')
    if (kind === 'drill' && emergency === true) throw malformed('a drill needs no confirmation, so it is no emergency')
    if (kind === 'retire' && emergency === true) {
      throw malformed(
        'an emergency freezes and ends nothing: leave out the kind retire, or let another person confirm it',
      )
    }
    await this.#requireTarget(selector)
    return twoPersons.admit(request, by)
  }

  async #requireTarget({ device, agent }: AgentSelector): Promise<void> {
    const { store } = this.#components
    if (device === undefined) return
    const standing = await store.devices.standing(device)
    if (standing === undefined) throw unknownDevice(device)
    if (standing.status === 'retired') throw new SuretyError('DEVICE_RETIRED', `the device ${device} was retired`)
    if (agent !== undefined && (await store.sightings.view(device, agent))?.sighting.kind !== 'agent') {
      throw new SuretyError('NOT_FOUND', `the device ${device} never reported an agent ${agent}`)
    }
  }

  /** What holds a registration ends with the state of it. Once that has retired, people may let go what is left. */
  async #requireFree({ byRegister, selector: { registration = '' } }: StoredStop): Promise<void> {
    const state =
      byRegister === true ? (await this.#components.store.registrations.get(registration))?.state : undefined
    if (state === undefined || state === 'retired') return
    const way = state === 'retiring' ? 'it is about to end' : 'activate the agent instead'
    throw new SuretyError('CONFLICT', `the stop holds the agent ${registration}, which is ${state}: ${way}`)
  }

  async #warnings(request: StopRequest, twoPersons: boolean, by: Person): Promise<string[]> {
    const { kind, selector, emergency } = request
    const warnings: string[] = []
    const { product } = selector
    if (product !== undefined && !(await this.#components.store.fleet.knows('agent', product))) {
      warnings.push(`no device ever reported the product ${JSON.stringify(product)}: compare with agents list`)
    }
    if (emergency !== true && twoPersons) warnings.push(...(await this.#components.twoPersons.adviceToLone(kind, by)))
    if (emergency === true && !twoPersons) warnings.push('the stop needs no confirmation, so it is no emergency')
    if (twoPersons && emergency !== true && !(await this.#components.twoPersons.needsTwo(request))) {
      warnings.push(
        'it waits because of other stops in force: with these it reaches more devices than one person may stop. ' +
          'Release those that are not needed: stops list',
      )
    }
    if (kind !== 'drill' && (await this.#matchesNothing(request))) {
      warnings.push('nothing that runs now matches: the stop holds for what starts later')
    }
    return warnings
  }

  async #matchesNothing(stop: StopRequest): Promise<boolean> {
    return (await matchesNow(this.#components, stop, MOST_READ)) === false
  }

  async #record(
    act: (typeof STOP_ACTS)[number],
    changed: { readonly before?: NewStop; readonly after: NewStop },
    { at, by }: PersonsAct,
    details: AuditEntry['details'],
  ): Promise<void> {
    const { id, selector } = changed.after
    await this.#components.store.audit.add({
      at,
      actor: by.id,
      act,
      subject: id,
      device: selector.device,
      details: { stop: id, ...details },
      ...changed,
    })
  }
}

const RELEASE_ACTS = {
  withdrawn: 'stop-withdrawn',
  released: 'stop-released',
  'release-waiting': 'stop-release-requested',
} as const

function releaseDetails({ release }: StoredStop): AuditEntry['details'] {
  return release === undefined ? {} : { reason: release.reason, requestedBy: release.by.id }
}

function malformed(message: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', message)
}

interface SelectorStore {
  readonly registrations: { get(id: string): Promise<unknown> }
  readonly humans: {
    get(id: string): Promise<unknown>
    named(text: string): Promise<{ readonly id: string } | undefined>
  }
  readonly groups: {
    get(id: string): Promise<{ readonly deletedAt?: number | undefined } | undefined>
    byName(name: string): Promise<{ readonly id: string } | undefined>
  }
}

/** Humans and groups by their ids. @throws `NOT_FOUND` for what the register does not have. */
async function resolveSelector(store: SelectorStore, selector: AgentSelector): Promise<AgentSelector> {
  const { registration, human, group } = selector
  if (registration !== undefined && (await store.registrations.get(registration)) === undefined) {
    throw new SuretyError('NOT_FOUND', `there is no registered agent ${registration}`)
  }
  if (human !== undefined) return { ...selector, human: await humanOf(store, human) }
  return group === undefined ? selector : { ...selector, group: await groupOf(store, group) }
}

/** Also one who was deleted, by id: what they left behind may still run. */
async function humanOf({ humans }: SelectorStore, text: string): Promise<string> {
  const id = (await humans.get(text)) === undefined ? (await humans.named(text))?.id : text
  if (id !== undefined) return id
  throw new SuretyError('NOT_FOUND', `there is no person ${JSON.stringify(text)}, or there are several: give the id`)
}

async function groupOf({ groups }: SelectorStore, text: string): Promise<string> {
  const known = await groups.get(text)
  if (known !== undefined && known.deletedAt === undefined) return text
  const named = await groups.byName(text)
  if (named !== undefined) return named.id
  throw new SuretyError('NOT_FOUND', `there is no group ${JSON.stringify(text)} of humans`)
}
