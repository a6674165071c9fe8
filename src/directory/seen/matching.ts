import { pathKey } from '../../base/absolute-path.ts'
import type { RegistrationCriteria } from '../../protocol/nouns/agents/registration-criteria.ts'
import { isOneOf } from '../../protocol/selected-paths.ts'
import type { Registration } from '../registrations/registration-store.ts'
import type { Instance } from './seen-store.ts'

/** Which registration a seen agent is of. Pure. */

type Candidate = Pick<Registration, 'number' | 'state' | 'criteria'>

export interface MatchFacts {
  readonly device: string
  readonly item: string
  readonly human: string | undefined
  /** Present sightings, running ones first. */
  readonly instances: readonly Instance[]
  /** Names of the MCP servers that it has. Asked for only if a criterion needs them. */
  readonly mcpServers: () => Promise<readonly string[]>
}

/** States in which a registration matches nothing. */
const UNMATCHED: readonly Candidate['state'][] = ['provisioning', 'retired']

/** The one with the most criteria; of several, one that does not end; of these, the oldest. */
export async function registrationFor<C extends Candidate>(
  candidates: readonly C[],
  facts: MatchFacts,
): Promise<C | undefined> {
  let best: C | undefined
  for (const one of candidates) {
    if (UNMATCHED.includes(one.state) || !(await matches(one.criteria, facts))) continue
    if (best === undefined || isBefore(one, best)) best = one
  }
  return best
}

function isBefore(one: Candidate, other: Candidate): boolean {
  const criteria = criteriaCount(one.criteria) - criteriaCount(other.criteria)
  if (criteria !== 0) return criteria > 0
  const ends = Number(one.state === 'retiring') - Number(other.state === 'retiring')
  return ends === 0 ? one.number < other.number : ends < 0
}

function criteriaCount(criteria: RegistrationCriteria): number {
  return Object.values(criteria).filter((one) => one !== undefined).length
}

export async function matches(criteria: RegistrationCriteria, facts: MatchFacts): Promise<boolean> {
  const { products, packages, executables, signers, device, human, workspaces, mcpServers } = criteria
  if (criteriaCount(criteria) === 0) return false
  if (device !== undefined && device !== facts.device) return false
  if (human !== undefined && human !== facts.human) return false
  if (products !== undefined && !products.includes(facts.item)) return false
  // No sighting says who signed a program, so such a criterion holds for none.
  if (signers !== undefined) return false
  const { instances } = facts
  if (packages !== undefined && !instances.some((one) => packagesIn(one).some((name) => packages.includes(name)))) {
    return false
  }
  // An instance that does not fit must not hide behind one that does.
  const shown = shownOf(instances)
  if (executables !== undefined && !all(shown, (one) => isAmong(one, executables))) return false
  if (workspaces !== undefined && !all(shown, (one) => isWithin(one.workspaces, workspaces))) return false
  return mcpServers === undefined || (await facts.mcpServers()).some((name) => mcpServers.includes(name))
}

/** Running instances, or the installed ones if none runs. */
export function shownOf(instances: readonly Instance[]): readonly Instance[] {
  const running = instances.filter((one) => one.running)
  return running.length > 0 ? running : instances
}

function all(instances: readonly Instance[], fits: (instance: Instance) => boolean): boolean {
  return instances.length > 0 && instances.every(fits)
}

function isAmong({ executable, version }: Instance, executables: readonly string[]): boolean {
  if (executable === undefined) return false
  return isOneOf(executable, executables) || isOneOf(withoutVersion(executable, version), executables)
}

/** Each folder is one of the others or below it, and there is one. */
export function isWithin(folders: readonly string[], others: readonly string[]): boolean {
  return (
    folders.length > 0 && folders.every((folder) => others.some((other) => isBelow(pathKey(folder), pathKey(other))))
  )
}

function isBelow(folder: string, other: string): boolean {
  const base = other.replace(/[/\\]+$/, '')
  if (folder === other || folder === base) return true
  const rest = folder.startsWith(base) ? folder.slice(base.length) : ''
  // A folder that climbs is not below what it begins with.
  return /^[/\\]/.test(rest) && !rest.split(/[/\\]/).includes('..')
}

const PACKAGE = /^(?:npm package|python package|snap|Flatpak|Homebrew (?:cask|formula)) (\S+)/
const PACKAGE_COMMAND = /, a command of npm package (\S+)$/

/** The packages that the evidence of a sighting names. */
export function packagesIn({ evidence }: Pick<Instance, 'evidence'>): readonly string[] {
  return evidence.flatMap((line) => {
    const name = (PACKAGE.exec(line) ?? PACKAGE_COMMAND.exec(line))?.[1]
    return name === undefined ? [] : [name]
  })
}

/** A path that stays the same when the program is updated: its version, if it is in the path, becomes `*`. */
export function withoutVersion(executable: string, version: string | undefined): string {
  return version === undefined || !/^\d+\.\d/.test(version) ? executable : executable.replaceAll(version, '*')
}
