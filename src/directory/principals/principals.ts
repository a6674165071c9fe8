import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { equalSecrets, sha256 } from '../../crypto/hash.ts'
import type { Principal } from '../../protocol/api-principals.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { AuditStore } from '../audit/audit.ts'
import type { PrincipalStore, StoredPrincipal } from './principal-store.ts'

/** Principals have tokens of 32 random bytes. A token is shown once; the store has its SHA-256. */

const PREFIX = 'surety_adm_'
const SECRET_BYTES = 32

export interface PrincipalsComponents {
  readonly store: { readonly principals: PrincipalStore; readonly audit: AuditStore; transaction<T>(work: () => T): T }
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
}

/** The token is in memory only: the caller hands it to the administrator. */
export interface NewAdministrator {
  readonly token: string
  readonly principal: StoredPrincipal
}

export function newAdministrator(random: Random, name: string): NewAdministrator {
  const secret = random(SECRET_BYTES)
  const id = newId('adm', random)
  return {
    token: PREFIX + toBase64Url(secret),
    principal: { id, kind: 'administrator', name, roles: ['administrator'], tokenHash: sha256(secret) },
  }
}

/** Makes `administrator` the only principal. All other tokens are revoked. */
export function replaceAdministrators(
  { store, clock }: Pick<PrincipalsComponents, 'store' | 'clock'>,
  administrator: StoredPrincipal,
  { actor }: { readonly actor?: string } = {},
): void {
  store.transaction(() => {
    const at = clock.now()
    const revoked = store.principals.revokeAll(at)
    store.principals.put(administrator, at)
    if (actor === undefined) return
    const { id } = administrator
    store.audit.add({ at, actor, act: 'administrator-reset', subject: id, details: { administrator: id, revoked } })
  })
}

/**
 * Finds the principal whose token an `Authorization` header carries.
 *
 * @returns undefined for any other header.
 */
export function principalOf(
  store: Pick<PrincipalStore, 'list'>,
  authorization: string | undefined,
): Principal | undefined {
  const secret = secretOf(authorization)
  if (secret === undefined) return undefined
  const hash = sha256(secret)
  let found: Principal | undefined
  // No early exit: all hashes are compared, each in constant time.
  for (const { tokenHash, ...principal } of store.list()) {
    if (equalSecrets(hash, tokenHash)) found = principal
  }
  return found
}

function secretOf(authorization: string | undefined): Uint8Array | undefined {
  const [, token] = /^Bearer surety_adm_([A-Za-z0-9_-]{43})$/i.exec(authorization ?? '') ?? []
  return token === undefined ? undefined : fromBase64Url(token)
}
