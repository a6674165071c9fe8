import { closed, reader, Type } from '../../../base/schema.ts'
import { agentSelectorSchema, personSchema, STOP_KINDS } from '../../../protocol/nouns/agents/stops.ts'
import { jsonOf, textOf, wordOf } from '../../sql/columns.ts'
import type { Database } from '../../sql/database.ts'
import { IN_FORCE } from '../../store/migrations/0001-stops.ts'
import type { OnePersonQueries, ReachedQueries } from '../stop-store.ts'
import { stopRows } from './stop-store.ts'

const selectorReader = reader(agentSelectorSchema, { name: 'stored selector' })
const confirmedReader = reader(closed({ at: Type.Number(), by: personSchema }), { name: 'stored confirmation' })

const DAY_MS = 86_400_000

export function onePersonQueries(database: Database): OnePersonQueries {
  const stopOf = stopRows()
  // What has ended on every device would count for ever: its stop stays in force. After a day it no longer counts.
  const counted = `alone_by IN (SELECT value FROM json_each(?1)) AND created_at >= ?4 AND ${IN_FORCE} AND (ends_at IS NULL OR ends_at > ?2)
    AND json_extract(json, '$.emergency') = 0
    AND (by_register = 0 OR created_at > ?3 OR (SELECT state FROM registrations r WHERE r.id = stops.registration) <> 'retired')`
  const onDevices = database.prepare(
    `SELECT DISTINCT device FROM stops INDEXED BY stops_alone_in_force WHERE device IS NOT NULL AND ${counted}
       AND (SELECT status FROM devices d WHERE d.id = stops.device) = 'active'
     LIMIT CAST(?5 AS INTEGER)`,
  )
  const others = database.prepare(
    `SELECT DISTINCT kind, json_extract(json, '$.selector') AS selector FROM stops INDEXED BY stops_alone_in_force
     WHERE device IS NULL AND ${counted}`,
  )
  const emergencies = database.prepare(
    `SELECT * FROM stops INDEXED BY stops_alone_lately
     WHERE alone_by IN (SELECT value FROM json_each(?)) AND created_at > ? AND json_extract(json, '$.emergency') = 1
     ORDER BY number`,
  )
  const confirmed = database.prepare(
    `SELECT json_extract(json, '$.confirmed') AS confirmed FROM stops INDEXED BY stops_by_registration
     WHERE registration = ?1 AND device IS NULL AND ${IN_FORCE} AND ends_at IS NULL AND kind IN (?2, 'retire')
       AND json_extract(json, '$.confirmed') IS NOT NULL LIMIT 1`,
  )
  return {
    async inForceAlone(people, { now, since, most }) {
      const [names, day] = [JSON.stringify(people), now - DAY_MS]
      return [
        ...(await onDevices.all(names, now, day, since, most)).map((row) => ({
          kind: 'freeze' as const,
          selector: { device: textOf(row, 'device') },
        })),
        ...(await others.all(names, now, day, since)).map((row) => ({
          kind: wordOf(row, 'kind', STOP_KINDS),
          selector: jsonOf(row, 'selector', selectorReader),
        })),
      ]
    },
    emergencies: async (people, since) => (await emergencies.all(JSON.stringify(people), since)).map(stopOf),
    async confirmedFor(registration, kind) {
      const row = await confirmed.get(registration, kind)
      return row && jsonOf(row, 'confirmed', confirmedReader)
    },
  }
}

/** The last character of all. */
const LAST = '\u{10FFFF}'
/** Of a longer name stops have the beginning. */
const MOST_PRODUCT = 64

export function reachedQueries(database: Database): ReachedQueries {
  const present = "s.gone_at IS NULL AND s.kind = 'agent'"
  const active = "CROSS JOIN devices d ON d.id = s.device AND d.status = 'active'"
  const reporting = database.prepare(
    `SELECT DISTINCT s.device FROM sightings s INDEXED BY sightings_by_item ${active}
     WHERE ${present} AND s.item BETWEEN ?1 AND ?2 LIMIT CAST(?3 AS INTEGER)`,
  )
  const reportingOf = database.prepare(
    `SELECT DISTINCT s.device FROM sightings s INDEXED BY sightings_by_user ${active}
     WHERE ${present} AND s.user_name IS NOT NULL AND s.user_name = ?4 AND s.item BETWEEN ?1 AND ?2 LIMIT CAST(?3 AS INTEGER)`,
  )
  const ofUser = database.prepare(
    `SELECT DISTINCT s.device FROM sightings s INDEXED BY sightings_by_user ${active}
     WHERE ${present} AND s.user_name IS NOT NULL AND s.user_name = ? LIMIT CAST(? AS INTEGER)`,
  )
  const accountsOf = database.prepare(
    `SELECT DISTINCT s.device FROM accounts s INDEXED BY accounts_by_name ${active}
     WHERE s.user_name = ? LIMIT CAST(? AS INTEGER)`,
  )
  const idsOf = (rows: readonly Readonly<Record<string, unknown>>[]) => rows.map((row) => textOf(row, 'device'))
  return {
    async devicesReporting({ product, user }, most) {
      const unknown = `unknown/${product}`
      const ranges = [
        [product, product] as const,
        [unknown, product.length < MOST_PRODUCT ? unknown : unknown + LAST] as const,
      ]
      return (
        await Promise.all(
          ranges.map(async ([from, to]) =>
            idsOf(
              user === undefined ? await reporting.all(from, to, most) : await reportingOf.all(from, to, most, user),
            ),
          ),
        )
      ).flat()
    },
    devicesOfUser: async (user, most) => [
      ...idsOf(await ofUser.all(user, most)),
      ...idsOf(await accountsOf.all(user, most)),
    ],
  }
}
