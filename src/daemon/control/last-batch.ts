import { type ActionReport, readAction } from '../../protocol/gate/action.ts'
import type { LastBatch } from '../../protocol/messages/control.ts'
import type { Claims } from '../evidence/batch-content.ts'
import type { Caller } from './control-server.ts'

/** The batch that was written last, and the newest actions, as their readers may see them. */
export class LastBatchView {
  readonly #actions = new RecentActions()
  #claims: Claims | undefined
  /** The users of reported sightings, by id. Undefined: the machine's own. */
  readonly #users = new Map<string, string | undefined>()
  /** What the last batch says is gone. A batch names only ids there. */
  #gone: readonly string[] = []

  wrote(claims: Claims): void {
    const { sightings } = claims
    for (const id of this.#gone) this.#users.delete(id)
    this.#gone = sightings?.mode === 'delta' ? sightings.gone : []
    if (sightings?.mode === 'full' && sightings.part === 0) this.#users.clear()
    for (const { id, user } of sightings?.items ?? []) this.#users.set(id, user?.id)
    this.#actions.wrote(claims.actions ?? [])
    this.#claims = claims
  }

  /** Of this batch and those before, the newest first. An ordinary user sees only their own. */
  actions(caller: Caller) {
    return this.#actions.for(caller)
  }

  /** An ordinary user sees the claims of the device, and only their own items and sources. */
  for(caller: Caller): LastBatch {
    if (this.#claims === undefined) return {}
    if (caller.isRoot) return { claims: { ...this.#claims } }
    // Stops name users and programs of others, and say nothing that the status does not.
    const {
      sightings,
      sources,
      stopEvents: _,
      receipts,
      agentClaims,
      approvalRequests,
      actions,
      ...rest
    } = this.#claims
    const items = mine(sightings?.items ?? [], caller)
    const gone = this.#gone.filter((id) => this.#users.has(id) && isFor(caller, this.#users.get(id)))
    const own = mine(sources ?? [], caller)
    const claimed = mine(agentClaims ?? [], caller)
    const asked = (approvalRequests ?? []).filter(({ action }) => isFor(caller, readAction(action).user.id))
    const acted = mine(actions ?? [], caller)
    const lists = [sightings?.items, this.#gone, sources, agentClaims, approvalRequests, actions]
    const all = lists.reduce((sum, list) => sum + (list?.length ?? 0), 0)
    return {
      claims: {
        ...rest,
        ...(receipts === undefined ? {} : { receipts: receipts.map(({ stop: _, ...receipt }) => receipt) }),
        ...(agentClaims === undefined ? {} : { agentClaims: claimed }),
        ...(approvalRequests === undefined ? {} : { approvalRequests: asked }),
        ...(actions === undefined ? {} : { actions: acted }),
        ...(sightings === undefined
          ? {}
          : { sightings: sightings.mode === 'delta' ? { ...sightings, items, gone } : { ...sightings, items } }),
        ...(sources === undefined ? {} : { sources: own }),
      },
      leftOut: all - items.length - gone.length - own.length - claimed.length - asked.length - acted.length,
    }
  }
}

function mine<T extends { readonly user?: { readonly id: string } }>(items: readonly T[], caller: Caller): T[] {
  return items.filter(({ user }) => isFor(caller, user?.id))
}

function isFor({ userId }: Caller, owner: string | undefined): boolean {
  return owner === undefined || owner === userId
}

/** Of one user. */
const MOST_OF_USER = 100
const MOST_USERS = 50
/** Of one answer, which has at most 4 MiB. */
const MOST_SHOWN = 200

/** The newest actions of each user that went into evidence since the daemon started. */
class RecentActions {
  /** By user id, then by the id of the action; the newest last. */
  readonly #byUser = new Map<string, Map<string, ActionReport>>()

  wrote(actions: readonly ActionReport[]): void {
    for (const action of actions) {
      const { id: userId } = action.user
      const ofUser = this.#byUser.get(userId) ?? new Map<string, ActionReport>()
      // One that comes again has its outcome now, and keeps its place.
      ofUser.set(action.id, action)
      dropOldest(ofUser, MOST_OF_USER)
      this.#byUser.delete(userId)
      this.#byUser.set(userId, ofUser)
      dropOldest(this.#byUser, MOST_USERS)
    }
  }

  /** The newest first: for an ordinary user only their own. */
  for({ userId, isRoot }: Caller): ActionReport[] {
    const shown = isRoot ? [...this.#byUser.values()] : [this.#byUser.get(userId) ?? new Map<string, ActionReport>()]
    return shown
      .flatMap((actions) => [...actions.values()].toReversed())
      .toSorted((one, other) => other.time - one.time)
      .slice(0, MOST_SHOWN)
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  const [oldest] = map.keys()
  if (map.size > most && oldest !== undefined) map.delete(oldest)
}
