import { reader, Type } from '../../base/schema.ts'
import { VERDICTS } from '../../protocol/attestation-result.ts'
import { TIERS } from '../../protocol/tier.ts'
import type { Database, Row } from '../../system/sqlite.ts'
import type { ApiStore } from '../api/api-store.ts'
import { administrationQueries } from './api-administration-queries.ts'
import { deviceQueries, VERDICT_NOW } from './api-device-queries.ts'
import { evidenceQueries } from './api-evidence-queries.ts'
import { jsonOf, numberOf, optionalTextOf, textOf, wordOf } from './columns.ts'

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
       (SELECT count(*) FROM decisions WHERE state = 'pending') AS decisions,
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
      pendingDecisions: numberOf(row, 'decisions'),
      usableTokens: numberOf(row, 'tokens'),
    }
  }
}

const factsReader = reader(Type.Unknown(), { name: 'stored event' })

function eventQueries(database: Database): ApiStore['events'] {
  const all = database.prepare('SELECT * FROM events WHERE id < ? ORDER BY id DESC LIMIT ?')
  const ofDevice = database.prepare('SELECT * FROM events WHERE device = ? AND id < ? ORDER BY id DESC LIMIT ?')
  return ({ device, before = Number.MAX_SAFE_INTEGER, limit }) => {
    const rows = device === undefined ? all.all(before, limit) : ofDevice.all(device, before, limit)
    return rows.map((row: Row) => {
      const [about, actor] = [optionalTextOf(row, 'device'), optionalTextOf(row, 'actor')]
      return {
        id: numberOf(row, 'id'),
        time: numberOf(row, 'at'),
        kind: textOf(row, 'kind'),
        ...(about === undefined ? {} : { device: about }),
        ...(actor === undefined ? {} : { actor }),
        facts: jsonOf(row, 'json', factsReader),
      }
    })
  }
}
