import { FINDING_STATES } from '../../protocol/finding.ts'
import type { PastFinding } from '../appraisal/past-findings.ts'
import type { Device } from '../devices/device.ts'
import { deviceOf } from '../devices/stored/device-rows.ts'
import type { Page } from '../http/paging.ts'
import { numberOf, optionalNumberOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'

/** Devices as a test of a policy reads them, and those whose result has to be made again. */
export interface PolicyDeviceStore {
  /** Devices that are not retired, by id. */
  active(page: Page): Promise<readonly Device[]>
  /** States that ended after `since`, of one device. */
  past(device: string, since: number): Promise<readonly PastFinding[]>
  /** Devices whose result is of an earlier version, or in which a grace or exemption has ended. */
  due(query: { readonly version: number; readonly now: number; readonly limit: number }): Promise<readonly string[]>
  /** Results of an earlier version. */
  outdated(version: number): Promise<number>
}

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
