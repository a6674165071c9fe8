import { SuretyError } from '../../base/errors.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import { NEW_PERSON } from '../../protocol/second-person.ts'
import type { AuditStore } from '../audit/audit.ts'
import { selectorWords } from './selector.ts'
import type { NewStop, OnePersonQueries, StopScopeStore, StopStore } from './stop-store.ts'
import { aloneByOf, isPerson } from './transitions.ts'
import type { TwoPersons } from './two-persons.ts'

export interface RegisterStopsComponents {
  readonly store: {
    readonly stops: Pick<StopStore, 'add' | 'update'>
    readonly stopScopes: StopScopeStore
    readonly onePersonStops: Pick<OnePersonQueries, 'confirmedFor'>
    readonly audit: AuditStore
  }
  readonly random: Random
  readonly twoPersons: Pick<TwoPersons, 'needsTwo' | 'needsTwoToDepart'>
}

/** Whose agents, why, and who decided it. */
export interface RegisterAct {
  readonly registration: string
  readonly reason: string
  readonly at: number
  readonly by: Person
}

/**
 * Stops that follow from the state of a registration. What rules, services and the directory decide needs no person. Inside the
 * caller's transaction.
 */
export interface RegisterStops {
  /**
   * @param options.departing the owner leaves: the stop does not count with others of the person who says so.
   * @returns the id of the stop, which is in force at once.
   * @throws `NOT_PERMITTED` for more devices than one person may stop, unless two persons have put the same stop in force.
   */
  hold(kind: 'freeze' | 'retire', act: RegisterAct, options?: { readonly departing: boolean }): Promise<string>
  /**
   * Stops of the registration that wait or are in force may select more from now on.
   *
   * @throws `NOT_PERMITTED` for more than one person may stop.
   */
  requireWithin(act: Pick<RegisterAct, 'registration' | 'at' | 'by'>): Promise<void>
  /** Freezes a product on one device, by a rule. People release it as any other stop. @returns the id of the stop. */
  block(act: Omit<RegisterAct, 'registration'> & { readonly device: string; readonly product: string }): Promise<string>
  /** Releases what the register holds for the registration, except one stop. */
  letGo(act: RegisterAct, except?: string): Promise<void>
}

export function registerStops({ store, random, twoPersons }: RegisterStopsComponents): RegisterStops {
  return {
    async hold(kind, { registration, reason, at, by }, { departing } = { departing: false }) {
      const id = newId('stop', random)
      const selector = { registration }
      const confirmed = await store.onePersonStops.confirmedFor(registration, kind)
      const target = { kind, selector }
      const needsTwo = async () =>
        departing ? await twoPersons.needsTwoToDepart(target) : await twoPersons.needsTwo(target, by)
      if (confirmed === undefined && isPerson(by) && (await needsTwo())) {
        const more = departing ? '' : `, with what ${by.name} has stopped before,`
        throw new SuretyError(
          'NOT_PERMITTED',
          `stopping the agent ${registration}${more} reaches more devices than one person may stop: run surety-directory stops ` +
            `create --kind ${kind} --registration ${registration} --reason TEXT, let another person confirm it, and repeat this` +
            (departing ? '; or give the agent another owner first: surety-directory registrations transfer' : '') +
            `. If there is nobody: freeze it now and for an hour with --kind freeze --emergency, where stops.emergency allows it; for ` +
            `next time, administrators add: ${NEW_PERSON}`,
        )
      }
      const aloneBy = confirmed === undefined && !departing ? aloneByOf(by) : undefined
      const stop: NewStop = {
        id,
        kind,
        selector,
        reason,
        created: { at, by },
        state: 'standing',
        emergency: false,
        twoPersons: false,
        byRegister: true,
        confirmed,
        aloneBy,
      }
      await store.stops.add(stop, { spread: true })
      const details = { stop: id, kind, selector: selectorWords(stop.selector), reason, byRegister: true }
      await store.audit.add({ at, actor: by.id, act: 'stop-created', subject: id, details, after: stop })
      return id
    },
    async requireWithin({ registration, at, by }) {
      if (!isPerson(by) || !(await store.stopScopes.hasOpenStop(registration, at))) return
      if (!(await twoPersons.needsTwo({ kind: 'freeze', selector: { registration } }, by))) return
      throw new SuretyError(
        'NOT_PERMITTED',
        `a stop of the agent ${registration} waits or is in force, and with these criteria it would reach more devices than ` +
          'one person may stop: activate the agent or release the stop first, or make another registration',
      )
    },
    async block({ device, product, reason, at, by }) {
      const id = newId('stop', random)
      const stop: NewStop = {
        id,
        kind: 'freeze',
        selector: { device, product },
        reason,
        created: { at, by },
        state: 'standing',
        emergency: false,
        twoPersons: false,
      }
      await store.stops.add(stop, { spread: true })
      const details = { stop: id, kind: 'freeze', selector: selectorWords(stop.selector), reason }
      await store.audit.add({ at, actor: by.id, act: 'stop-created', subject: id, device, details, after: stop })
      return id
    },
    async letGo({ registration, reason, at, by }, except) {
      for (const stop of await store.stopScopes.holding(registration)) {
        if (stop.id === except) continue
        const after = { ...stop, state: 'released', release: { at, by, reason } } as const
        await store.stops.update(after, { spread: true })
        const details = { stop: stop.id, reason, requestedBy: by.id, byRegister: true }
        const act = 'stop-released'
        await store.audit.add({ at, actor: by.id, act, subject: stop.id, details, before: stop, after })
      }
    },
  }
}
