import { member } from '../../../base/json-object.ts'
import { reader } from '../../../base/schema.ts'
import {
  STOP_DEVICE_STATES,
  STOP_KINDS,
  type StopDevice,
  type StopDeviceState,
} from '../../../protocol/nouns/agents/stops.ts'
import { type StopReceipt, stopReceiptSchema } from '../../../protocol/stop.ts'
import { numberOf, optionalJsonOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../../sql/columns.ts'
import { cutPage } from '../../sql/cut-page.ts'
import type { Database, Row } from '../../sql/database.ts'
import { labelReader } from '../../sql/stored-readers.ts'
import { IN_FORCE } from '../../store/migrations/0001-stops.ts'
import type { StopAnswerStore, StopDeviceStore, StopQueries, StoredStop } from '../stop-store.ts'
import { stopRows } from './stop-store.ts'

const ROW_STATES = [
  'waiting',
  'frozen',
  'nothing-matched',
  'failed',
  'releasing',
  'released',
  'release-failed',
] as const
type RowState = (typeof ROW_STATES)[number]

export function stopDeviceStore(database: Database): StopDeviceStore & StopAnswerStore {
  return { ...orderWrites(database), ...answerWrites(database) }
}

function orderWrites(database: Database): StopDeviceStore {
  const stopOf = stopRows()
  const due = database.prepare(
    `SELECT s.*, t.order_id, t.state IN ('releasing', 'release-failed') AS release
     FROM stop_devices t INDEXED BY stop_devices_due CROSS JOIN stops s ON s.number = t.stop
     WHERE t.device = ?1 AND t.due_at <= ?2 AND (t.state IN ('releasing', 'release-failed')
       OR (s.${IN_FORCE} AND (s.ends_at IS NULL OR s.ends_at > ?2)))
     ORDER BY t.due_at, t.stop LIMIT CAST(?3 AS INTEGER)`,
  )
  const mayBeDue = database.prepare(
    'SELECT 1 FROM stop_devices INDEXED BY stop_devices_due WHERE device = ? AND due_at <= ? LIMIT 1',
  )
  const close = database.prepare(
    "UPDATE orders SET state = iif(not_after <= ?, 'expired', 'withdrawn') WHERE id = ? AND state = 'pending'",
  )
  const put = database.prepare(
    'UPDATE stop_devices SET order_id = ?, ordered_at = ?, due_at = ?, selector_json = ? WHERE stop = ? AND device = ?',
  )
  return {
    mayBeDue: async (device, now) => (await mayBeDue.get(device, now)) !== undefined,
    due: async (device, { now, limit }) =>
      (await due.all(device, now, limit)).map((row) => ({
        stop: stopOf(row),
        release: numberOf(row, 'release') === 1,
        before: optionalTextOf(row, 'order_id'),
      })),
    async putOrder({ stop, before }, device, { id, at, dueAt, selector }) {
      if (before !== undefined) await close.run(at, before)
      await put.run(id, at, dueAt, selector ?? null, stop.number, device)
    },
  }
}

/** Of one device. The sums over a fleet stay whole numbers, whatever devices claim. */
const MOST_COUNTED = 1_000_000

function countsIn({ agentCount, processCount }: StopReceipt): readonly number[] {
  return [agentCount, processCount].map((count) => Math.min(count, MOST_COUNTED))
}

const LATER = { frozen: 'frozen_later', ended: 'ended_later', escaped: 'escaped' } as const

function answerWrites(database: Database): StopAnswerStore {
  const answered = database.prepare(
    `SELECT s.number, s.id, iif(o.kind = 'release', 'release', s.kind) AS kind, t.order_id IS o.id AS newest
     FROM orders o CROSS JOIN stops s ON s.id = o.stop LEFT JOIN stop_devices t ON t.stop = s.number AND t.device = o.device
     WHERE o.id = ? AND o.device = ?`,
  )
  const receiptColumns = 'agents = ?, processes = ?, receipt_json = ?'
  const answerColumns = 'state = ?, answered_at = ?, code = ?, due_at = ?'
  const update = (columns: string) =>
    database.prepare(`UPDATE stop_devices SET ${columns} WHERE stop = ? AND device = ?`)
  const putReceipt = update(receiptColumns)
  const putAnswer = update(answerColumns)
  // One statement counts once.
  const putBoth = update(`${receiptColumns}, ${answerColumns}`)
  const stopNumber = database.prepare('SELECT number FROM stops WHERE id = ?')
  const later = Object.fromEntries(
    Object.entries(LATER).map(([kind, column]) => [
      kind,
      database.prepare(`UPDATE stop_devices SET ${column} = ${column} + 1 WHERE stop = ? AND device = ?`),
    ]),
  )
  // The device released it by itself. Where the directory still wants it, another order is due.
  const released = database.prepare(
    `UPDATE stop_devices SET due_at = CASE WHEN state IN ('releasing', 'release-failed', 'released') THEN NULL ELSE 0 END,
       state = CASE WHEN state IN ('releasing', 'release-failed', 'released') THEN 'released' ELSE 'waiting' END
     WHERE stop = ? AND device = ?`,
  )
  const newestEvents = database.prepare(
    `SELECT at FROM audit INDEXED BY audit_by_device_and_act WHERE device = ? AND act = 'stop-event'
     ORDER BY id DESC LIMIT 1 OFFSET CAST(? AS INTEGER)`,
  )
  return {
    async answeredOrder(device, order) {
      const row = await answered.get(order, device)
      return (
        row && {
          number: numberOf(row, 'number'),
          stop: textOf(row, 'id'),
          kind: wordOf(row, 'kind', [...STOP_KINDS, 'release']),
          newest: numberOf(row, 'newest') === 1,
        }
      )
    },
    async putAnswer(device, { number }, { answer, receipt }) {
      const ofReceipt = receipt === undefined ? [] : [...countsIn(receipt), JSON.stringify(receipt)]
      const ofAnswer = answer === undefined ? [] : [answer.state, answer.at, answer.code ?? null, answer.dueAt ?? null]
      const statement = answer === undefined ? putReceipt : receipt === undefined ? putAnswer : putBoth
      if (answer !== undefined || receipt !== undefined) await statement.run(...ofReceipt, ...ofAnswer, number, device)
    },
    async putEvent(device, { kind, stop }) {
      const row = stop === 'local' ? undefined : await stopNumber.get(stop)
      if (row === undefined) return false
      const change = kind === 'released' ? released : later[kind]
      await change?.run(numberOf(row, 'number'), device)
      return true
    },
    async hasMoreEvents(device, count, since) {
      const row = await newestEvents.get(device, count)
      return row !== undefined && numberOf(row, 'at') > since
    },
  }
}

const SHOWN: Readonly<Record<RowState, StopDeviceState>> = {
  waiting: 'waiting',
  releasing: 'waiting',
  failed: 'failed',
  'release-failed': 'failed',
  frozen: 'frozen',
  'nothing-matched': 'nothing-matched',
  released: 'released',
}

/** The states in the table that the API shows as one. */
function rowStatesOf(state: StopDeviceState): readonly RowState[] {
  const shown = state === 'unreachable' ? 'waiting' : state
  return ROW_STATES.filter((one) => SHOWN[one] === shown)
}

const receiptReader = reader(stopReceiptSchema, {
  name: 'stored stop receipt',
  limits: { maxBytes: 2 * 1024 * 1024, maxDepth: 10 },
})

export function stopQueries(database: Database): StopQueries {
  const states = database.prepare('SELECT state, devices, agents, processes FROM stop_states WHERE stop = ?')
  const spread = database.prepare('SELECT spread_after IS NULL AS whole FROM stops WHERE number = ?')
  const waiting = database.prepare(
    `SELECT device FROM stop_devices INDEXED BY stop_devices_by_state WHERE stop = ? AND state IN ('waiting', 'releasing')`,
  )
  const inForce = database.prepare(
    `SELECT state, count(*) AS n FROM stops INDEXED BY stops_by_state
     WHERE state IN ('waiting', 'standing', 'release-waiting') GROUP BY state`,
  )
  const devicesInForce = database.prepare(
    `SELECT t.state, sum(t.devices) AS n FROM stops s INDEXED BY stops_by_state
     CROSS JOIN stop_states t ON t.stop = s.number WHERE s.state IN ('standing', 'release-waiting') GROUP BY t.state`,
  )
  const onDevice = database.prepare(
    `SELECT count(*) AS standing, coalesce(sum(t.state IN ('frozen', 'nothing-matched')), 0) AS answered
     FROM stop_devices t INDEXED BY stop_devices_of_device CROSS JOIN stops s ON s.number = t.stop
     WHERE t.device = ?1 AND s.${IN_FORCE} AND (s.ends_at IS NULL OR s.ends_at > ?2) AND s.kind <> 'drill'`,
  )
  return {
    async onDevice(device, now) {
      const row = (await onDevice.get(device, now)) ?? {}
      return { standing: numberOf(row, 'standing'), answered: numberOf(row, 'answered') }
    },
    async progress({ number }, isConnected) {
      const rows = (await states.all(number)).map((row) => ({
        state: wordOf(row, 'state', ROW_STATES),
        devices: numberOf(row, 'devices'),
        agents: numberOf(row, 'agents'),
        processes: numberOf(row, 'processes'),
      }))
      const sum = (member: 'devices' | 'agents' | 'processes', state?: StopDeviceState) =>
        rows.reduce((total, row) => total + (state === undefined || SHOWN[row.state] === state ? row[member] : 0), 0)
      const wait = sum('devices', 'waiting')
      const failed = sum('devices', 'failed')
      const silent = isConnected === undefined ? undefined : countSilent(await waiting.all(number), isConnected)
      const spreading = numberOf((await spread.get(number)) ?? {}, 'whole') === 0
      const devices = sum('devices')
      return {
        devices,
        waiting: wait,
        ...member('unreachable', silent),
        frozen: sum('devices', 'frozen'),
        nothingMatched: sum('devices', 'nothing-matched'),
        failed,
        released: sum('devices', 'released'),
        agents: sum('agents'),
        processes: sum('processes'),
        spreading,
        // A stop that is not in force has no device.
        done: devices > 0 && wait === 0 && failed === 0 && !spreading,
      }
    },
    devices: devicePages(database),
    names: selectorNames(database),
    counts: async () => ({
      stops: countsOf(await inForce.all(), ['waiting', 'standing', 'release-waiting']),
      devices: countsOf(await devicesInForce.all(), ROW_STATES),
    }),
  }
}

function countsOf(rows: readonly Row[], words: readonly string[]): Record<string, number> {
  const found = new Map(rows.map((row) => [textOf(row, 'state'), numberOf(row, 'n')]))
  return Object.fromEntries(words.map((word) => [word, found.get(word) ?? 0]))
}

function countSilent(rows: readonly Row[], isConnected: (device: string) => boolean): number {
  let count = 0
  for (const row of rows) if (!isConnected(textOf(row, 'device'))) count++
  return count
}

function selectorNames(database: Database): StopQueries['names'] {
  const named = database.prepare(
    `SELECT (SELECT json_extract(label_json, '$.hostname') FROM devices WHERE id = ?1) AS hostname,
       (SELECT name FROM registrations WHERE id = ?2) AS registration,
       (SELECT display_name FROM humans WHERE id = ?3) AS human,
       (SELECT name FROM people_groups WHERE id = ?4) AS people_group`,
  )
  return async ({ device, registration, human, group }) => {
    if (device === undefined && registration === undefined && human === undefined && group === undefined)
      return undefined
    const row = (await named.get(device ?? null, registration ?? null, human ?? null, group ?? null)) ?? {}
    const names = {
      ...member('hostname', optionalTextOf(row, 'hostname')),
      ...member('registration', optionalTextOf(row, 'registration')),
      ...member('human', optionalTextOf(row, 'human')),
      ...member('group', optionalTextOf(row, 'people_group')),
    }
    return Object.keys(names).length === 0 ? undefined : names
  }
}

function devicePages(database: Database): StopQueries['devices'] {
  const brief = database.prepare(
    `SELECT device FROM stop_devices INDEXED BY stop_devices_by_state
     WHERE stop = ?1 AND state IN (SELECT value FROM json_each(?2)) AND device > ?3 ORDER BY device`,
  )
  const one = database.prepare(
    `SELECT t.*, coalesce(t.receipt_json, '') AS json, d.label_json, d.owner
     FROM stop_devices t JOIN devices d ON d.id = t.device WHERE t.stop = ? AND t.device = ?`,
  )
  async function* rowsOf(stop: StoredStop, { state, after, isConnected }: Parameters<StopQueries['devices']>[1]) {
    const from = after === undefined ? 0 : STOP_DEVICE_STATES.indexOf(after.state)
    for (const [at, shown] of STOP_DEVICE_STATES.entries()) {
      if (at < from || (state !== undefined && shown !== state)) continue
      const start = at === from ? (after?.device ?? '') : ''
      for await (const row of brief.iterate(stop.number, JSON.stringify(rowStatesOf(shown)), start)) {
        const device = textOf(row, 'device')
        const waits = shown === 'unreachable' || shown === 'waiting'
        if (waits && isConnected(device) !== (shown === 'waiting')) continue
        const whole = await one.get(stop.number, device)
        if (whole !== undefined) yield { ...whole, shown }
      }
    }
  }
  return (stop, page) => database.snapshot(() => cutPage(rowsOf(stop, page), page.limit, stopDeviceOf))
}

function stopDeviceOf(row: Row): StopDevice {
  return {
    device: textOf(row, 'device'),
    ...member('hostname', optionalJsonOf(row, 'label_json', labelReader)?.hostname),
    owner: textOf(row, 'owner'),
    state: wordOf(row, 'shown', STOP_DEVICE_STATES),
    ...member('order', optionalTextOf(row, 'order_id')),
    ...member('orderedAt', optionalNumberOf(row, 'ordered_at')),
    ...member('answeredAt', optionalNumberOf(row, 'answered_at')),
    ...member('code', optionalTextOf(row, 'code')),
    agents: numberOf(row, 'agents'),
    processes: numberOf(row, 'processes'),
    frozenLater: numberOf(row, 'frozen_later'),
    endedLater: numberOf(row, 'ended_later'),
    escaped: numberOf(row, 'escaped'),
    ...member('receipt', optionalJsonOf(row, 'receipt_json', receiptReader)),
  }
}
