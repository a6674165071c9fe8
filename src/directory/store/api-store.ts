import { VERDICTS } from '../../protocol/attestation-result.ts'
import { TIERS } from '../../protocol/tier.ts'
import type { Database } from '../../system/sqlite/sqlite.ts'
import type { ApiStore } from '../api/api-store.ts'
import { administrationQueries } from './api-administration-queries.ts'
import { deviceQueries, VERDICT_NOW } from './api-device-queries.ts'
import { evidenceQueries } from './api-evidence-queries.ts'
import { numberOf, textOf, wordOf } from './columns.ts'
import { eventQueries } from './event-queries.ts'

/** What administrators read, on the tables that the other rooms write. */
export function apiStore(database: Database): ApiStore {
  return {
    counts: countQueries(database),
    events: eventQueries(database),
    ...administrationQueries(database),
    ...deviceQueries(database),
    ...evidenceQueries(database),
  }
}

const flagged = (column: 'unknown' | 'autonomous' | 'ai') =>
  `(SELECT count(*) FROM sightings s INDEXED BY sightings_${column} CROSS JOIN devices d ON d.id = s.device
    WHERE s.${column} = 1 AND s.gone_at IS NULL AND d.status = 'active')`

function countQueries(database: Database): ApiStore['counts'] {
  const devices = database.prepare(
    `SELECT ${VERDICT_NOW} AS verdict, d.tier, count(*) AS number, count(d.forked_at) AS forked
     FROM devices d LEFT JOIN results r ON r.device = d.id WHERE d.status = 'active' GROUP BY 1, 2`,
  )
  const items = database.prepare(
    'SELECT kind, sum(present) AS present, sum(running) AS running FROM fleet_items GROUP BY kind',
  )
  const others = database.prepare(
    `SELECT
       ${flagged('unknown')} AS unknown, ${flagged('autonomous')} AS autonomous, ${flagged('ai')} AS ai,
       (SELECT count(*) FROM re_enrolments WHERE state = 'pending') AS re_enrolments,
       (SELECT count(*) FROM tokens WHERE revoked_at IS NULL AND used < uses AND expires_at > ?) AS tokens`,
  )
  return (now) => {
    const groups = devices.all(now).map((row) => ({
      verdict: wordOf(row, 'verdict', VERDICTS),
      tier: wordOf(row, 'tier', TIERS),
      number: numberOf(row, 'number'),
      forked: numberOf(row, 'forked'),
    }))
    const sum = (which: typeof groups, what: 'number' | 'forked' = 'number') =>
      which.reduce((total, group) => total + group[what], 0)
    const by = <W extends string>(words: readonly W[], of: (group: (typeof groups)[number]) => W) =>
      // Object.fromEntries forgets the keys it was given.
      Object.fromEntries(words.map((word) => [word, sum(groups.filter((one) => of(one) === word))])) as Record<
        W,
        number
      >
    const row = others.get(now) ?? {}
    const seen = new Map(items.all().map((one) => [textOf(one, 'kind'), one]))
    const count = (kind: string, what: 'present' | 'running' = 'present') =>
      numberOf(seen.get(kind) ?? { [what]: 0 }, what)
    return {
      devices: {
        total: sum(groups),
        forked: sum(groups, 'forked'),
        byVerdict: by(VERDICTS, ({ verdict }) => verdict),
        byTier: by(TIERS, ({ tier }) => tier),
      },
      sightings: {
        agents: count('agent'),
        runningAgents: count('agent', 'running'),
        unknownAgents: numberOf(row, 'unknown'),
        autonomousAgents: numberOf(row, 'autonomous'),
        extensions: count('extension'),
        aiExtensions: numberOf(row, 'ai'),
        mcpServers: count('mcp-server'),
        modelRuntimes: count('model-runtime'),
      },
      pendingReEnrolments: numberOf(row, 're_enrolments'),
      usableTokens: numberOf(row, 'tokens'),
    }
  }
}
