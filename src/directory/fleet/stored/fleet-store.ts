import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf } from '../../sql/columns.ts'
import { cutPage } from '../../sql/cut-page.ts'
import type { Database, Row, Statement } from '../../sql/database.ts'
import { statementCache } from '../../sql/statement-cache.ts'
import { labelReader, sightingReader } from '../../sql/stored-readers.ts'
import type { FleetQuestion, FleetStore, Seen } from '../fleet-store.ts'
import { fleetCount, fleetQuery, itemsNamed, type ReadQuestion, SEEN } from './fleet-query.ts'

const VERSIONS = 50
/** Sorting so many row ids takes as long as reading as many in order. */
const BROAD = 10_000
const LAUNCHES = 20

export function fleetStore(database: Database): FleetStore {
  const item = database.prepare('SELECT 1 FROM fleet_items WHERE kind = ? AND item = ?')
  return {
    seen: seenQueries(database),
    count: countQueries(database),
    agent: agentQuery(database),
    knows: async (kind, key) => (await item.get(kind, key)) !== undefined,
    mcpConflicts: conflictQueries(database),
  }
}

function seenQueries(database: Database): FleetStore['seen'] {
  const statementOf = statementCache(database)
  const one = database.prepare(SEEN)
  const planned = planning(database)
  return async (question) => {
    const { sql, values } = fleetQuery(await planned(question))
    const { limit, isConnected } = question
    return database.snapshot(() => {
      const rows = fullRows(statementOf(sql).iterate(...values), one, question)
      return cutPage(rows, limit, (row) => seenOf(row, isConnected(textOf(row, 'device'))))
    })
  }
}

/** Says of a search whether it is broad. */
function planning(database: Database): (question: FleetQuestion) => Promise<ReadQuestion> {
  const present = database.prepare(
    `SELECT coalesce(sum(f.present), 0) AS number FROM fleet_items f WHERE ${itemsNamed('', '', () => '?')}`,
  )
  return async (question) => {
    const { kind, search } = question
    if (search === undefined) return question
    return { ...question, broad: numberOf((await present.get(kind, search)) ?? {}, 'number') > BROAD }
  }
}

/** Without a filter the counts of the fleet have it. */
function countQueries(database: Database): FleetStore['count'] {
  const statementOf = statementCache(database)
  const planned = planning(database)
  return async (question, most) => {
    const { sql, values } = fleetCount(await planned(question), most)
    return numberOf((await statementOf(sql).get(...values)) ?? {}, 'number')
  }
}

async function* fullRows(
  found: AsyncIterable<Row>,
  one: Statement,
  { presence, isConnected }: FleetQuestion,
): AsyncGenerator<Row> {
  for await (const brief of found) {
    if (presence !== undefined && isConnected(textOf(brief, 'device')) !== (presence === 'now')) continue
    const row = await one.get(numberOf(brief, 'row_id'))
    if (row !== undefined) yield row
  }
}

function seenOf(row: Row, connected: boolean): Seen {
  const [key, heardAt] = [optionalTextOf(row, 'item'), optionalNumberOf(row, 'heard_at')]
  return {
    device: textOf(row, 'device'),
    hostname: jsonOf(row, 'label_json', labelReader).hostname,
    owner: textOf(row, 'owner'),
    presence: connected ? 'now' : 'last-reported',
    ...(heardAt === undefined ? {} : { deviceSeenAt: heardAt }),
    firstSeenAt: numberOf(row, 'first_seen'),
    lastSeenAt: numberOf(row, 'last_seen'),
    ...(key === undefined
      ? {}
      : {
          item: {
            key,
            devices: numberOf(row, 'devices'),
            firstSeenAt: numberOf(row, 'item_first_seen'),
            isNew: optionalNumberOf(row, 'arrived_at') !== undefined,
            usedAt: numberOf(row, 'used_at'),
          },
        }),
    sighting: jsonOf(row, 'json', sightingReader),
  }
}

