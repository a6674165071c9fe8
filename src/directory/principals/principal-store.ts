import type { Principal, Role, TokenKind } from '../../protocol/noun/permissions.ts'

export interface StoredPrincipal extends Principal {
  readonly kind: TokenKind
  /** SHA-256 of the token's 32 bytes. */
  readonly tokenHash: Uint8Array
  readonly createdAt: number
  /** When another principal last rotated the token, and so could keep it. Absent: never. */
  readonly tokenGivenAt?: number | undefined
  /** Tokens before rotations, newest first. Each is valid until its end. */
  readonly oldTokens: readonly { readonly tokenHash: Uint8Array; readonly until: number }[]
  /** From this time on the token is not valid. Absent: it has no end. */
  readonly expiresAt?: number | undefined
}

export interface PrincipalStore {
  /** All principals that were not revoked, expired ones too. There are few. */
  list(): Promise<readonly StoredPrincipal[]>
  /** @throws `CONFLICT` if a principal of this kind that was not revoked has the name. */
  put(principal: StoredPrincipal): Promise<void>
  setRole(id: string, role: Role): Promise<void>
  /** Writes the tokens and their ends. */
  setTokens(
    principal: Pick<StoredPrincipal, 'id' | 'tokenHash' | 'oldTokens' | 'tokenGivenAt' | 'expiresAt'>,
  ): Promise<void>
  revoke(id: string, at: number): Promise<void>
  /** @returns how many were not revoked before. */
  revokeAll(at: number): Promise<number>
  /** True if a principal was ever stored, revoked or not. */
  hasAny(): Promise<boolean>
  /** When the first one was made, and so the directory, or the first one of the newest reset. */
  firstAt(): Promise<number | undefined>
  /** When root of the server last replaced all principals. */
  resetAt(): Promise<number | undefined>
  /** Names of administrators whose token another one has made after this time. Revoked ones too. */
  newNames(after: number): Promise<readonly string[]>
  /** Names of administrators of any role, expired ones too, and of those who were revoked after this time. */
  namesSince(after: number): Promise<readonly string[]>
}
