import { DEVIATIONS, type Deviation } from '../../protocol/api/inbox.ts'
import { isOneOf } from '../../protocol/selected-paths.ts'
import type { Registration } from '../registrations/registration-store.ts'
import { isWithin, shownOf, withoutVersion } from './matching.ts'
import type { Instance } from './seen-store.ts'
import { isInVersions } from './versions.ts'

/** How a seen agent differs from its registration. Pure. */

/** What of a registration it is compared with. */
type Registered = Pick<Registration, 'versions' | 'scope' | 'autonomyCeiling' | 'single'>

export interface DeviationFacts {
  readonly instances: readonly Instance[]
  /** Running sightings of it, and of others under the same registration. */
  readonly running: number
  readonly runningElsewhere: number
  readonly autonomous: number
  /** Of running ones, without versions, as registered. Empty: none ran then. */
  readonly executables: readonly string[]
  /** MCP servers that start something else than then. */
  readonly launches: Readonly<Record<string, string>>
}

/** What is not known is no deviation: no version, no workspace, no executable. In the order of `DEVIATIONS`. */
export function deviationsOf(registered: Registered, facts: DeviationFacts): readonly Deviation[] {
  return DEVIATIONS.filter((word) => HOLDS[word](registered, facts))
}

const HOLDS: Readonly<Record<Deviation, (registered: Registered, facts: DeviationFacts) => boolean>> = {
  'autonomy-above-ceiling': ({ autonomyCeiling }, { autonomous }) => autonomyCeiling === 'asks' && autonomous > 0,
  'version-outside-registration': ({ versions }, { instances }) =>
    versions !== undefined &&
    shownOf(instances).some(({ version }) => version !== undefined && !isInVersions(version, versions)),
  'executable-changed': (_, { instances, executables }) =>
    executables.length > 0 && runningExecutables(instances).some((one) => !isOneOf(one, executables)),
  'launch-changed': (_, { launches }) => Object.keys(launches).length > 0,
  'workspace-outside-scope': ({ scope: { workspaces } }, { instances }) =>
    workspaces !== undefined &&
    workspaces.length > 0 &&
    instances.some(({ running, workspaces: used }) => running && used.length > 0 && !isWithin(used, workspaces)),
  'second-instance': ({ single }, { running, runningElsewhere }) =>
    single && running > 0 && running + runningElsewhere > 1,
}

/** At most so many are remembered of one seen agent. */
const MAX_EXECUTABLES = 16

/** Executables of running instances, without their versions. */
export function runningExecutables(instances: readonly Instance[]): readonly string[] {
  const running = instances.flatMap(({ running: runs, executable, version }) =>
    runs && executable !== undefined && executable !== '' ? [withoutVersion(executable, version)] : [],
  )
  return [...new Set(running)].slice(0, MAX_EXECUTABLES)
}
