import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { equalSecrets, sha256 } from '../../crypto/hash.ts'
import type { Administrator } from './route.ts'

/** Administrators' tokens: 32 random bytes, given out once, kept as their SHA-256. */

const PREFIX = 'surety_adm_'
const SECRET_BYTES = 32

export interface StoredAdministrator extends Administrator {
  /** SHA-256 of the token's bytes; 32. */
  readonly hash: Uint8Array
}

export interface AdministratorStore {
  /** Those not revoked. There are few. */
  administrators(): readonly StoredAdministrator[]
  /** Adds one and revokes all others, in one transaction. Durable when it returns. */
  replaceAdministrators(administrator: StoredAdministrator, at: number): void
  /** True once there has ever been one, revoked or not. */
  hasHadAdministrator(): boolean
}

export interface AdministratorComponents {
  readonly store: AdministratorStore
  readonly clock: Pick<Clock, 'now'>
  readonly randomBytes: (size: number) => Uint8Array
}

/** @returns a token, and what is to be stored of it: the only time the token exists outside its owner's hands. */
export function newAdministrator(
  randomBytes: AdministratorComponents['randomBytes'],
  name: string,
): { readonly token: string; readonly stored: StoredAdministrator } {
  const secret = randomBytes(SECRET_BYTES)
  const id = `adm_${toBase64Url(randomBytes(16))}`
  return { token: PREFIX + toBase64Url(secret), stored: { id, name, hash: sha256(secret) } }
}

/** @param header the whole `Authorization` header. @returns undefined for anything but the token of an administrator. */
export function authenticate(store: AdministratorStore, header: string | undefined): Administrator | undefined {
  const secret = secretOf(header)
  if (secret === undefined) return undefined
  const hash = sha256(secret)
  let found: Administrator | undefined
  // No early exit: all are compared, each in constant time.
  for (const stored of store.administrators()) {
    if (equalSecrets(hash, stored.hash)) found = { id: stored.id, name: stored.name }
  }
  return found
}

function secretOf(header: string | undefined): Uint8Array | undefined {
  const [, token] = /^Bearer surety_adm_([A-Za-z0-9_-]{43})$/i.exec(header ?? '') ?? []
  return token === undefined ? undefined : fromBase64Url(token)
}
