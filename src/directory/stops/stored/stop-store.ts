import { member } from '../../../base/json-object.ts'
import { closed, reader, Type } from '../../../base/schema.ts'
import { agentSelectorSchema, personSchema, STOP_KINDS } from '../../../protocol/nouns/agents/stops.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../../sql/columns.ts'
import type { Database, Row } from '../../sql/database.ts'
import { beginsWith, listing, type Place, startsWith } from '../../sql/listing.ts'
import { devicesOfPerson, principalsOf } from '../../sql/person.ts'
import { IN_FORCE } from '../../store/migrations/0001-stops.ts'
import type { NewStop, StopStore, StoredStop } from '../stop-store.ts'

const STATES = ['waiting', 'withdrawn', 'standing', 'release-waiting', 'released', 'ended'] as const

const act = { at: Type.Number(), by: personSchema }
/** What no query asks for. */
const restReader = reader(
  closed({
    selector: agentSelectorSchema,
    reason: Type.String(),
    created: closed(act),
    until: Type.Optional(Type.Number()),
    emergency: Type.Boolean(),
    twoPersons: Type.Boolean(),
    byRegister: Type.Optional(Type.Literal(true)),
    confirmed: Type.Optional(closed(act)),
    release: Type.Optional(closed({ ...act, reason: Type.String(), confirmed: Type.Optional(closed(act)) })),
  }),
  { name: 'stored stop' },
)

export function stopStore(database: Database): StopStore {
  const stopOf = stopRows()
  const insert = database.prepare(
    `INSERT INTO stops (id, kind, device, registration, human, people_group, by_register, state, created_at, ends_at,
       spread_after, narrow, alone_by, json)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?4 IS NOT NULL OR ?5 IS NOT NULL OR ?6 IS NOT NULL, ?12, ?13)`,
  )
  const update = database.prepare(
    'UPDATE stops SET state = ?, ends_at = ?, spread_after = coalesce(?, spread_after), alone_by = ?, json = ? WHERE number = ?',
  )
  const get = database.prepare('SELECT * FROM stops WHERE id = ?')
  const list = listing(database, {
    from: 'stops',
    key: 'number',
    newestFirst: true,
    read: stopOf,
    filters: {
      state: stateCondition,
      kind: (kind, value) => `kind = ${value(kind)}`,
      device: (device, value) => `device = ${value(device)}`,
      human: (human, value) => `human = ${value(human)}`,
      concerns: concernsCondition,
      by: (human, value) => `json ->> '$.created.by.id' IN (${principalsOf(human, value)})`,
      named: (named, value) => beginsWith('id', value(named)),
      search: (search, value) => startsWith("lower(json ->> '$.reason')", search, value),
    },
    sorts: { created: 'created_at', ends: `coalesce(ends_at, ${Number.MAX_SAFE_INTEGER})` },
  })
  const open = database.prepare(
    `SELECT count(*) AS n FROM stops INDEXED BY stops_of_people
     WHERE state IN ('waiting', 'standing', 'release-waiting') AND by_register = 0 AND (ends_at IS NULL OR ends_at > ?)`,
  )
  const active = database.prepare("SELECT count(*) AS n FROM devices WHERE status = 'active'")
  const pastEnd = database.prepare(
    `SELECT * FROM stops INDEXED BY stops_in_force WHERE ${IN_FORCE} AND ends_at <= ? ORDER BY ends_at LIMIT ?`,
  )
  const countOf = (row: Row | undefined) => numberOf(row ?? {}, 'n')
  return {
    ...spreading(database),
    async add(stop, { spread }) {
      const { id, kind, selector, created, state, endsAt } = stop
      const { device, registration, human, group } = selector
      await insert.run(
        ...[id, kind, device ?? null, registration ?? null, human ?? null, group ?? null, stop.byRegister ? 1 : 0],
        ...[state, created.at, endsAt ?? null, spread ? '' : null, stop.aloneBy ?? null, restOf(stop)],
      )
    },
    async update(stop, { spread }) {
      const { state, endsAt = null, aloneBy = null, number } = stop
      await update.run(state, endsAt, spread ? '' : null, aloneBy, restOf(stop), number)
    },
    async get(id) {
      const row = await get.get(id)
      return row && stopOf(row)
    },
    list,
    openCount: async (now) => countOf(await open.get(now)),
    activeDevices: async () => countOf(await active.get()),
    pastEnd: async (now, limit) => (await pastEnd.all(now, limit)).map(stopOf),
  }
}

/** As `stateAt` says: some that are stored as waiting have lapsed, and some in force have ended. */
function stateCondition(state: string, value: Place, now: number): string {
  const past = `(ends_at IS NOT NULL AND ends_at <= ${value(now)})`
  if (state === 'lapsed') return `state = 'waiting' AND ${past}`
  if (state === 'ended') return `(state = 'ended' OR ${IN_FORCE} AND ${past})`
  const isOpen = state === 'waiting' || state === 'standing' || state === 'release-waiting'
  return isOpen ? `state = ${value(state)} AND NOT ${past}` : `state = ${value(state)}`
}

