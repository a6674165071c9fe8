import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../protocol/ids.ts'
import { type AccountsComponents, accounts } from './accounts.ts'
import { type DeparturesComponents, departures, type OwnedAgents } from './departures.ts'
import { type GroupsComponents, groups } from './groups.ts'
import { type HumansComponents, humans } from './humans.ts'
import { type ServiceAccountsComponents, serviceAccounts } from './service-accounts.ts'

type Stores = AccountsComponents['store'] &
  DeparturesComponents['store'] &
  GroupsComponents['store'] &
  HumansComponents['store'] &
  ServiceAccountsComponents['store']

export interface HumanServicesComponents {
  readonly store: Stores
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly agents: OwnedAgents
  readonly changes: DeparturesComponents['changes']
}

/** Everything that is done to humans and to what is theirs. */
export function humanServices(components: HumanServicesComponents) {
  const services = serviceAccounts(components)
  return {
    humans: humans(components),
    groups: groups(components),
    accounts: accounts(components),
    serviceAccounts: services,
    departures: departures({ ...components, serviceAccounts: services }),
  }
}
