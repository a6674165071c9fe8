import { member } from '../../../base/json-object.ts'
import { numberOf, optionalTextOf, textOf } from '../../sql/columns.ts'
import type { Database } from '../../sql/database.ts'
import { IN_FORCE } from '../../store/migrations/0001-stops.ts'
import type { People, ReachQueries, ScopeRow, StopScopeStore } from '../stop-store.ts'
import { stopRows } from './stop-store.ts'

export function stopScopeStore(database: Database): StopScopeStore {
  const stopOf = stopRows()
  const holding = database.prepare(
    `SELECT * FROM stops INDEXED BY stops_by_registration WHERE registration = ? AND by_register = 1 AND ${IN_FORCE}
     ORDER BY number`,
  )
  const open = database.prepare(
    `SELECT 1 FROM stops INDEXED BY stops_by_registration
     WHERE registration = ? AND (${IN_FORCE} OR (state = 'waiting' AND ends_at > ?)) LIMIT 1`,
  )
  const after = database.prepare('SELECT spread_after FROM stops WHERE number = ?')
  const putAfter = database.prepare('UPDATE stops SET spread_after = ? WHERE number = ?')
  const putNarrow = database.prepare('UPDATE stops SET narrow = ?1 WHERE number = ?2 AND narrow <> ?1')
  const inScope = database.prepare(
    `SELECT device, order_id IS NOT NULL AS ordered, state IN ('releasing', 'released', 'release-failed') AS released, selector_json
     FROM stop_devices WHERE stop = ? AND device > ? ORDER BY device LIMIT CAST(? AS INTEGER)`,
  )
  const include = database.prepare(
    `INSERT INTO stop_devices (stop, device, state, due_at) VALUES (?, ?, 'waiting', 0)
     ON CONFLICT DO UPDATE SET state = 'waiting', due_at = 0`,
  )
  const withdraw = database.prepare(
    `UPDATE orders SET state = 'withdrawn' WHERE state = 'pending'
       AND id = (SELECT order_id FROM stop_devices WHERE stop = ? AND device = ?)`,
  )
  const release = database.prepare(
    `UPDATE stop_devices SET state = 'releasing', due_at = 0
     WHERE stop = ? AND device = ? AND order_id IS NOT NULL AND state NOT IN ('releasing', 'released', 'release-failed')`,
  )
  const leave = database.prepare('DELETE FROM stop_devices WHERE stop = ? AND device = ? AND order_id IS NULL')
  return {
    holding: async (registration) => (await holding.all(registration)).map(stopOf),
    hasOpenStop: async (registration, now) => (await open.get(registration, now)) !== undefined,
    spreadAfter: async ({ number }) =>
      optionalTextOf((await after.get(number)) ?? { spread_after: null }, 'spread_after'),
    async putSpreadAfter({ number }, last) {
      await putAfter.run(last ?? null, number)
    },
    async putNarrow({ number }, narrow) {
      await putNarrow.run(narrow ? 1 : 0, number)
    },
    inScope: async ({ number }, page) =>
      (await inScope.all(number, page.after, page.limit)).map(
        (row): ScopeRow => ({
          device: textOf(row, 'device'),
          isOrdered: numberOf(row, 'ordered') === 1,
          isReleased: numberOf(row, 'released') === 1,
          ...member('selector', optionalTextOf(row, 'selector_json')),
        }),
      ),
    async include({ number }, device) {
      await include.run(number, device)
    },
    async exclude({ number }, device) {
      await withdraw.run(number, device)
      await release.run(number, device)
      await leave.run(number, device)
    },
  }
}

/** SQL for the ids of people. */
const PEOPLE = {
  human: 'SELECT ?1',
  group: 'SELECT human FROM group_members WHERE people_group = ?1',
} as const

export function reachQueries(database: Database): ReachQueries {
  const forPeople = (sql: (people: string) => string) => {
    const statements = { human: database.prepare(sql(PEOPLE.human)), group: database.prepare(sql(PEOPLE.group)) }
    return (people: People) => ('human' in people ? statements.human : statements.group)
  }
  const active = database.prepare(
    "SELECT id FROM devices WHERE id > ? AND status = 'active' ORDER BY id LIMIT CAST(? AS INTEGER)",
  )
  const devicesOf = forPeople(
    (people) => `
      SELECT d.id FROM devices d WHERE d.status = 'active' AND d.id > ?2 AND d.id IN (
        SELECT device FROM accounts INDEXED BY accounts_by_human WHERE human IS NOT NULL AND human IN (${people}) AND state = 'confirmed'
        UNION SELECT id FROM devices WHERE owner IN (${people})
        UNION SELECT id FROM devices WHERE owner_key IN (SELECT user_key FROM humans WHERE id IN (${people}))
        UNION SELECT id FROM devices WHERE owner_key IN (
          SELECT email_key FROM humans WHERE id IN (${people}) AND email_key IS NOT NULL))
      ORDER BY d.id LIMIT CAST(?3 AS INTEGER)`,
  )
  const withAccounts = forPeople(
    (people) => `
      SELECT DISTINCT a.device FROM accounts a INDEXED BY accounts_by_human
      CROSS JOIN devices d ON d.id = a.device AND d.status = 'active'
      WHERE a.human IS NOT NULL AND a.human IN (${people}) AND a.device > ?2 AND a.state = 'confirmed'
      ORDER BY a.device LIMIT CAST(?3 AS INTEGER)`,
  )
  const owner = database.prepare("SELECT owner FROM devices WHERE id = ? AND status = 'active'")
  const users = forPeople(
    (people) => `SELECT DISTINCT user_name FROM accounts
      WHERE device = ?2 AND state = 'confirmed' AND human IN (${people}) ORDER BY user_name`,
  )
  const isMember = database.prepare('SELECT 1 FROM group_members WHERE people_group = ? AND human = ?')
  const devicesWith = database.prepare(
    `SELECT DISTINCT s.device FROM seen_agents s INDEXED BY seen_agents_by_registration
     CROSS JOIN devices d ON d.id = s.device AND d.status = 'active'
     WHERE s.registration = ? AND s.device > ? ORDER BY s.device LIMIT CAST(? AS INTEGER)`,
  )
  const seenOn = database.prepare(
    'SELECT item, user_name FROM seen_agents WHERE device = ? AND registration = ? ORDER BY item, user_id',
  )
  const idsOf = (rows: readonly Readonly<Record<string, unknown>>[], column: string) =>
    rows.map((row) => textOf(row, column))
  const idOf = (people: People) => ('human' in people ? people.human : people.group)
  return {
    activeAfter: async ({ after, limit }) => idsOf(await active.all(after, limit), 'id'),
    devicesOf: async (people, { after, limit }) => idsOf(await devicesOf(people).all(idOf(people), after, limit), 'id'),
    devicesWithAccounts: async (people, { after, limit }) =>
      idsOf(await withAccounts(people).all(idOf(people), after, limit), 'device'),
    async ownerOf(device) {
      const row = await owner.get(device)
      return row && textOf(row, 'owner')
    },
    usersOn: async (device, people) => idsOf(await users(people).all(idOf(people), device), 'user_name'),
    isMember: async (group, human) => (await isMember.get(group, human)) !== undefined,
    devicesWith: async (registration, { after, limit }) =>
      idsOf(await devicesWith.all(registration, after, limit), 'device'),
    seenOn: async (device, registration) =>
      (await seenOn.all(device, registration)).map((row) => ({
        item: textOf(row, 'item'),
        user: optionalTextOf(row, 'user_name'),
      })),
  }
}
