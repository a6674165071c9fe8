import type { Tier } from '../../protocol/tier.ts'
import type { Exemption, Policy } from './policy.ts'

/** The policy of all devices: rules for everyone, rules of groups, exemptions. */
export interface PolicyDocument {
  readonly everyone: Policy
  /** In the order of the file. A device is in the first group that it matches. */
  readonly groups: readonly PolicyGroup[]
  readonly exemptions: readonly DeviceExemption[]
}

export interface PolicyGroup {
  readonly name: string
  /** Undefined: no device is in it. Other groups extend it. */
  readonly match: Match | undefined
  /** What it asks of its devices, with all that it extends. */
  readonly policy: Policy
}

/** Each member that is there must fit. A list fits if one of its values does. */
export interface Match {
  readonly owner?: readonly string[]
  readonly system?: readonly string[]
  readonly tier?: readonly Tier[]
  readonly label?: Readonly<Record<string, readonly string[]>>
}

export interface DeviceExemption extends Exemption {
  readonly device: string
  /** Who answers for it. */
  readonly owner: string
}

/** What decides which group a device is in. `system` is what the device says of itself. */
export interface PolicySubject {
  readonly id: string
  readonly owner: string
  readonly tier: Tier
  readonly label: { readonly platform: string }
  readonly labels?: Readonly<Record<string, string>> | undefined
}

/** The group of a device. Undefined: the rules for everyone. */
export function groupOf({ groups }: PolicyDocument, subject: PolicySubject): PolicyGroup | undefined {
  return groups.find(({ match }) => match !== undefined && fits(match, subject))
}

/** What the document asks of one device. Pure. */
export function policyOf(document: PolicyDocument, subject: PolicySubject): Policy {
  const policy = groupOf(document, subject)?.policy ?? document.everyone
  const exemptions = document.exemptions.filter(({ device }) => device === subject.id)
  return exemptions.length === 0 ? policy : { ...policy, exemptions }
}

function fits({ owner, system, tier, label = {} }: Match, subject: PolicySubject): boolean {
  return (
    (owner?.includes(subject.owner) ?? true) &&
    (system?.includes(subject.label.platform) ?? true) &&
    (tier?.includes(subject.tier) ?? true) &&
    Object.entries(label).every(([key, values]) => values.includes(ownText(subject.labels ?? {}, key)))
  )
}

/** An absent label fits no value: labels are never empty. */
function ownText(labels: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(labels, key) ? (labels[key] ?? '') : ''
}
