import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { PRINCIPAL_KINDS, ROLES } from '../../protocol/api-principals.ts'
import type { Database, Row } from '../../system/sqlite/sqlite.ts'
import type { PrincipalStore, StoredPrincipal } from '../principals/principal-store.ts'
import { numberOf, optionalNumberOf, textOf, wordOf } from './columns.ts'

export function principalStore(database: Database): PrincipalStore {
  const unrevoked = database.prepare('SELECT * FROM principals WHERE revoked_at IS NULL ORDER BY created_at, id')
  const any = database.prepare('SELECT 1 FROM principals LIMIT 1')
  const insert = database.prepare(
    'INSERT INTO principals (id, kind, name, role, token_hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const setRole = database.prepare('UPDATE principals SET role = ? WHERE id = ?')
  const revoke = database.prepare('UPDATE principals SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
  const revokeAll = database.prepare('UPDATE principals SET revoked_at = ? WHERE revoked_at IS NULL')
  return {
    list: () => unrevoked.all().map(principalOf),
    put({ id, kind, name, role, tokenHash, createdAt, expiresAt }) {
      insert.run(id, kind, name, role, toBase64Url(tokenHash), createdAt, expiresAt ?? null)
    },
    setRole(id, role) {
      setRole.run(role, id)
    },
    revoke(id, at) {
      revoke.run(at, id)
    },
    revokeAll: (at) => revokeAll.run(at).changes,
    hasAny: () => any.get() !== undefined,
  }
}

function principalOf(row: Row): StoredPrincipal {
  const tokenHash = fromBase64Url(textOf(row, 'token_hash'))
  if (tokenHash === undefined) throw new SuretyError('STORE_CORRUPT', 'the token hash of a principal is not base64url')
  return {
    id: textOf(row, 'id'),
    kind: wordOf(row, 'kind', PRINCIPAL_KINDS),
    name: textOf(row, 'name'),
    role: wordOf(row, 'role', ROLES),
    tokenHash,
    createdAt: numberOf(row, 'created_at'),
    ...member('expiresAt', optionalNumberOf(row, 'expires_at')),
  }
}
