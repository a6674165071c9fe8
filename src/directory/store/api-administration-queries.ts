import type { ReEnrolment, Token } from '../../protocol/api-administration.ts'
import type { DeviceOrder } from '../../protocol/api-devices.ts'
import { ORDER_KINDS } from '../../protocol/order.ts'
import { TIERS } from '../../protocol/tier.ts'
import type { Database, Row } from '../../system/sqlite/sqlite.ts'
import type { ApiStore } from '../api/api-store.ts'
import { RE_ENROLMENT_STATES } from '../re-enrolments/re-enrolment.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from './columns.ts'
import { keysOf } from './device-rows.ts'
import { retiredDevices } from './retired-devices.ts'

type Queries = Pick<ApiStore, 'tokens' | 'token' | 'orders' | 'order' | 'reEnrolments' | 'reEnrolment'>

/** Tokens, orders and re-enrolments; never a secret or its hash. */
export function administrationQueries(database: Database): Queries {
  return { ...tokenQueries(database), ...orderQueries(database), ...reEnrolmentQueries(database) }
}

function tokenQueries(database: Database): Pick<Queries, 'tokens' | 'token'> {
  const list = database.prepare('SELECT * FROM tokens WHERE id > ? ORDER BY id LIMIT ?')
  const one = database.prepare('SELECT * FROM tokens WHERE id = ?')
  const devices = database.prepare(
    `SELECT device, max(at) AS at FROM (
       SELECT device, enrolled_at AS at FROM device_keys WHERE token = ?1
       UNION ALL SELECT device, created_at FROM re_enrolments WHERE token = ?1)
     GROUP BY device ORDER BY at DESC LIMIT 20`,
  )
  const read = (row: Row, now: number): Token => {
    const serial = optionalTextOf(row, 'serial')
    const id = textOf(row, 'id')
    return {
      id,
      owner: textOf(row, 'owner'),
      ...(serial === undefined ? {} : { serial }),
      minimumTier: wordOf(row, 'minimum_tier', TIERS),
      createdAt: numberOf(row, 'created_at'),
      expiresAt: numberOf(row, 'expires_at'),
      uses: numberOf(row, 'uses'),
      used: numberOf(row, 'used'),
      status: tokenStatus(row, now),
      devices: devices.all(id).map((row) => textOf(row, 'device')),
    }
  }
  return {
    tokens: ({ after, limit }, now) => list.all(after ?? '', limit).map((row) => read(row, now)),
    token(id, now) {
      const row = one.get(id)
      return row && read(row, now)
    },
  }
}

function tokenStatus(row: Row, now: number): Token['status'] {
  if (optionalNumberOf(row, 'revoked_at') !== undefined) return 'revoked'
  if (numberOf(row, 'used') >= numberOf(row, 'uses')) return 'used'
  return now >= numberOf(row, 'expires_at') ? 'expired' : 'usable'
}

function orderQueries(database: Database): Pick<Queries, 'orders' | 'order'> {
  const columns = 'SELECT o.*, r.code, r.received_at FROM orders o LEFT JOIN receipts r ON r.order_id = o.id'
  const list = database.prepare(`${columns} WHERE o.device = ? AND o.number < ? ORDER BY o.number DESC LIMIT ?`)
  const one = database.prepare(`${columns} WHERE o.id = ?`)
  return {
    orders: (device, { before = Number.MAX_SAFE_INTEGER, limit }, now) =>
      list.all(device, before, limit).map((row) => orderOf(row, now)),
    order(id, now) {
      const row = one.get(id)
      return row && orderOf(row, now)
    },
  }
}

function orderOf(row: Row, now: number): DeviceOrder {
  const state = wordOf(row, 'state', ['pending', 'done', 'failed', 'refused', 'expired'])
  const notAfter = numberOf(row, 'not_after')
  const [code, answeredAt] = [optionalTextOf(row, 'code'), optionalNumberOf(row, 'received_at')]
  return {
    id: textOf(row, 'id'),
    number: numberOf(row, 'number'),
    kind: wordOf(row, 'kind', ORDER_KINDS),
    reason: textOf(row, 'reason'),
    createdAt: numberOf(row, 'created_at'),
    createdBy: textOf(row, 'created_by'),
    notAfter,
    status: state === 'pending' && now >= notAfter ? 'expired' : state,
    ...(code === undefined ? {} : { code }),
    ...(answeredAt === undefined ? {} : { answeredAt }),
  }
}

function reEnrolmentQueries(database: Database): Pick<Queries, 'reEnrolments' | 'reEnrolment'> {
  const columns = `SELECT c.*, d.status AS device_status,
     EXISTS (SELECT 1 FROM device_keys k
       WHERE k.device = c.device AND k.epoch < c.epoch AND k.endorsement_hash = c.endorsement_hash) AS by_tpm
     FROM re_enrolments c JOIN devices d ON d.id = c.device`
  const list = database.prepare(`${columns} WHERE c.id > ?1 AND (?2 IS NULL OR c.state = ?2) ORDER BY c.id LIMIT ?3`)
  const one = database.prepare(`${columns} WHERE c.id = ?`)
  const retired = retiredDevices(database)
  const read = (row: Row): ReEnrolment => {
    const reEnrolment = reEnrolmentOf(row)
    const when = textOf(row, 'device_status') === 'retired' ? retired(reEnrolment.device) : undefined
    return when === undefined ? reEnrolment : { ...reEnrolment, retired: when }
  }
  return {
    reEnrolments: ({ after, limit, status }) => list.all(after ?? '', status ?? null, limit).map(read),
    reEnrolment(id) {
      const row = one.get(id)
      return row && read(row)
    },
  }
}

function reEnrolmentOf(row: Row): ReEnrolment {
  const [decidedAt, decidedBy] = [optionalNumberOf(row, 'decided_at'), optionalTextOf(row, 'decided_by')]
  const { tier, label } = keysOf(row)
  return {
    id: textOf(row, 'id'),
    device: textOf(row, 'device'),
    epoch: numberOf(row, 'epoch'),
    owner: textOf(row, 'owner'),
    tier,
    label,
    knownBy: numberOf(row, 'by_tpm') === 1 ? 'tpm' : 'key',
    createdAt: numberOf(row, 'created_at'),
    status: wordOf(row, 'state', RE_ENROLMENT_STATES),
    ...(decidedAt === undefined ? {} : { decidedAt }),
    ...(decidedBy === undefined ? {} : { decidedBy }),
  }
}
