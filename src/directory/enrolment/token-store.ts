import type { TOKEN_PENDING, Token as TokenView } from '../../protocol/nouns/enrolment/tokens.ts'
import type { Tier } from '../../protocol/tier.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

/** A permission to enrol. Its enrolment string is shown once; the store has a hash of its secret. */
export interface Token {
  readonly id: string
  /** SHA-256 of the 32-byte secret, base64url. */
  readonly secretHash: string
  /** The human who answers for the device. Undefined if its preregistration names them. */
  readonly owner?: string | undefined
  /** It takes only preregistered devices. */
  readonly preregistered?: boolean | undefined
  readonly pending?: (typeof TOKEN_PENDING)[number] | undefined
  /** Devices without a TPM are not told apart. */
  readonly unbound?: boolean | undefined
  readonly serial?: string | undefined
  readonly minimumTier: Tier
  readonly createdAt: number
  readonly expiresAt: number
  readonly uses: number
  readonly used: number
  readonly revokedAt?: number | undefined
}

/** What distinguishes devices that use the same token. */
export interface TokenClaim {
  readonly kind: 'endorsement-key' | 'serial'
  readonly key: string
}

export interface TokenStore {
  get(id: string): Promise<Token | undefined>
  put(token: Token): Promise<void>
  revoke(id: string, at: number): Promise<void>
  /** Counts one use. @returns false if none is left. */
  use(id: string): Promise<boolean>
  /** The first device with this claim, and how often it came. */
  claimed(id: string, claim: TokenClaim): Promise<{ readonly device: string; readonly times: number } | undefined>
  /** Counts a claim. The first device with it stays. */
  claim(id: string, claim: TokenClaim, device: string): Promise<void>
  /** Forgets the claims of a device that was refused. */
  unclaim(device: string): Promise<void>
  /** True if it made a device, re-enrolment or pending device whose welcome may have been lost. */
  mayBeRetried(id: string): Promise<boolean>
}

/** What the API reads. No secrets and no hashes. */
export interface TokenQueries {
  list(request: ListRequest, now: number): Promise<Listed<TokenView>>
  view(id: string, now: number): Promise<TokenView | undefined>
}
