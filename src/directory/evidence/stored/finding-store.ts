import { member } from '../../../base/json-object.ts'
import { explanationOf, FINDING_STATES } from '../../../protocol/finding.ts'
import type { CurrentFinding } from '../../appraisal/result.ts'
import type { FindingQueries } from '../../devices/device-store.ts'
import { numberOf, optionalNumberOf, textOf, wordOf } from '../../sql/columns.ts'
import type { Database, Row } from '../../sql/database.ts'
import type { FindingStore } from '../evidence-store.ts'

export function findingStore(database: Database): FindingStore & FindingQueries {
  const select = database.prepare('SELECT check_name, state, text, since FROM findings WHERE device = ?')
  const upsert = database.prepare(
    `INSERT INTO findings (device, check_name, state, text, since, observed_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state, text = excluded.text, since = excluded.since,
       observed_at = excluded.observed_at`,
  )
  const drop = database.prepare('DELETE FROM findings WHERE device = ? AND check_name = ?')
  const reported = database.prepare('UPDATE devices SET findings_at = ? WHERE id = ?')
  const view = database.prepare(
    `SELECT f.check_name, f.state, f.text, f.since, max(f.observed_at, coalesce(d.findings_at, 0)) AS reported_at
     FROM findings f JOIN devices d ON d.id = f.device WHERE f.device = ? ORDER BY f.check_name`,
  )
  const known = database.prepare('SELECT 1 FROM check_counts WHERE check_name = ? LIMIT 1')
  const list = async (device: string) => (await select.all(device)).map(findingOf)
  return {
    knows: async (check) => (await known.get(check)) !== undefined,
    list,
    byCheck: async (device) => new Map((await list(device)).map((finding) => [finding.check, finding])),
    async put(device, finding, at) {
      await upsert.run(device, finding.check, finding.state, explanationOf(finding), finding.since ?? null, at)
    },
    async drop(device, check) {
      await drop.run(device, check)
    },
    async markReported(device, at) {
      await reported.run(at, device)
    },
    view: async (device) =>
      (await view.all(device)).map((row) => ({
        check: textOf(row, 'check_name'),
        state: wordOf(row, 'state', FINDING_STATES),
        explanation: textOf(row, 'text'),
        ...member('since', optionalNumberOf(row, 'since')),
        reportedAt: numberOf(row, 'reported_at'),
      })),
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
