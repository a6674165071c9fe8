import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { equalSecrets, sha256 } from '../../crypto/hash.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { AdministratorRole, Principal, Role, ServiceScope, TokenKind } from '../../protocol/noun/permissions.ts'
import { PRINCIPAL_TTL_MS } from '../../protocol/nouns/people/principals.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { PrincipalStore, StoredPrincipal } from './principal-store.ts'

/** Principals have tokens of 32 random bytes. A token is shown once; the store has its SHA-256. */

const ID_KINDS = { administrator: 'adm', service: 'svc' } as const satisfies Record<TokenKind, string>
const SECRET_BYTES = 32
/** Principals that are not revoked. Each request is compared with all of them. */
const MAX_PRINCIPALS = 200
/** How long the token before a rotation stays valid. */
const OLD_TOKEN_MS = 24 * 3_600_000
/** A token before a rotation is valid for as long as was said, so there are no more rotations than these in that time. */
const MOST_OLD = 4

export interface PrincipalsComponents extends ActComponents<{ readonly principals: PrincipalStore }> {
  readonly random: Random
}

/** The token is in memory only: the caller hands it to its holder. */
export interface NewPrincipal {
  readonly token: string
  readonly principal: StoredPrincipal
}

export type PrincipalRequest = { readonly name: string; readonly ttlMs: number } & (
  | { readonly kind: 'administrator'; readonly role: AdministratorRole }
  | { readonly kind: 'service'; readonly role: ServiceScope }
)

export interface Principals {
  /** Not revoked, expired ones too, oldest first. */
  list(kind: TokenKind): Promise<readonly StoredPrincipal[]>
  /**
   * An expired principal of the same name is revoked.
   *
   * @throws `CONFLICT` for a name in use; `QUOTA_EXCEEDED`.
   */
  add(request: PrincipalRequest, actor: string): Promise<NewPrincipal>
  /**
   * An administrator who signs in to the console. Nobody has the token.
   *
   * @throws as `add`.
   */
  addWithoutToken(
    administrator: { readonly name: string; readonly role: AdministratorRole },
    actor: string,
  ): Promise<StoredPrincipal>
  /** @param name or id. @throws `NOT_FOUND`; `CONFLICT` if no valid administrator would be left. */
  setRole(name: string, role: AdministratorRole, actor: string): Promise<StoredPrincipal>
  /**
   * The principal keeps its id, and its token before stays valid for a day, but never longer than it would have been.
   *
   * @param ttlMs undefined: as usual, or without an end if it had none.
   * @throws `NOT_FOUND`; `QUOTA_EXCEEDED` for a fifth rotation within a day.
   */
  rotate(
    request: { readonly kind: TokenKind; readonly name: string; readonly ttlMs?: number | undefined },
    actor: string,
  ): Promise<NewPrincipal>
  /** As `setRole`. */
  revoke(kind: TokenKind, name: string, actor: string): Promise<StoredPrincipal>
}

