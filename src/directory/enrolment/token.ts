import type { Tier } from '../../protocol/tier.ts'

/** A permission to enrol: given out once as part of an enrolment string, kept as a hash. */
export interface Token {
  readonly id: string
  /** SHA-256 of the 32-byte secret, base64url. */
  readonly secretHash: string
  /** The human who answers for the device. */
  readonly owner: string
  readonly serial?: string | undefined
  readonly minimumTier: Tier
  readonly createdAt: number
  readonly expiresAt: number
  readonly uses: number
  readonly used: number
  readonly revokedAt?: number | undefined
}

export interface TokenStore {
  token(id: string): Token | undefined
  putToken(token: Token): void
  revokeToken(id: string, at: number): void
  /** Counts one use, if one is left. */
  useToken(id: string): boolean
  /** Did it make a device or a re-enrolment whose welcome may have been lost: one that never spoke under its own id? */
  tokenMayBeRetried(id: string): boolean
}
