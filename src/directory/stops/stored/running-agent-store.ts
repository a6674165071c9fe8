import { jsonOf, optionalJsonOf, textOf } from '../../sql/columns.ts'
import type { Database, Row } from '../../sql/database.ts'
import { labelReader, sightingReader } from '../../sql/stored-readers.ts'
import type { RunningAgent, RunningAgentQueries } from '../stop-store.ts'

/** The running agents of the fleet, from one index. */
export function runningAgentStore(database: Database): RunningAgentQueries {
  const columns = `SELECT s.device, s.json, d.label_json, d.owner
    FROM sightings s INDEXED BY sightings_running CROSS JOIN devices d ON d.id = s.device AND d.status = 'active'
    WHERE s.kind = 'agent' AND s.gone_at IS NULL AND s.state = 'running'`
  const order = 'ORDER BY s.device, s.id LIMIT CAST(? AS INTEGER)'
  const all = database.prepare(`${columns} AND (s.device, s.id) > (?, ?) ${order}`)
  const onDevice = database.prepare(`${columns} AND s.device = ? AND s.id > ? ${order}`)
  return {
    async running({ device, after, limit }) {
      const rows =
        device === undefined
          ? await all.all(after?.device ?? '', after?.agent ?? '', limit)
          : await onDevice.all(device, after?.agent ?? '', limit)
      return rows.flatMap(runningOf)
    },
  }
}

const MAX_PRODUCT = 64
/** Of one agent. The sum over a fleet stays a whole number, whatever devices claim. */
const MOST_COUNTED = 1_000_000

function runningOf(row: Row): readonly RunningAgent[] {
  const sighting = jsonOf(row, 'json', sightingReader)
  if (sighting.kind !== 'agent') return []
  const {
    id,
    name,
    catalogueId,
    user,
    attribution,
    workspace,
    parts = [],
    morePartsCount = 0,
    process,
    evidence,
  } = sighting
  return [
    {
      device: textOf(row, 'device'),
      hostname: optionalJsonOf(row, 'label_json', labelReader)?.hostname,
      owner: textOf(row, 'owner'),
      agent: id,
      name,
      product: (catalogueId ?? name).slice(0, MAX_PRODUCT),
      user: user?.name,
      human: attribution?.human?.name,
      workspace,
      ...programsOf(process?.executable, evidence),
      process,
      parts: parts.length > 0 || process === undefined ? parts : [process],
      moreProcesses: Math.min(morePartsCount, MOST_COUNTED),
    },
  ]
}

const SCRIPT = /^script (\/.*?)(?:, which lies at (\/.*?))?(?:,? run by |, a command of )/
const IN_PACKAGE = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//
const OF_PACKAGE = /npm package (@?[^\s,]+)/

/** What the device says of it in words: it reports neither scripts nor packages by themselves. */
function programsOf(executable: string | undefined, evidence: readonly string[]) {
  const scripts = evidence.flatMap((text) => SCRIPT.exec(text)?.slice(1) ?? [])
  const programs = [executable, ...scripts].filter((one) => one !== undefined)
  const named = [...programs.map((path) => IN_PACKAGE.exec(path)), ...evidence.map((text) => OF_PACKAGE.exec(text))]
  return { programs, packages: named.flatMap((found) => found?.[1] ?? []) }
}
