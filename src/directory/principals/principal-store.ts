import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { closed, reader, Type } from '../../base/schema.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import { type Principal, ROLES, type Role, TOKEN_KINDS, type TokenKind } from '../../protocol/noun/permissions.ts'
import { jsonOf, numberOf, optionalNumberOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'

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

const oldTokensReader = reader(Type.Array(closed({ hash: Type.String(), until: Type.Number() })), {
  name: 'stored old tokens',
})

export function principalStore(database: Database): PrincipalStore {
  const unrevoked = database.prepare('SELECT * FROM principals WHERE revoked_at IS NULL ORDER BY created_at, id')
  const any = database.prepare('SELECT 1 FROM principals LIMIT 1')
  const first = database.prepare('SELECT min(created_at) AS at FROM principals')
  // Not from what is unrevoked: an administrator can revoke all others, and only root of the server can reset.
  const reset = database.prepare("SELECT at FROM audit WHERE act = 'administrator-reset' ORDER BY id DESC LIMIT 1")
  const resetAt = async () => optionalNumberOf((await reset.get()) ?? { at: null }, 'at')
  const newNames = database.prepare(
    `SELECT DISTINCT name FROM principals
     WHERE kind = 'administrator' AND max(created_at, coalesce(token_given_at, 0)) > ?`,
  )
  const namesSince = database.prepare(
    `SELECT DISTINCT name FROM principals WHERE kind = 'administrator' AND (revoked_at IS NULL OR revoked_at > ?)`,
  )
  const insert = database.prepare(
    `INSERT INTO principals (id, kind, name, name_key, role, token_hash, old_tokens, token_given_at, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const setRole = database.prepare('UPDATE principals SET role = ? WHERE id = ?')
  const setTokens = database.prepare(
    'UPDATE principals SET token_hash = ?, old_tokens = ?, token_given_at = ?, expires_at = ? WHERE id = ?',
  )
  const revoke = database.prepare('UPDATE principals SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
  const revokeAll = database.prepare('UPDATE principals SET revoked_at = ? WHERE revoked_at IS NULL')
  return {
    list: async () => (await unrevoked.all()).map(principalOf),
    async put({ id, kind, name, role, createdAt, ...tokens }) {
      const { tokenHash, tokenGivenAt = null, expiresAt = null } = tokens
      const oldTokens = oldTokensText(tokens)
      await insert.run(
        id,
        kind,
        name,
        foldedName(name) ?? '',
        role,
        toBase64Url(tokenHash),
        oldTokens,
        tokenGivenAt,
        createdAt,
        expiresAt,
      )
    },
    async setRole(id, role) {
      await setRole.run(role, id)
    },
    async setTokens({ id, ...tokens }) {
      const { tokenHash, tokenGivenAt = null, expiresAt = null } = tokens
      await setTokens.run(toBase64Url(tokenHash), oldTokensText(tokens), tokenGivenAt, expiresAt, id)
    },
    async revoke(id, at) {
      await revoke.run(at, id)
    },
    revokeAll: async (at) => (await revokeAll.run(at)).changes,
    hasAny: async () => (await any.get()) !== undefined,
    firstAt: async () => (await resetAt()) ?? optionalNumberOf((await first.get()) ?? { at: null }, 'at'),
    resetAt,
    newNames: async (after) => (await newNames.all(after)).map((row) => textOf(row, 'name')),
    namesSince: async (after) => (await namesSince.all(after)).map((row) => textOf(row, 'name')),
  }
}

function oldTokensText({ oldTokens }: Pick<StoredPrincipal, 'oldTokens'>): string {
  return JSON.stringify(oldTokens.map(({ tokenHash, until }) => ({ hash: toBase64Url(tokenHash), until })))
}

function hashOf(text: string): Uint8Array {
  const hash = fromBase64Url(text)
  if (hash === undefined) throw new SuretyError('STORE_CORRUPT', 'the token hash of a principal is not base64url')
  return hash
}

function principalOf(row: Row): StoredPrincipal {
  return {
    id: textOf(row, 'id'),
    kind: wordOf(row, 'kind', TOKEN_KINDS),
    name: textOf(row, 'name'),
    role: wordOf(row, 'role', ROLES),
    tokenHash: hashOf(textOf(row, 'token_hash')),
    oldTokens: jsonOf(row, 'old_tokens', oldTokensReader).map(({ hash, until }) => ({
      tokenHash: hashOf(hash),
      until,
    })),
    createdAt: numberOf(row, 'created_at'),
    ...member('tokenGivenAt', optionalNumberOf(row, 'token_given_at')),
    ...member('expiresAt', optionalNumberOf(row, 'expires_at')),
  }
}
