import { hash } from 'node:crypto'

/**
 * Where a device is in every staged rollout: from 0 to less than 100, the same for each version. Devices at the front find
 * faults for the others, so it depends on nothing that their users choose.
 */
export function rolloutPosition(device: string): number {
  const digest = hash('sha256', `surety rollout ${device}`, 'buffer')
  return (digest.readUInt32BE(0) / 2 ** 32) * 100
}
