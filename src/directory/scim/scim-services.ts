import { type ScimAgentsComponents, scimAgents } from './agents.ts'
import { type ScimGroupsComponents, scimGroups } from './groups.ts'
import { type GuardComponents, guard } from './guard.ts'
import type { Resources } from './resources.ts'
import { type UsersComponents, users } from './users.ts'

export interface ScimInit {
  /** SCIM may deactivate this part of all humans within an hour. */
  readonly guardPercent: number
  /** Agents are resources too. Drafts say how, so their shape may change. */
  readonly agents: boolean
}

export const SCIM_INIT: ScimInit = { guardPercent: 10, agents: false }

export type ScimServicesComponents = GuardComponents &
  ScimAgentsComponents &
  ScimGroupsComponents &
  Omit<UsersComponents, 'guard'>

/** What SCIM clients can change, and the guard over it. */
export function scimServices(components: ScimServicesComponents, init: ScimInit) {
  const scimGuard = guard(components, { percent: init.guardPercent })
  const scimResources: readonly Resources[] = [
    users({ ...components, guard: scimGuard }),
    scimGroups(components),
    ...(init.agents ? [scimAgents(components)] : []),
  ]
  return { scimGuard, scimResources }
}
