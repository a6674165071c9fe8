/** What the policy asks of one device. */
import { CARDS } from '../../checks/checks.ts'
import type { Tier } from '../../protocol/tier.ts'

/**
 * `required`: a failed, unknown or missing check spoils the verdict; one that does not apply to the system counts for nothing.
 * `required-everywhere`: only a pass will do, and a system to which the check does not apply is not compliant.
 * `advisory`: the check is a reason of the result, and no more.
 */
export type Weight = 'required' | 'required-everywhere' | 'advisory'

export const STOP_ANSWERS = ['required', 'advisory'] as const
export type StopAnswers = (typeof STOP_ANSWERS)[number]

export interface Policy {
  /** By name of the check. A check that is not here counts for nothing. */
  readonly checks: Readonly<Record<string, Weight>>
  /** A device pinned to a lower tier is not compliant. Undefined: its token's minimum was enough. */
  readonly minimumTier: Tier | undefined
  /** How long the last attestation holds. */
  readonly attestationFreshMs: number
  /** How long findings hold: devices tell them again each hour, whatever else they tell. */
  readonly findingsFreshMs: number
  /** A device that was not heard for longer is recorded as silent. Infinite: never. Absent: `DEFAULT_SILENCE_MS`. */
  readonly silentAfterMs?: number | undefined
  /** `required`: a device that has not answered each stop in force is not let in. Absent: `advisory`. */
  readonly stopAnswers?: StopAnswers | undefined
  /** By name of the check: how long after its first failure it does not count yet. A check that is not here has no grace. */
  readonly graceMs?: Readonly<Record<string, number>> | undefined
  /** Checks that do not count until a time. */
  readonly exemptions?: readonly Exemption[] | undefined
}

export interface Exemption {
  readonly check: string
  /** Milliseconds since 1970. The check counts again from then on. */
  readonly until: number
  readonly reason: string
}

const HOUR_MS = 60 * 60 * 1000
/** Longer than most weekends and short holidays, in which laptops sleep. */
export const DEFAULT_SILENCE_MS = 7 * 24 * HOUR_MS

export const DEFAULT_POLICY: Policy = {
  checks: Object.fromEntries(CARDS.map(({ name, weight }) => [name, weight])),
  minimumTier: undefined,
  attestationFreshMs: 2 * HOUR_MS,
  findingsFreshMs: 24 * HOUR_MS,
  silentAfterMs: DEFAULT_SILENCE_MS,
  stopAnswers: 'advisory',
}

/** The default for devices that attest this often: results are made again with each attestation, and must outlive a late one. */
export function policyFor(attestEveryMs: number): Policy {
  const outlive = (freshMs: number) => Math.max(freshMs, 2 * attestEveryMs)
  const { attestationFreshMs, findingsFreshMs } = DEFAULT_POLICY
  return {
    ...DEFAULT_POLICY,
    attestationFreshMs: outlive(attestationFreshMs),
    findingsFreshMs: outlive(findingsFreshMs),
  }
}