function agentQuery(database: Database): FleetStore['agent'] {
  const item = database.prepare(`SELECT * FROM fleet_items WHERE kind = 'agent' AND item = ?`)
  const one = database.prepare(
    `SELECT name, unknown FROM sightings INDEXED BY sightings_by_item
     WHERE kind = 'agent' AND item = ? AND gone_at IS NULL LIMIT 1`,
  )
  const frozen = database.prepare(
    `SELECT count(*) AS n FROM sightings s INDEXED BY sightings_frozen_by_item
     CROSS JOIN devices d ON d.id = s.device AND d.status = 'active'
     WHERE s.item = ? AND s.gone_at IS NULL AND s.frozen = 1`,
  )
  const versions = database.prepare(
    `SELECT s.version, count(DISTINCT s.device) AS devices
     FROM sightings s INDEXED BY sightings_by_item CROSS JOIN devices d ON d.id = s.device AND d.status = 'active'
     WHERE s.kind = 'agent' AND s.item = ? AND s.gone_at IS NULL GROUP BY s.version ORDER BY devices DESC, s.version LIMIT ${VERSIONS}`,
  )
  return async (key) => {
    const row = await item.get(key)
    if (row === undefined) return undefined
    const named = await one.get(key)
    return {
      key,
      // If no device has it any more, only its key is left.
      name: named === undefined ? key.slice(0, 256) : textOf(named, 'name'),
      unknown: named === undefined ? key.startsWith('unknown/') : numberOf(named, 'unknown') === 1,
      devices: numberOf(row, 'devices'),
      present: numberOf(row, 'present'),
      running: numberOf(row, 'running'),
      frozen: numberOf((await frozen.get(key)) ?? {}, 'n'),
      firstSeenAt: numberOf(row, 'first_seen'),
      versions: (await versions.all(key)).map((each) => {
        const version = optionalTextOf(each, 'version')
        return { ...(version === undefined ? {} : { version }), devices: numberOf(each, 'devices') }
      }),
    }
  }
}

function conflictQueries(database: Database): FleetStore['mcpConflicts'] {
  const ofName = `FROM sightings INDEXED BY sightings_by_reach
     WHERE item = f.item AND gone_at IS NULL AND kind = 'mcp-server'`
  // Two index look-ups per name: without a conflict the first and the last launch are the same.
  const names = database.prepare(
    `SELECT f.item, f.devices FROM fleet_items f WHERE f.kind = 'mcp-server' AND f.item > ? AND f.devices > 0
       AND (SELECT min(reach) ${ofName}) <> (SELECT max(reach) ${ofName}) ORDER BY f.item`,
  )
  const launches = database.prepare(
    `SELECT s.reach, count(DISTINCT s.device) AS devices, min(s.device) AS device
     FROM sightings s INDEXED BY sightings_by_reach CROSS JOIN devices d ON d.id = s.device AND d.status = 'active'
     WHERE s.item = ? AND s.gone_at IS NULL AND s.kind = 'mcp-server' GROUP BY s.reach ORDER BY devices DESC, s.reach`,
  )
  const example = database.prepare(
    `SELECT id FROM sightings INDEXED BY sightings_by_reach
     WHERE item = ? AND reach = ? AND device = ? AND gone_at IS NULL AND kind = 'mcp-server' LIMIT 1`,
  )
  const read = async ({ after = '', limit }: Parameters<FleetStore['mcpConflicts']>[0]) => {
    const found = []
    for await (const row of names.iterate(after)) {
      const name = textOf(row, 'item')
      const all = await launches.all(name)
      // The other launch is on a retired device.
      if (all.length < 2) continue
      found.push({
        name,
        devices: numberOf(row, 'devices'),
        launches: await Promise.all(
          all.slice(0, LAUNCHES).map(async (launch) => {
            const [reach, device] = [textOf(launch, 'reach'), textOf(launch, 'device')]
            const sighting = textOf((await example.get(name, reach, device)) ?? {}, 'id')
            return { reach, devices: numberOf(launch, 'devices'), example: { device, sighting } }
          }),
        ),
        moreLaunches: Math.max(0, all.length - LAUNCHES),
      })
      if (found.length === limit) break
    }
    return found
  }
  return (page) => database.snapshot(() => read(page))
}
