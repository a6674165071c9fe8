import { HEALTH_CODES } from '../../protocol/health.ts'
import { RECENT_SIGN_MS, TAMPER_KINDS } from '../../protocol/tamper.ts'
import { UPDATE_STATES } from '../../protocol/updates.ts'
import { numberOf, optionalTextOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import type { SummaryStore } from '../summary/summary-store.ts'
import { versionNumbers } from './migrations/version-number.ts'

/** SQL for devices of the table `from`, whose alias is `t`, that are not retired. The index of the status would be the slower way. */
const ACTIVE = (from: string) => `${from} CROSS JOIN listed_devices l ON l.device = t.device AND +l.status = 'active'`

/** SQL of devices with tamper signs since the time `?1`, once for each of the columns. */
export const TAMPERED_DEVICES = (columns: string) =>
  ACTIVE(`(SELECT DISTINCT ${columns} FROM tamper_signs INDEXED BY tamper_signs_by_time WHERE received_at > ?1) t`)

/** SQL of devices that are silent for longer than the policy allows. */
export const SILENT_DEVICES = ACTIVE('silent_devices t')

export function daemonCounts(database: Database): SummaryStore['daemons'] {
  const tampered = database.prepare(
    `SELECT t.kind AS word, count(*) AS number FROM ${TAMPERED_DEVICES('kind, device')} GROUP BY t.kind`,
  )
  const signs = database.prepare('SELECT kind AS word, signs AS number FROM tamper_counts')
  const warnings = database.prepare(
    `SELECT t.code AS word, count(*) AS number FROM ${ACTIVE('device_warnings t')} GROUP BY t.code`,
  )
  const daemons = database.prepare(
    `SELECT coalesce(updates, 'not-reported') AS word, count(*) AS number, count(*) - count(daemon_version) AS unknown,
       total(daemon_version < ?1) AS older, total(daemon_version = ?1) AS same, total(daemon_version > ?1) AS newer
     FROM listed_devices INDEXED BY listed_by_daemon WHERE status = 'active' GROUP BY updates`,
  )
  return async ({ now, version }) => {
    const since = now - RECENT_SIGN_MS
    const byUpdates = await daemons.all(versionNumbers(/^[0-9.]+/.exec(version)?.[0] ?? '0')[0])
    const sum = (column: string) => byUpdates.reduce((total, row) => total + numberOf(row, column), 0)
    return {
      tampered: counted(TAMPER_KINDS, await tampered.all(since)),
      tamperSigns: counted(TAMPER_KINDS, await signs.all()),
      updates: counted([...UPDATE_STATES, 'not-reported'] as const, byUpdates),
      versions: { older: sum('older'), same: sum('same'), newer: sum('newer'), 'not-reported': sum('unknown') },
      warnings: counted(HEALTH_CODES, await warnings.all()),
    }
  }
}

/** A number for each of the words, and for no other one. */
function counted<W extends string>(words: readonly W[], rows: readonly Row[]): Record<W, number> {
  const numbers = new Map(rows.map((row) => [optionalTextOf(row, 'word'), numberOf(row, 'number')]))
  // The type of Object.fromEntries loses the keys.
  return Object.fromEntries(words.map((word) => [word, numbers.get(word) ?? 0])) as Record<W, number>
}
