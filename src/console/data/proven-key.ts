import type { Tier } from '../../protocol/tier.ts'

/** Whether hardware holds the key of a device. A simulated TPM and a file prove nothing. */
export function isProvenKey(tier: Tier): boolean {
  return tier !== 'software' && tier !== 'simulated'
}
