import { pathKey } from '../../base/absolute-path.ts'
import type { Verdict } from '../../protocol/messages/attestation-result.ts'
import type { RULE_ACTIONS } from '../../protocol/nouns/directory/rules.ts'
import type { Autonomy } from '../../protocol/sighting.ts'

/** Rules that decide about agents which no registration matches. The first rule that fits decides. */

/**
 * `register`: to the template of the rule. `quarantine`: the same, and it is frozen until a human looks. `block`: frozen
 * wherever it runs or starts. `ask`: left to a human.
 */
export type RuleAction = (typeof RULE_ACTIONS)[number]

export interface Rule {
  readonly name: string
  readonly match: RuleMatch
  readonly action: RuleAction
  /** Of what is registered. */
  readonly template?: RuleTemplate | undefined
  /** Why it blocks or quarantines, for the human at the device. */
  readonly reason?: string | undefined
}

/** Each member that is there must fit. A list fits if one of its values does. No member: everything fits. */
export interface RuleMatch {
  /** Catalogue ids, and `unknown/NAME` for agents that no catalogue knows. */
  readonly product?: readonly string[]
  readonly package?: readonly string[]
  /** Executables. With `/` at the end: all in that folder. */
  readonly path?: readonly string[]
  /** Folders that the agent works in, or below. */
  readonly workspace?: readonly string[]
  /** User names of humans. */
  readonly human?: readonly string[]
  /** Names of groups of humans. */
  readonly group?: readonly string[]
  readonly device?: readonly string[]
  readonly label?: Readonly<Record<string, readonly string[]>>
  readonly verdict?: readonly Verdict[]
  readonly autonomy?: readonly AutonomyLevel[]
  /** Whether the catalogue knows it. */
  readonly known?: boolean
}
type AutonomyLevel = Autonomy['level']

export interface RuleTemplate {
  readonly purpose: string
  /** User name of a human. Undefined: the human whose account it runs as. */
  readonly owner?: string | undefined
  readonly autonomyCeiling?: 'asks' | 'autonomous' | undefined
  readonly reviewAfterMs?: number | undefined
  readonly expiresAfterMs?: number | undefined
}

/** What is known of an agent on a device when rules decide about it. */
export interface RuleSubject {
  readonly item: string
  readonly known: boolean
  readonly packages: readonly string[]
  readonly executable?: string | undefined
  readonly workspace?: string | undefined
  readonly autonomy: AutonomyLevel
  readonly device: string
  readonly labels: Readonly<Record<string, string>>
  readonly verdict: Verdict
  /** Folded user name of the human of the confirmed account. */
  readonly human?: string | undefined
  /** Folded names. */
  readonly groups: readonly string[]
}

/** The first rule that fits. Undefined: none does, which leaves it to a human. Pure. */
export function ruleFor(rules: readonly Rule[], subject: RuleSubject): Rule | undefined {
  return rules.find(({ match }) => fits(match, subject))
}

/** True for a rule that asks nothing of what it decides about. */
export function matchesEverything({ match }: Rule): boolean {
  return Object.keys(match).length === 0
}

function fits(match: RuleMatch, subject: RuleSubject): boolean {
  const { executable, workspace, human } = subject
  return (
    (match.product?.includes(subject.item) ?? true) &&
    (match.known === undefined || match.known === subject.known) &&
    (match.package?.some((one) => subject.packages.includes(one)) ?? true) &&
    (match.path?.some((one) => executable !== undefined && isAt(executable, one)) ?? true) &&
    (match.workspace?.some((one) => workspace !== undefined && isIn(workspace, one)) ?? true) &&
    (match.human?.some((one) => one === human) ?? true) &&
    (match.group?.some((one) => subject.groups.includes(one)) ?? true) &&
    (match.device?.includes(subject.device) ?? true) &&
    (match.verdict?.includes(subject.verdict) ?? true) &&
    (match.autonomy?.includes(subject.autonomy) ?? true) &&
    Object.entries(match.label ?? {}).every(
      ([key, values]) => Object.hasOwn(subject.labels, key) && values.includes(subject.labels[key] ?? ''),
    )
  )
}

function isAt(executable: string, path: string): boolean {
  const [found, wanted] = [pathKey(executable), pathKey(path)]
  return path.endsWith('/') ? found.startsWith(wanted) : found === wanted
}

function isIn(folder: string, above: string): boolean {
  const whole = above.endsWith('/') ? above : `${above}/`
  return pathKey(`${folder}/`).startsWith(pathKey(whole))
}
