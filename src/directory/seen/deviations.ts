import { DEVIATIONS, type Deviation } from '../../protocol/nouns/agents/seen-agents.ts'
import { isOneOf } from '../../protocol/selected-paths.ts'
import type { Registration } from '../registrations/registration-store.ts'
import { isWithin, shownOf, withoutVersion } from './matching.ts'
import type { Instance } from './seen-store.ts'

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

/** Versions as registrations name them: `2.1.4`, or a range such as `>=2.1 <3`. Parts compare as numbers. */

const COMPARISON = /^(>=|<=|>|<)(\d+(?:\.\d+)*)/

export function isInVersions(version: string, ranges: readonly string[]): boolean {
  return ranges.some((range) => isEqual(version, range) || isInRange(version, range))
}

/** `2.1` is `2.1.0`. A pre-release is equal to nothing else. */
function isEqual(version: string, other: string): boolean {
  if (version === other) return true
  if (![version, other].every((one) => /^v?\d+(\.\d+)*$/.test(one))) return false
  return compare(partsOf(version) ?? [], partsOf(other) ?? []) === 0
}

function isInRange(version: string, range: string): boolean {
  const parts = partsOf(version)
  return parts !== undefined && range.split(' ').every((one) => holds(parts, one))
}

function holds(version: readonly number[], comparison: string): boolean {
  const [, operator, wanted] = COMPARISON.exec(comparison) ?? []
  const order = wanted === undefined ? Number.NaN : compare(version, partsOf(wanted) ?? [])
  switch (operator) {
    case '>=':
      return order >= 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '<':
      return order < 0
    default:
      return false
  }
}

/** The numbers that a version begins with. A pre-release counts as its release. */
function partsOf(version: string): readonly number[] | undefined {
  const [, numbers] = /^v?(\d+(?:\.\d+)*)/.exec(version) ?? []
  return numbers?.split('.').map(Number)
}

/** Missing parts count as 0. */
function compare(one: readonly number[], other: readonly number[]): number {
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
