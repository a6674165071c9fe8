import { type Static, words } from '../base/schema.ts'

/** How strongly a device key is bound to hardware, strongest first. Pinned at enrolment; a lower tier needs a re-enrolment, which a human approves. */
export const TIERS = [
  'tpm-attested',
  'enclave-attested',
  'tpm',
  'enclave',
  'token',
  'platform',
  'software',
  'simulated',
] as const

export const tierSchema = words(...TIERS)
export type Tier = Static<typeof tierSchema>

export function tierAtLeast(tier: Tier, minimum: Tier): boolean {
  return TIERS.indexOf(tier) <= TIERS.indexOf(minimum)
}
