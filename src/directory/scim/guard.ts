import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { GuardView } from '../../protocol/api-scim.ts'
import type { Person } from '../../protocol/api-stops.ts'
import type { AuditStore } from '../audit/audit.ts'
import type { HumanStore } from '../humans/human-store.ts'
import type { ScimStore } from './scim-store.ts'

/** Asks a human before a client deactivates very many humans. */

export interface GuardComponents {
  readonly store: {
    readonly humans: Pick<HumanStore, 'counts'>
    readonly scim: ScimStore
    readonly audit: AuditStore
    transaction<T>(work: () => T): T
  }
  readonly clock: Pick<Clock, 'now'>
}

export interface Guard {
  /**
   * Call before the transaction of a deactivation: a hold is recorded although the deactivation is refused.
   *
   * @throws `DEACTIVATIONS_HELD`.
   */
  admit(by: Person): void
  /** Counts a deactivation, in its transaction. */
  record(human: string): void
  view(): GuardView
  /** Lets deactivations through for a while. The count begins anew. */
  allow(forMs: number, by: Person): GuardView
}

const HOUR_MS = 3_600_000
/** So many may always be deactivated within an hour. */
const LEAST = 5

/** @param init.percent of all humans. 100: the guard holds nothing. */
export function guard({ store, clock }: GuardComponents, { percent }: { readonly percent: number }): Guard {
  const isAllowed = () => {
    const { allowedAt, allowedUntil } = store.scim.guard()
    const now = clock.now()
    // After the clock was set back, an allowance of the future is none.
    return allowedAt !== undefined && allowedUntil !== undefined && allowedAt <= now && now < allowedUntil
  }
  const counted = () => {
    const deactivated = store.scim.deactivations(clock.now() - HOUR_MS)
    const humans = store.humans.counts().active + deactivated
    return { deactivated, humans, most: Math.max(LEAST, Math.floor((humans * percent) / 100)) }
  }
  const hold = (by: Person) =>
    store.transaction(() => {
      const { deactivated, humans, most } = counted()
      store.scim.setGuard({ heldAt: clock.now(), heldFor: by.id })
      store.audit.add({
        ...{ at: clock.now(), actor: by.id, act: 'scim-guard-tripped', subject: by.id },
        details: { service: by.name, deactivated, humans, most },
      })
    })
  const view = (): GuardView => {
    const { heldAt, heldFor, allowedUntil, allowedBy } = store.scim.guard()
    const state = isAllowed() ? 'allowed' : heldAt === undefined ? 'open' : 'held'
    return {
      ...{ state, percent, ...counted() },
      ...(state === 'held' ? { ...member('heldAt', heldAt), ...member('heldFor', heldFor) } : {}),
      ...(state === 'allowed' ? { ...member('allowedUntil', allowedUntil), ...member('allowedBy', allowedBy) } : {}),
    }
  }
  return {
    admit(by) {
      if (isAllowed()) return
      if (store.scim.guard().heldAt === undefined) {
        const { deactivated, most } = counted()
        if (deactivated < most) return
        hold(by)
      }
      throw new SuretyError(
        'DEACTIVATIONS_HELD',
        'deactivations by SCIM are held, because very many came within an hour: an administrator must look at it and ' +
          'run: surety-directory scim guard allow',
      )
    },
    record(human) {
      const at = clock.now()
      if (!isAllowed()) store.scim.deactivated(human, { at, since: at - HOUR_MS })
    },
    view,
    allow: (forMs, by) =>
      store.transaction(() => {
        const at = clock.now()
        const { heldAt } = store.scim.guard()
        store.scim.setGuard({ allowedAt: at, allowedUntil: at + forMs, allowedBy: by.id })
        store.scim.forgetDeactivations()
        const details = { until: at + forMs, ...member('heldAt', heldAt) }
        store.audit.add({ at, actor: by.id, act: 'scim-guard-allowed', subject: by.id, details })
        return view()
      }),
  }
}
