import { TIERS } from '../../protocol/tier.ts'
import type { Database, Row } from '../../system/sqlite/sqlite.ts'
import type { Token, TokenStore } from '../enrolment/token.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from './columns.ts'

export function tokenStore(database: Database): TokenStore {
  const select = database.prepare('SELECT * FROM tokens WHERE id = ?')
  const insert = database.prepare(
    `INSERT INTO tokens (id, secret_hash, owner, serial, minimum_tier, created_at, expires_at, uses, used)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const revoke = database.prepare('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
  const use = database.prepare('UPDATE tokens SET used = used + 1 WHERE id = ? AND used < uses')
  const open = database.prepare(
    `SELECT 1 FROM devices WHERE token = ?1 AND confirmed_at IS NULL AND status = 'active'
     UNION ALL SELECT 1 FROM re_enrolments WHERE token = ?1 AND state = 'pending'`,
  )
  return {
    token(id) {
      const row = select.get(id)
      return row && tokenOf(row)
    },
    putToken(token) {
      const { id, secretHash, owner, serial, minimumTier, createdAt, expiresAt, uses, used } = token
      insert.run(id, secretHash, owner, serial ?? null, minimumTier, createdAt, expiresAt, uses, used)
    },
    revokeToken(id, at) {
      revoke.run(at, id)
    },
    useToken: (id) => use.run(id).changes === 1,
    tokenMayBeRetried: (id) => open.get(id) !== undefined,
  }
}

function tokenOf(row: Row): Token {
  return {
    id: textOf(row, 'id'),
    secretHash: textOf(row, 'secret_hash'),
    owner: textOf(row, 'owner'),
    serial: optionalTextOf(row, 'serial'),
    minimumTier: wordOf(row, 'minimum_tier', TIERS),
    createdAt: numberOf(row, 'created_at'),
    expiresAt: numberOf(row, 'expires_at'),
    uses: numberOf(row, 'uses'),
    used: numberOf(row, 'used'),
    revokedAt: optionalNumberOf(row, 'revoked_at'),
  }
}
