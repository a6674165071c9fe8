import { member } from '../../base/json-object.ts'
import { reader, Type } from '../../base/schema.ts'
import { TOKEN_PENDING, type Token as TokenView } from '../../protocol/nouns/enrolment/tokens.ts'
import { TIERS, type Tier } from '../../protocol/tier.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, optionalWordOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { beginsWith, listing } from '../sql/listing.ts'

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

/** Enrolments with a token, the newest: several may be of one device. */
const LOOKED_AT = 100

/** The newest devices that used the token of the row `page`. */
const DEVICES = `(SELECT json_group_array(device) FROM (SELECT device, max(at) AS at FROM (
    SELECT * FROM (SELECT device, enrolled_at AS at FROM device_keys INDEXED BY device_keys_by_token
      WHERE token = page.id ORDER BY enrolled_at DESC LIMIT ${LOOKED_AT})
    UNION ALL SELECT * FROM (SELECT device, created_at FROM re_enrolments INDEXED BY re_enrolments_by_token
      WHERE token = page.id ORDER BY created_at DESC LIMIT ${LOOKED_AT})
    UNION ALL SELECT * FROM (SELECT id, created_at FROM pending_devices INDEXED BY pending_devices_by_token
      WHERE token = page.id ORDER BY created_at DESC LIMIT ${LOOKED_AT}))
  GROUP BY device ORDER BY at DESC LIMIT 20)) AS devices`

const devicesReader = reader(Type.Array(Type.String()), { name: 'devices of a token' })

export function tokenStore(database: Database): TokenStore & TokenQueries {
  const select = database.prepare('SELECT * FROM tokens WHERE id = ?')
  const insert = database.prepare(
    `INSERT INTO tokens (id, secret_hash, owner, serial, preregistered, minimum_tier, created_at, expires_at, uses, used,
       pending, unbound) VALUES (${Array(12).fill('?').join(', ')})`,
  )
  const revoke = database.prepare('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
  const use = database.prepare('UPDATE tokens SET used = used + 1 WHERE id = ? AND used < uses')
  const retry = database.prepare(
    `SELECT 1 FROM devices INDEXED BY devices_unconfirmed
       WHERE token = ?1 AND confirmed_at IS NULL AND status = 'active'
     UNION ALL SELECT 1 FROM re_enrolments INDEXED BY re_enrolments_undecided WHERE token = ?1 AND state = 'pending'
     UNION ALL SELECT 1 FROM pending_devices INDEXED BY pending_devices_undecided WHERE token = ?1 AND state = 'pending'
     LIMIT 1`,
  )
  const view = database.prepare(`SELECT page.*, ${DEVICES} FROM tokens AS page WHERE id = ?`)
  const list = listing(database, {
    from: 'tokens',
    key: 'id',
    usual: 'created',
    newestFirst: true,
    read: (row) => row,
    filters: {
      status: (status, value, now) =>
        `CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN used >= uses THEN 'used'
           WHEN expires_at <= ${value(now)} THEN 'expired' ELSE 'usable' END = ${value(status)}`,
      named(named, value) {
        const text = value(named)
        return `(owner = ${text} OR serial = ${text} OR ${beginsWith('id', text)})`
      },
    },
    sorts: { created: 'created_at', expires: 'expires_at' },
    joined: { columns: DEVICES, tables: '' },
  })
  const claimed = database.prepare(
    'SELECT device, times FROM token_claims WHERE token = ? AND kind = ? AND name_key = ?',
  )
  const claim = database.prepare(
    `INSERT INTO token_claims (token, kind, name_key, device) VALUES (?, ?, ?, ?)
     ON CONFLICT (token, kind, name_key) DO UPDATE SET times = times + 1`,
  )
  const unclaim = database.prepare('DELETE FROM token_claims WHERE device = ?')
  return {
    async get(id) {
      const row = await select.get(id)
      return row && tokenOf(row)
    },
    async put(token) {
      const { id, secretHash, owner, serial, minimumTier, createdAt, expiresAt, uses, used } = token
      const [only, unbound] = [token.preregistered === true ? 1 : 0, token.unbound === true ? 1 : 0]
      const named = [id, secretHash, owner ?? null, serial ?? null, only]
      await insert.run(...named, minimumTier, createdAt, expiresAt, uses, used, token.pending ?? null, unbound)
    },
    async revoke(id, at) {
      await revoke.run(at, id)
    },
    use: async (id) => (await use.run(id)).changes === 1,
    async claimed(id, { kind, key }) {
      const row = await claimed.get(id, kind, key)
      return row && { device: textOf(row, 'device'), times: numberOf(row, 'times') }
    },
    async claim(id, { kind, key }, device) {
      await claim.run(id, kind, key, device)
    },
    async unclaim(device) {
      await unclaim.run(device)
    },
    mayBeRetried: async (id) => (await retry.get(id)) !== undefined,
    async list(request, now) {
      const { items, ...rest } = await list(request, now)
      return { items: items.map((row) => viewOf(row, now)), ...rest }
    },
    async view(id, now) {
      const row = await view.get(id)
      return row && viewOf(row, now)
    },
  }
}

function viewOf(row: Row, now: number): TokenView {
  const { id, owner, serial, preregistered, pending, unbound, minimumTier, createdAt, expiresAt, uses, used } =
    tokenOf(row)
  return {
    id,
    ...member('owner', owner),
    ...member('serial', serial),
    minimumTier,
    createdAt,
    expiresAt,
    uses,
    used,
    ...(preregistered === true ? { preregistered } : {}),
    ...member('pending', pending),
    ...(unbound === true ? { unbound } : {}),
    status: statusOf(row, now),
    devices: jsonOf(row, 'devices', devicesReader),
  }
}

function tokenOf(row: Row): Token {
  return {
    id: textOf(row, 'id'),
    secretHash: textOf(row, 'secret_hash'),
    owner: optionalTextOf(row, 'owner'),
    serial: optionalTextOf(row, 'serial'),
    ...(numberOf(row, 'preregistered') === 1 ? { preregistered: true } : {}),
    ...member('pending', optionalWordOf(row, 'pending', TOKEN_PENDING)),
    ...(numberOf(row, 'unbound') === 1 ? { unbound: true } : {}),
    minimumTier: wordOf(row, 'minimum_tier', TIERS),
    createdAt: numberOf(row, 'created_at'),
    expiresAt: numberOf(row, 'expires_at'),
    uses: numberOf(row, 'uses'),
    used: numberOf(row, 'used'),
    revokedAt: optionalNumberOf(row, 'revoked_at'),
  }
}

function statusOf(row: Row, now: number): TokenView['status'] {
  if (optionalNumberOf(row, 'revoked_at') !== undefined) return 'revoked'
  if (numberOf(row, 'used') >= numberOf(row, 'uses')) return 'used'
  return now >= numberOf(row, 'expires_at') ? 'expired' : 'usable'
}
