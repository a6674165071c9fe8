import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { GuardView } from '../../protocol/nouns/people/scim.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { HumanStore } from '../humans/human-store.ts'
import type { RegistrationStore } from '../registrations/registration-store.ts'
import type { ScimStore } from './scim-store.ts'

/** Asks an administrator before a client deactivates very many humans, or ends by it very many agents or one on many devices. */

export interface GuardComponents
  extends ActComponents<{
    readonly humans: Pick<HumanStore, 'counts' | 'newCount'>
    readonly registrations: Pick<RegistrationStore, 'counts' | 'newCount' | 'ending'>
    readonly scim: ScimStore
  }> {
  readonly twoPersons: {
    /** Whether a stop reaches more devices than one person may stop. */
    needsTwo(stop: { readonly kind: 'retire'; readonly selector: { readonly registration: string } }): Promise<boolean>
  }
}

export interface Guard {
  /** In the transaction of a deactivation. @throws `DEACTIVATIONS_HELD`: `hold` records it once that transaction is undone. */
  admit(human: string): Promise<void>
  /** Records that deactivations are held, once until they are allowed. */
  hold(by: Person): Promise<void>
  /** Counts a deactivation by which so many agents ended, in its transaction. */
  record(human: string, agentsEnded: number): Promise<void>
  view(): Promise<GuardView>
  /** Lets deactivations through for a while. The count begins again. */
  allow(forMs: number, by: Person): Promise<GuardView>
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** This number of humans may always be deactivated within an hour, and of agents end by it. */
const LEAST = 5

/** @param init.percent of all humans, and of all agents. 100: the guard holds nothing. */
export function guard({ store, clock, twoPersons }: GuardComponents, { percent }: { readonly percent: number }): Guard {
  const isAllowed = async () => {
    const { allowedAt, allowedUntil } = await store.scim.guard()
    const now = clock.now()
    // After the clock was set back, an allowance of the future is none.
    return allowedAt !== undefined && allowedUntil !== undefined && allowedAt <= now && now < allowedUntil
  }
  const mostOf = (all: number) => Math.max(LEAST, Math.floor((all * percent) / 100))
  /** What is new does not count: a client could add humans and agents to be allowed to end more. */
  const counted = async () => {
    const now = clock.now()
    const { humans: deactivated, agents: agentsEnded } = await store.scim.deactivations(now - HOUR_MS)
    const humans = (await store.humans.counts()).active - (await store.humans.newCount(now - DAY_MS)) + deactivated
    const { provisioning, active, suspended, quarantined } = await store.registrations.counts()
    const open = provisioning + active + suspended + quarantined
    const agents = open - (await store.registrations.newCount(now - DAY_MS)) + agentsEnded
    return { deactivated, humans, most: mostOf(humans), agentsEnded, agents, mostAgents: mostOf(agents) }
  }
  /** A service is no person: whoever makes its token could end by it what one person may not stop. */
  const hasOnMany = async (registrations: readonly string[]) => {
    for (const registration of registrations) {
      if (await twoPersons.needsTwo({ kind: 'retire', selector: { registration } })) return true
    }
    return false
  }
  const view = async (): Promise<GuardView> => {
    const { heldAt, heldFor, allowedUntil, allowedBy } = await store.scim.guard()
    const state = (await isAllowed()) ? 'allowed' : heldAt === undefined ? 'open' : 'held'
    return {
      state,
      percent,
      ...(await counted()),
      ...(state === 'held' ? { ...member('heldAt', heldAt), ...member('heldFor', heldFor) } : {}),
      ...(state === 'allowed' ? { ...member('allowedUntil', allowedUntil), ...member('allowedBy', allowedBy) } : {}),
    }
  }
  return {
    async admit(human) {
      if (percent === 100 || (await isAllowed())) return
      if ((await store.scim.guard()).heldAt === undefined) {
        const { deactivated, most, agentsEnded, mostAgents } = await counted()
        const ending = await store.registrations.ending(human)
        const isWithin = deactivated < most && (ending.length === 0 || agentsEnded + ending.length <= mostAgents)
        if (isWithin && !(await hasOnMany(ending))) return
      }
      throw new SuretyError(
        'DEACTIVATIONS_HELD',
        'deactivations by SCIM are held, because very many people or agents would go within an hour, or an agent of more devices than one ' +
          'person may stop: an administrator must look at it and run: surety-directory scim guard allow',
      )
    },
    hold: (by) =>
      store.transaction(async () => {
        if ((await store.scim.guard()).heldAt !== undefined || (await isAllowed())) return
        const details = { service: by.name, ...(await counted()) }
        const at = clock.now()
        await store.scim.setGuard({ heldAt: at, heldFor: by.id })
        await store.audit.add({ at, actor: by.id, act: 'scim-guard-tripped', subject: by.id, details })
      }),
    async record(human, agents) {
      const at = clock.now()
      if (!(await isAllowed())) await store.scim.deactivated(human, { at, since: at - HOUR_MS, agents })
    },
    view,
    allow: (forMs, by) =>
      store.transaction(async () => {
        const at = clock.now()
        const { heldAt } = await store.scim.guard()
        await store.scim.setGuard({ allowedAt: at, allowedUntil: at + forMs, allowedBy: by.id })
        await store.scim.forgetDeactivations()
        const details = { until: at + forMs, ...member('heldAt', heldAt) }
        await store.audit.add({ at, actor: by.id, act: 'scim-guard-allowed', subject: by.id, details })
        return view()
      }),
  }
}
