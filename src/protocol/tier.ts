import { type Static, words } from '../base/schema.ts'

/** How well a device key is proven, best first. Pinned at enrolment; a lower one is a new decision by a human. */
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
