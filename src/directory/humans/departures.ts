import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { Deactivation, DepartureReport } from '../../protocol/nouns/people/people.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { Changes } from '../workers/changes.ts'
import type { AccountStore } from './account-store.ts'
import type { GroupStore } from './group-store.ts'
import type { HumanStore } from './human-store.ts'
import { proposeNamed, storedHuman } from './humans.ts'
import type { ServiceAccounts } from './service-accounts.ts'
import { humanView } from './views.ts'

/** A human leaves. */

/** The agents that a human answers for. */
export interface OwnedAgents {
  /**
   * Each goes to its successor, if that human is active and accepted it before, and retires otherwise. Inside the caller's
   * transaction.
   */
  depart(
    human: string,
    act: { readonly reason: string; readonly by: Person },
  ): Promise<{ readonly transferred: readonly DepartedAgent[]; readonly retired: readonly DepartedAgent[] }>
}

export interface DepartedAgent {
  readonly id: string
  readonly name: string
  /** Id of the new owner. */
  readonly to?: string | undefined
}

export interface DeparturesComponents
  extends ActComponents<{
    readonly humans: HumanStore
    readonly groups: Pick<GroupStore, 'get' | 'update' | 'removeMember' | 'isStopped'>
    readonly accounts: Pick<AccountStore, 'ofHuman' | 'propose'>
  }> {
  readonly agents: OwnedAgents
  readonly serviceAccounts: Pick<ServiceAccounts, 'depart'>
  readonly changes: Pick<Changes, 'of'>
}

export interface Departures {
  /**
   * Deactivates a human, in one transaction with everything that follows: agents and service accounts go to their successors or
   * end, groups are left, proposals are taken back. Confirmed accounts stay as history. One who is deactivated already changes
   * nothing.
   *
   * @throws `NOT_FOUND`; `VERSION_STALE`.
   */
  deactivate(human: string, by: Person, request: Deactivation): Promise<DepartureReport>
}

const MOST_LISTED = 100

export function departures(components: DeparturesComponents): Departures {
  const { store, changes } = components
  return {
    async deactivate(human, { id, name }, request) {
      // A principal has more members, and stops keep the person as it is.
      const by = { id, name }
      if (request.dryRun === true) return undone(store, () => depart(components, human, by, request))
      const report = await store.transaction(() => depart(components, human, by, request))
      changes.of('registrations')
      return report
    },
  }
}

/** Does `work` and undoes it, so that a dry run says exactly what would happen. */
async function undone<T>(store: DeparturesComponents['store'], work: () => Promise<T>): Promise<T> {
  const undo = new Error('a dry run is undone')
  let done: { readonly result: T } | undefined
  try {
    await store.transaction(async () => {
      done = { result: await work() }
      throw undo
    })
  } catch (error) {
    if (error !== undo || done === undefined) throw error
  }
  if (done === undefined) throw undo
  return done.result
}

async function depart(
  { store, clock, agents, serviceAccounts }: DeparturesComponents,
  id: string,
  by: Person,
  { reason, expectVersion, dryRun = false }: Deactivation,
): Promise<DepartureReport> {
  const human = await storedHuman(store.humans, id)
  if (expectVersion !== undefined && expectVersion !== human.version) {
    throw new SuretyError('VERSION_STALE', `the person ${id} was changed meanwhile: read it again`)
  }
  const accounts = (await store.accounts.ofHuman(id)).length
  if (human.status === 'deactivated') {
    const none = { transferred: 0, ended: 0, items: [] }
    return { human: humanView(human), dryRun, agents: none, serviceAccounts: none, groups: 0, groupsKept: 0, accounts }
  }
  const at = clock.now()
  // The database refuses a human who leaves while something active is theirs.
  const owned = await agents.depart(id, { reason, by })
  const services = await serviceAccounts.depart(id, { reason, by })
  const groups = await leaveGroups(store, id, at)
  const left = await store.humans.update({ ...human, status: 'deactivated', deactivatedAt: at, changedAt: at })
  await proposeNamed(store, left)
  const report: DepartureReport = {
    human: humanView(left),
    dryRun,
    ...groups,
    accounts,
    agents: departed([...owned.retired, ...owned.transferred]),
    serviceAccounts: departed(services.map(({ account: { id: service, name }, to }) => ({ id: service, name, to }))),
  }
  await store.audit.add({
    at,
    actor: by.id,
    act: 'human-deactivated',
    subject: id,
    before: human,
    after: left,
    details: {
      human: id,
      userName: human.userName,
      reason,
      ...groups,
      accounts,
      agentsTransferred: report.agents.transferred,
      agentsRetired: report.agents.ended,
      serviceAccountsTransferred: report.serviceAccounts.transferred,
      serviceAccountsEnded: report.serviceAccounts.ended,
    },
  })
  return report
}

/** A group that is stopped is not left: agents that are frozen because of it must not run again. */
async function leaveGroups({ humans, groups }: DeparturesComponents['store'], human: string, at: number) {
  const all = await humans.groupsOf(human)
  let left = 0
  for (const group of all) {
    if (await groups.isStopped(group)) continue
    left++
    await groups.removeMember(group, human)
    const before = await groups.get(group)
    // Who read its members reads them again.
    if (before !== undefined) await groups.update({ ...before, changedAt: at })
  }
  return { groups: left, groupsKept: all.length - left }
}

function departed(all: readonly DepartedAgent[]): DepartureReport['agents'] {
  const transferred = all.filter(({ to }) => to !== undefined).length
  const items = all.slice(0, MOST_LISTED).map(({ id, name, to }) => ({ id, name, ...member('to', to) }))
  return { transferred, ended: all.length - transferred, items }
}
