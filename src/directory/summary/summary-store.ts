import { HEALTH_CODES, type HealthCode } from '../../protocol/health.ts'
import { VERDICTS } from '../../protocol/messages/attestation-result.ts'
import type { CheckCounts, Summary } from '../../protocol/nouns/directory/directory.ts'
import { RECENT_SIGN_MS, TAMPER_KINDS, type TamperSign } from '../../protocol/tamper.ts'
import { TIERS } from '../../protocol/tier.ts'
import { type DaemonProgram, UPDATE_STATES } from '../../protocol/updates.ts'
import { numberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { VERDICT_NOW } from '../sql/verdict-now.ts'
import { versionNumbers } from '../store/migrations/version-number.ts'

/** What the store counts. It knows neither who is connected nor the policy. */
export type Counts = Pick<Summary, 'sightings' | 'pendingDevices' | 'pendingReEnrolments' | 'usableTokens'> & {
  readonly devices: Omit<Summary['devices'], 'connected'>
}

export interface SummaryStore {
  counts(now: number): Promise<Counts>
  /** Devices that are not retired. */
  active(): Promise<number>
  /** Checks that devices report, in no order. */
  checks(): Promise<readonly Omit<CheckCounts, 'weight' | 'differs' | 'notReported'>[]>
  /** @param question.version of the directory. */
  daemons(question: { readonly now: number; readonly version: string }): Promise<DaemonCounts>
}

/** Numbers of devices that are not retired, by what is known of their daemons. */
export interface DaemonCounts {
  /** With a sign of the last seven days. */
  readonly tampered: Readonly<Record<TamperSign['kind'], number>>
  /** Signs that were ever received, of all devices. */
  readonly tamperSigns: Readonly<Record<TamperSign['kind'], number>>
  readonly updates: Readonly<Record<DaemonProgram['updates'] | 'not-reported', number>>
  /** Their versions beside that of the directory. */
  readonly versions: Readonly<Record<'older' | 'same' | 'newer' | 'not-reported', number>>
  /** Codes that this release does not know are left out. */
  readonly warnings: Readonly<Record<HealthCode, number>>
}

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
