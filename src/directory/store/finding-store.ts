import { explanationOf, FINDING_STATES } from '../../protocol/finding.ts'
import type { Database, Row } from '../../system/sqlite/sqlite.ts'
import type { CurrentFinding } from '../appraisal/result.ts'
import type { ProjectionStore } from '../evidence/evidence-store.ts'
import { numberOf, optionalNumberOf, textOf, wordOf } from './columns.ts'

type FindingStore = Pick<
  ProjectionStore,
  | 'findings'
  | 'putFinding'
  | 'dropFinding'
  | 'findingsObserved'
  | 'putInventory'
  | 'putHealth'
  | 'putProjectionFailure'
  | 'clearProjectionFailure'
  | 'projectionFailures'
>

/** What devices say of their health. */
export function findingStore(database: Database): FindingStore {
  const select = database.prepare('SELECT check_name, state, text, since FROM findings WHERE device = ?')
  const upsert = database.prepare(
    `INSERT INTO findings (device, check_name, state, text, since, observed_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state, text = excluded.text, since = excluded.since,
       observed_at = excluded.observed_at`,
  )
  const drop = database.prepare('DELETE FROM findings WHERE device = ? AND check_name = ?')
  const observed = database.prepare('UPDATE devices SET findings_at = ? WHERE id = ?')
  const documents = ['inventory', 'health'].map((table) =>
    database.prepare(
      `INSERT INTO ${table} (device, json, observed_at) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET json = excluded.json, observed_at = excluded.observed_at WHERE json <> excluded.json`,
    ),
  )
  const [inventory, health] = documents
  const failures = database.prepare(
    'SELECT part, since, message FROM projection_failures WHERE device = ? ORDER BY part',
  )
  const fail = database.prepare(
    `INSERT INTO projection_failures (device, part, sequence, message, since) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET sequence = excluded.sequence, message = excluded.message`,
  )
  const clear = database.prepare('DELETE FROM projection_failures WHERE device = ? AND part = ?')
  return {
    findings: (device) => select.all(device).map(findingOf),
    putFinding(device, finding, at) {
      upsert.run(device, finding.check, finding.state, explanationOf(finding), finding.since ?? null, at)
    },
    dropFinding(device, check) {
      drop.run(device, check)
    },
    findingsObserved(device, at) {
      observed.run(at, device)
    },
    putInventory(device, value, at) {
      inventory?.run(device, JSON.stringify(value), at)
    },
    putHealth(device, value, at) {
      health?.run(device, JSON.stringify(value), at)
    },
    projectionFailures: (device) =>
      failures.all(device).map((row) => ({
        part: textOf(row, 'part'),
        since: numberOf(row, 'since'),
        message: textOf(row, 'message'),
      })),
    putProjectionFailure(device, { part, sequence, message, at }) {
      fail.run(device, part, sequence, message, at)
    },
    clearProjectionFailure: (device, part) => clear.run(device, part).changes > 0,
  }
}

function findingOf(row: Row): CurrentFinding {
  const check = textOf(row, 'check_name')
  const state = wordOf(row, 'state', FINDING_STATES)
  const text = textOf(row, 'text')
  const since = optionalNumberOf(row, 'since')
  return state === 'pass' || state === 'fail'
    ? { check, state, detail: text, since }
    : { check, state, reason: text, since }
}
