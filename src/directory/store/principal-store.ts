import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { reader, Type, words } from '../../base/schema.ts'
import { PRINCIPAL_KINDS, ROLES } from '../../protocol/api-principals.ts'
import type { Database, Row } from '../../system/sqlite/sqlite.ts'
import type { PrincipalStore, StoredPrincipal } from '../principals/principal-store.ts'
import { jsonOf, textOf, wordOf } from './columns.ts'

const rolesReader = reader(Type.Array(words(...ROLES)), { name: 'stored roles' })

export function principalStore(database: Database): PrincipalStore {
  const valid = database.prepare(
    'SELECT id, kind, name, roles_json, token_hash FROM principals WHERE revoked_at IS NULL',
  )
  const any = database.prepare('SELECT 1 FROM principals LIMIT 1')
  const insert = database.prepare(
    'INSERT INTO principals (id, kind, name, roles_json, token_hash, created_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const revokeAll = database.prepare('UPDATE principals SET revoked_at = ? WHERE revoked_at IS NULL')
  return {
    list: () => valid.all().map(principalOf),
    put({ id, kind, name, roles, tokenHash }, at) {
      insert.run(id, kind, name, JSON.stringify(roles), toBase64Url(tokenHash), at)
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
    roles: jsonOf(row, 'roles_json', rolesReader),
    tokenHash,
  }
}
