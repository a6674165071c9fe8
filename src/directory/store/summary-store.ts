import { VERDICTS } from '../../protocol/messages/attestation-result.ts'
import { RECENT_SIGN_MS } from '../../protocol/tamper.ts'
import { TIERS } from '../../protocol/tier.ts'
import { numberOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database } from '../sql/database.ts'
import { VERDICT_NOW } from '../sql/verdict-now.ts'
import type { Counts, SummaryStore } from '../summary/summary-store.ts'
import { daemonCounts, SILENT_DEVICES, TAMPERED_DEVICES } from './daemon-counts.ts'

/** Each count is read from an index. */
export function summaryStore(database: Database): SummaryStore {
  const countDevices = deviceCounts(database)
  const countSightings = sightingCounts(database)
  const others = database.prepare(
    `SELECT
       (SELECT count(*) FROM devices WHERE status = 'retired') AS retired,
       (SELECT count(*) FROM pending_devices INDEXED BY pending_devices_undecided WHERE state = 'pending') AS pending_devices,
       (SELECT count(*) FROM re_enrolments WHERE state = 'pending') AS re_enrolments,
       (SELECT count(*) FROM tokens WHERE revoked_at IS NULL AND used < uses AND expires_at > ?) AS tokens`,
  )
  const active = database.prepare(
    "SELECT count(*) AS number FROM listed_devices INDEXED BY listed_by_verdict WHERE status = 'active'",
  )
  return {
    active: async () => numberOf((await active.get()) ?? {}, 'number'),
    checks: checkCounts(database),
    daemons: daemonCounts(database),
    async counts(now) {
      const row = (await others.get(now)) ?? {}
      return {
        devices: { ...(await countDevices(now)), retired: numberOf(row, 'retired') },
        sightings: await countSightings(),
        pendingDevices: numberOf(row, 'pending_devices'),
        pendingReEnrolments: numberOf(row, 're_enrolments'),
        usableTokens: numberOf(row, 'tokens'),
      }
    },
  }
}

function deviceCounts(database: Database): (now: number) => Promise<Omit<Counts['devices'], 'retired'>> {
  const groups = database.prepare(
    `SELECT l.tier, coalesce(l.verdict, 'unknown') AS verdict, count(*) AS number, sum((${VERDICT_NOW}) = 'stale') AS stale
     FROM listed_devices l INDEXED BY listed_by_verdict WHERE l.status = 'active' GROUP BY l.tier, l.verdict`,
  )
  const forked = database.prepare(
    "SELECT count(*) AS number FROM devices WHERE forked_at IS NOT NULL AND status = 'active'",
  )
  const signs = database.prepare(`SELECT count(*) AS number FROM ${TAMPERED_DEVICES('device')}`)
  const silent = database.prepare(`SELECT count(*) AS number FROM ${SILENT_DEVICES}`)
  return async (now) => {
    // A result that ran out has its own verdict no more, in whichever group it is.
    const all = (await groups.all(now)).flatMap((row) => {
      const [tier, verdict] = [wordOf(row, 'tier', TIERS), wordOf(row, 'verdict', VERDICTS)]
      const [number, stale] = [numberOf(row, 'number'), numberOf(row, 'stale')]
      return [
        { tier, verdict, number: number - stale },
        { tier, verdict: 'stale' as const, number: stale },
      ]
    })
    const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
    const by = <W extends string>(words: readonly W[], wordOfGroup: (group: (typeof all)[number]) => W) => {
      const total = (word: W) => sum(all.filter((group) => wordOfGroup(group) === word).map((group) => group.number))
      // The type of Object.fromEntries loses the keys.
      return Object.fromEntries(words.map((word) => [word, total(word)])) as Record<W, number>
    }
    return {
      total: sum(all.map(({ number }) => number)),
      forked: numberOf((await forked.get()) ?? {}, 'number'),
      tampered: numberOf((await signs.get(now - RECENT_SIGN_MS)) ?? {}, 'number'),
      silentTooLong: numberOf((await silent.get()) ?? {}, 'number'),
      byVerdict: by(VERDICTS, ({ verdict }) => verdict),
      byTier: by(TIERS, ({ tier }) => tier),
    }
  }
}

function sightingCounts(database: Database): () => Promise<Counts['sightings']> {
  const items = database.prepare(
    'SELECT kind, sum(present) AS present, sum(running) AS running FROM fleet_items GROUP BY kind',
  )
  const flags = database.prepare('SELECT * FROM sighting_counts')
  return async () => {
    const row = (await flags.get()) ?? {}
    const byKind = new Map((await items.all()).map((one) => [textOf(one, 'kind'), one]))
    const count = (kind: string, column: 'present' | 'running' = 'present') =>
      numberOf(byKind.get(kind) ?? { [column]: 0 }, column)
    return {
      agents: count('agent'),
      runningAgents: count('agent', 'running'),
      frozenAgents: numberOf(row, 'frozen'),
      unknownAgents: numberOf(row, 'unknown'),
      autonomousAgents: numberOf(row, 'autonomous'),
      extensions: count('extension'),
      aiExtensions: numberOf(row, 'ai'),
      mcpServers: count('mcp-server'),
      riskyMcpServers: numberOf(row, 'risky_mcp_servers'),
      riskyAgentFiles: numberOf(row, 'risky_agent_files'),
      modelRuntimes: count('model-runtime'),
    }
  }
}

function checkCounts(database: Database): SummaryStore['checks'] {
  const all = database.prepare('SELECT check_name, state, devices FROM check_counts WHERE devices > 0')
  return async () => {
    const byCheck = Map.groupBy(await all.all(), (row) => textOf(row, 'check_name'))
    return [...byCheck].map(([check, rows]) => {
      const count = (state: string) => {
        const row = rows.find((one) => textOf(one, 'state') === state)
        return row === undefined ? 0 : numberOf(row, 'devices')
      }
      return {
        check,
        pass: count('pass'),
        fail: count('fail'),
        unknown: count('unknown'),
        notApplicable: count('not-applicable'),
        inGrace: count('in-grace'),
        exempt: count('exempt'),
      }
    })
  }
}