/** Stops of a person, of their groups, of the devices that they own, and of the registrations that they answer for. */
function concernsCondition(human: string, value: Place): string {
  const id = value(human)
  return `number IN (
    SELECT number FROM stops WHERE human IS NOT NULL AND human = ${id}
    UNION SELECT s.number FROM group_members m CROSS JOIN stops s ON s.people_group = m.people_group WHERE m.human = ${id}
    UNION SELECT s.number FROM (${devicesOfPerson(id)}) d CROSS JOIN stops s ON s.device = d.id
    UNION SELECT s.number FROM registrations r INDEXED BY registrations_owned CROSS JOIN stops s ON s.registration = r.id
      WHERE r.owner IS NOT NULL AND r.owner = ${id})`
}

/** One row for each device that a slice ends with, so that a slice is a range of ids. */
function spreading(database: Database): Pick<StopStore, 'spreading' | 'spread'> {
  const stopOf = stopRows()
  const first = database.prepare(
    'SELECT * FROM stops INDEXED BY stops_spreading WHERE spread_after IS NOT NULL ORDER BY number LIMIT 1',
  )
  const after = database.prepare('SELECT spread_after FROM stops WHERE number = ?')
  const putAfter = database.prepare('UPDATE stops SET spread_after = ? WHERE number = ?')
  const scope = database.prepare(
    `SELECT id FROM devices WHERE id > ?1 AND (?2 IS NULL OR id = ?2) AND status = 'active'
     ORDER BY id LIMIT CAST(?3 AS INTEGER)`,
  )
  const include = database.prepare(
    `INSERT INTO stop_devices (stop, device, state, due_at)
       SELECT ?1, id, 'waiting', 0 FROM devices WHERE id > ?2 AND id <= ?3 AND (?4 IS NULL OR id = ?4) AND status = 'active'
     ON CONFLICT DO UPDATE SET due_at = 0`,
  )
  const included = database.prepare(
    'SELECT device FROM stop_devices WHERE stop = ? AND device > ? ORDER BY device LIMIT CAST(? AS INTEGER)',
  )
  const range = 'stop = ?1 AND device > ?2 AND device <= ?3'
  const withdraw = database.prepare(
    `UPDATE orders SET state = 'withdrawn' WHERE state = 'pending' AND id IN (
       SELECT order_id FROM stop_devices WHERE ${range} AND order_id IS NOT NULL)`,
  )
  // A device that was sent no order has nothing to release, and a retired one is sent none.
  const release = database.prepare(
    `UPDATE stop_devices SET
       state = iif(order_id IS NULL OR (SELECT status FROM devices WHERE id = device) = 'retired', 'released', 'releasing'),
       due_at = iif(order_id IS NULL OR (SELECT status FROM devices WHERE id = device) = 'retired', NULL, 0)
     WHERE ${range}`,
  )
  const leave = database.prepare(`UPDATE stop_devices SET due_at = NULL WHERE ${range}`)
  return {
    async spreading() {
      const row = await first.get()
      return row && stopOf(row)
    },
    async spread(stop, limit) {
      const { number, kind, selector, state } = stop
      const from = textOf((await after.get(number)) ?? {}, 'spread_after')
      const only = selector.device ?? null
      const inForce = state === 'standing' || state === 'release-waiting'
      const devices = inForce
        ? (await scope.all(from, only, limit)).map((row) => textOf(row, 'id'))
        : (await included.all(number, from, limit)).map((row) => textOf(row, 'device'))
      const last = devices.at(-1)
      if (last !== undefined) {
        if (inForce) await include.run(number, from, last, only)
        else {
          await withdraw.run(number, from, last)
          const change = kind === 'drill' ? leave : release
          await change.run(number, from, last)
        }
      }
      await putAfter.run(devices.length < limit ? null : (last ?? null), number)
      return devices
    },
  }
}

function restOf(stop: NewStop): string {
  const { selector, reason, created, until, emergency, twoPersons, byRegister, confirmed, release } = stop
  return JSON.stringify({ selector, reason, created, until, emergency, twoPersons, byRegister, confirmed, release })
}

/** Reads stops. It keeps the last one: thousands of devices are ordered the same stop in turn. */
export function stopRows(): (row: Row) => StoredStop {
  let last: { readonly json: unknown; readonly rest: ReturnType<typeof restReader.read> } | undefined
  return (row) => {
    if (last === undefined || last.json !== row.json) last = { json: row.json, rest: jsonOf(row, 'json', restReader) }
    return {
      ...last.rest,
      number: numberOf(row, 'number'),
      id: textOf(row, 'id'),
      kind: wordOf(row, 'kind', STOP_KINDS),
      state: wordOf(row, 'state', STATES),
      ...member('endsAt', optionalNumberOf(row, 'ends_at')),
      ...member('aloneBy', optionalTextOf(row, 'alone_by')),
    }
  }
}
