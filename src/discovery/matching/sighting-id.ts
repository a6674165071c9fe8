import { hash } from 'node:crypto'

/** Names the same thing the same way each time it is seen on this device: 16 bytes of SHA-256 over `parts`, as hex. */
export function sightingId(...parts: readonly (string | number)[]): string {
  // JSON keeps ['a', 'bc'] apart from ['ab', 'c'].
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32)
}
