import type { Person } from '../../protocol/api-stops.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { AuditStore } from '../audit/audit.ts'
import { selectorWords } from './selector.ts'
import type { NewStop, StopScopeStore, StopStore } from './stop-store.ts'

export interface RegisterStopsComponents {
  readonly store: { readonly stops: Pick<StopStore, 'add' | 'update'> & StopScopeStore; readonly audit: AuditStore }
  readonly random: Random
}

/** Whose agents, why, and who decided it. */
export interface RegisterAct {
  readonly registration: string
  readonly reason: string
  readonly at: number
  readonly by: Person
}

/** Stops that follow from the state of a registration. No second person confirms them: the register decided. Inside the caller's transaction. */
export interface RegisterStops {
  /** @returns the id of the stop, which stands at once. */
  hold(kind: 'freeze' | 'retire', act: RegisterAct): string
  /** Freezes a product on one device, by a rule. People release it as any other stop. @returns the id of the stop. */
  block(act: Omit<RegisterAct, 'registration'> & { readonly device: string; readonly product: string }): string
  /** Releases what the register holds for the registration, except one stop. */
  letGo(act: RegisterAct, except?: string): void
}

export function registerStops({ store, random }: RegisterStopsComponents): RegisterStops {
  return {
    hold(kind, { registration, reason, at, by }) {
      const id = newId('stop', random)
      const stop: NewStop = {
        ...{ id, kind, selector: { registration }, reason, created: { at, by }, state: 'standing' },
        ...{ emergency: false, twoPersons: false, byRegister: true },
      }
      store.stops.add(stop, { spread: true })
      const details = { stop: id, kind, selector: selectorWords(stop.selector), reason, byRegister: true }
      store.audit.add({ at, actor: by.id, act: 'stop-created', subject: id, details })
      return id
    },
    block({ device, product, reason, at, by }) {
      const id = newId('stop', random)
      const stop: NewStop = {
        ...{ id, kind: 'freeze', selector: { device, product }, reason, created: { at, by }, state: 'standing' },
        ...{ emergency: false, twoPersons: false },
      }
      store.stops.add(stop, { spread: true })
      const details = { stop: id, kind: 'freeze', selector: selectorWords(stop.selector), reason }
      store.audit.add({ at, actor: by.id, act: 'stop-created', subject: id, device, details })
      return id
    },
    letGo({ registration, reason, at, by }, except) {
      for (const stop of store.stops.holding(registration)) {
        if (stop.id === except) continue
        store.stops.update({ ...stop, state: 'released', release: { at, by, reason } }, { spread: true })
        const details = { stop: stop.id, reason, requestedBy: by.id, byRegister: true }
        store.audit.add({ at, actor: by.id, act: 'stop-released', subject: stop.id, details })
      }
    },
  }
}
