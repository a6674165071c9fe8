import { FINDING_STATES } from '../../protocol/finding.ts'
import type { PastFinding } from '../appraisal/past-findings.ts'
import type { PolicyDeviceStore } from '../policy-versions/policy-store.ts'
import { numberOf, optionalNumberOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { deviceOf } from './device-rows.ts'

export function policyDeviceStore(database: Database): PolicyDeviceStore {
  const active = database.prepare("SELECT * FROM devices WHERE id > ? AND status = 'active' ORDER BY id LIMIT ?")
  const past = database.prepare(
    'SELECT check_name, state, since, ended_at FROM past_findings WHERE device = ? AND ended_at > ? ORDER BY ended_at',
  )
  const outdated = database.prepare('SELECT device FROM results WHERE policy < ? LIMIT ?')
  const ended = database.prepare('SELECT device FROM results WHERE changes_at <= ? LIMIT ?')
  const count = database.prepare('SELECT count(*) AS n FROM results WHERE policy < ?')
  return {
    active: async ({ after, limit }) => (await active.all(after ?? '', limit)).map(deviceOf),
    past: async (device, since) => (await past.all(device, since)).map(pastOf),
    async due({ version, now, limit }) {
      const rows = [...(await outdated.all(version, limit)), ...(await ended.all(now, limit))]
      return [...new Set(rows.map((row) => textOf(row, 'device')))].slice(0, limit)
    },
    outdated: async (version) => numberOf((await count.get(version)) ?? {}, 'n'),
  }
}

/** What a person would read of it is not kept. */
function pastOf(row: Row): PastFinding {
  const check = textOf(row, 'check_name')
  const state = wordOf(row, 'state', FINDING_STATES)
  const since = optionalNumberOf(row, 'since')
  const endedAt = numberOf(row, 'ended_at')
  return state === 'pass' || state === 'fail'
    ? { finding: { check, state, detail: '', since }, endedAt }
    : { finding: { check, state, reason: '', since }, endedAt }
}
