import type { Principal } from '../../protocol/api-principals.ts'

export interface StoredPrincipal extends Principal {
  /** SHA-256 of the token's 32 bytes. */
  readonly tokenHash: Uint8Array
}

export interface PrincipalStore {
  /** All principals whose tokens are valid. There are few. */
  list(): readonly StoredPrincipal[]
  put(principal: StoredPrincipal, at: number): void
  /** @returns how many tokens were valid. */
  revokeAll(at: number): number
  /** True if a principal was ever stored, revoked or not. */
  hasAny(): boolean
}
