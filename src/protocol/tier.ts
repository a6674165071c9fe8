import { type Static, words } from '../base/schema.ts'

/** How strongly a device key is bound to hardware, strongest first. Pinned at enrolment; a human must approve a lower tier. */
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