export function principals({ store, clock, random }: PrincipalsComponents): Principals {
  const named = async (kind: TokenKind, name: string) =>
    (await store.principals.list()).find(
      (one) => one.kind === kind && (one.name.toLowerCase() === name.toLowerCase() || one.id === name),
    )
  const requireNamed = async (kind: TokenKind, name: string): Promise<StoredPrincipal> => {
    const found = await named(kind, name)
    if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no ${kind} named ${name}`)
    return found
  }
  const record = (
    act: 'principal-added' | 'principal-role-changed' | 'principal-token-rotated' | 'principal-revoked',
    { before, after }: { readonly before?: StoredPrincipal; readonly after?: StoredPrincipal },
  ) => ({
    by: async (actor: string, others: Readonly<Record<string, string | number>> = {}) => {
      const subject = after ?? before
      if (subject === undefined) return
      const { id, kind, name, role } = subject
      await store.audit.add({
        at: clock.now(),
        actor,
        act,
        subject: id,
        details: { principal: id, kind, name, role, ...others },
        before,
        after,
      })
    },
  })
  const revokeOne = async (principal: StoredPrincipal, actor: string) => {
    await store.principals.revoke(principal.id, clock.now())
    await record('principal-revoked', { before: principal }).by(actor)
  }
  const add = (
    { kind, name, role, expiresAt }: Pick<StoredPrincipal, 'kind' | 'name' | 'role' | 'expiresAt'>,
    actor: string,
  ) =>
    store.transaction(async () => {
      const now = clock.now()
      const present = await named(kind, name)
      if (present !== undefined && isValid(present, now)) {
        throw new SuretyError('CONFLICT', alreadyThere(kind, present.name))
      }
      if (present !== undefined) await revokeOne(present, actor)
      if ((await store.principals.list()).length >= MAX_PRINCIPALS) {
        const message = `there are ${MAX_PRINCIPALS} administrators and services: revoke those that are not needed`
        throw new SuretyError('QUOTA_EXCEEDED', message)
      }
      const added = newPrincipal(random, { kind, name, role, createdAt: now, ...member('expiresAt', expiresAt) })
      await store.principals.put(added.principal)
      await record('principal-added', { after: added.principal }).by(actor, { ...member('expiresAt', expiresAt) })
      return added
    })
  return {
    list: async (kind) => (await store.principals.list()).filter((one) => one.kind === kind),
    add: ({ kind, name, role, ttlMs }, actor) => add({ kind, name, role, expiresAt: clock.now() + ttlMs }, actor),
    addWithoutToken: async ({ name, role }, actor) =>
      (await add({ kind: 'administrator', name, role }, actor)).principal,
    setRole: (name, role, actor) =>
      store.transaction(async () => {
        const before = await requireNamed('administrator', name)
        const after = { ...before, role }
        if (before.role === role) return after
        await store.principals.setRole(before.id, role)
        await requireAdministrator(store.principals, clock.now())
        await record('principal-role-changed', { before, after }).by(actor, { before: before.role })
        return after
      }),
    rotate: ({ kind, name, ttlMs }, actor) =>
      store.transaction(async () => {
        const now = clock.now()
        const before = await requireNamed(kind, name)
        const old = validOf(before, now)
        requireFewRotations(before.name, old)
        const { token, tokenHash } = newToken(random, kind)
        const until = Math.min(now + OLD_TOKEN_MS, before.expiresAt ?? Number.POSITIVE_INFINITY)
        const principal: StoredPrincipal = {
          ...before,
          tokenHash,
          expiresAt: endAfter(before, ttlMs, now),
          // All of the last day: a client that got no answer rotates again, and the holder still has the one before.
          oldTokens: [{ tokenHash: before.tokenHash, until }, ...old],
          ...(actor === before.id ? {} : { tokenGivenAt: now }),
        }
        await store.principals.setTokens(principal)
        const { expiresAt } = principal
        const end = expiresAt === undefined ? {} : { expiresAt }
        await record('principal-token-rotated', { before, after: principal }).by(actor, {
          oldTokenUntil: until,
          ...end,
        })
        return { token, principal }
      }),
    revoke: (kind, name, actor) =>
      store.transaction(async () => {
        const principal = await requireNamed(kind, name)
        await revokeOne(principal, actor)
        await requireAdministrator(store.principals, clock.now())
        return principal
      }),
  }
}

/** Undoes the transaction that left no administrator. Services do not count. @throws `CONFLICT`. */
async function requireAdministrator(store: PrincipalStore, now: number): Promise<void> {
  if ((await store.list()).some((one) => one.role === 'administrator' && isValid(one, now))) return
  const message = 'the last valid administrator cannot be revoked or get another role: add another administrator first'
  throw new SuretyError('CONFLICT', message)
}

/** @throws `QUOTA_EXCEEDED`. */
function requireFewRotations(name: string, old: StoredPrincipal['oldTokens']): void {
  if (old.length < MOST_OLD) return
  const from = new Date(Math.min(...old.map(({ until }) => until))).toISOString()
  throw new SuretyError(
    'QUOTA_EXCEEDED',
    `the token of ${name} was rotated ${old.length} times within a day, and the tokens before are still valid: rotate it again from ` +
      `${from}, or revoke ${name} and add it again`,
  )
}

function alreadyThere(kind: TokenKind, name: string): string {
  const article = kind === 'administrator' ? 'an' : 'a'
  const others = `a new token: surety-directory ${kind}s rotate ${name}; another holder: revoke it first`
  return `there is already ${article} ${kind} named ${name} (${others})`
}

function endAfter({ expiresAt }: StoredPrincipal, ttlMs: number | undefined, now: number): number | undefined {
  if (ttlMs === undefined && expiresAt === undefined) return undefined
  return now + (ttlMs ?? PRINCIPAL_TTL_MS.usual)
}

/** The old tokens that are still valid, newest first. */
export function validOf({ oldTokens }: Pick<StoredPrincipal, 'oldTokens'>, now: number): StoredPrincipal['oldTokens'] {
  return oldTokens.filter(({ until }) => now < until)
}

export function isValid({ expiresAt }: Pick<StoredPrincipal, 'expiresAt'>, now: number): boolean {
  return expiresAt === undefined || now < expiresAt
}

/** The administrator of `administrator.json`. Its token has no end. */
export function newAdministrator({ random, clock }: Pick<PrincipalsComponents, 'random' | 'clock'>): NewPrincipal {
  const kind = 'administrator'
  return newPrincipal(random, { kind, name: 'administrator', role: 'administrator', createdAt: clock.now() })
}

function newPrincipal(
  random: Random,
  init: Omit<StoredPrincipal, 'id' | 'tokenHash' | 'oldTokens'> & { role: Role },
): NewPrincipal {
  const { token, tokenHash } = newToken(random, init.kind)
  return { token, principal: { ...init, id: newId(ID_KINDS[init.kind], random), tokenHash, oldTokens: [] } }
}

function newToken(random: Random, kind: TokenKind): { readonly token: string; readonly tokenHash: Uint8Array } {
  const secret = random(SECRET_BYTES)
  return { token: `surety_${ID_KINDS[kind]}_${toBase64Url(secret)}`, tokenHash: sha256(secret) }
}

/** Makes `administrator` the only principal. All other tokens are revoked, those of services too. */
export async function replaceAdministrators(
  { store, clock }: Pick<PrincipalsComponents, 'store' | 'clock'>,
  administrator: StoredPrincipal,
  { actor }: { readonly actor?: string } = {},
): Promise<void> {
  await store.transaction(async () => {
    const at = clock.now()
    const revoked = await store.principals.revokeAll(at)
    await store.principals.put(administrator)
    if (actor === undefined) return
    const { id } = administrator
    await store.audit.add({
      at,
      actor,
      act: 'administrator-reset',
      subject: id,
      details: { administrator: id, revoked },
    })
  })
}

/**
 * Finds the principal whose token an `Authorization` header carries.
 *
 * @returns undefined for any other header, and for an expired token.
 */
export async function principalOf(
  store: Pick<PrincipalStore, 'list'>,
  authorization: string | undefined,
  now: number,
): Promise<Principal | undefined> {
  const token = tokenOf(authorization)
  if (token === undefined) return undefined
  const hash = sha256(token.secret)
  let found: Principal | undefined
  // No early exit: all hashes are compared, each in constant time.
  for (const one of await store.list()) {
    const { id, kind, name, role } = one
    const same = [one, ...validOf(one, now)].filter(({ tokenHash }) => equalSecrets(hash, tokenHash)).length > 0
    if (same && ID_KINDS[kind] === token.prefix && isValid(one, now)) found = { id, kind, name, role }
  }
  return found
}

function tokenOf(
  authorization: string | undefined,
): { readonly prefix: string; readonly secret: Uint8Array } | undefined {
  const [, prefix = '', token = ''] = /^Bearer surety_(adm|svc)_([A-Za-z0-9_-]{43})$/i.exec(authorization ?? '') ?? []
  const secret = fromBase64Url(token)
  return secret === undefined || token === '' ? undefined : { prefix: prefix.toLowerCase(), secret }
}
