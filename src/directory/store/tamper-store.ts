import { reader } from '../../base/schema.ts'
import { tamperSignSchema } from '../../protocol/tamper.ts'
import { jsonOf, numberOf, optionalNumberOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import type { QuietDevice, SilenceStore, TamperStore } from '../tamper/tamper-store.ts'
import { CONNECTED_DEVICES } from './presence-store.ts'

const signReader = reader(tamperSignSchema, { name: 'stored tamper sign' })
/** Of one device. */
const MAX_SIGNS = 50

export function tamperStore(database: Database): TamperStore {
  const insert = database.prepare('INSERT INTO tamper_signs (device, kind, json, received_at) VALUES (?, ?, ?, ?)')
  const drop = database.prepare(
    `DELETE FROM tamper_signs WHERE device = ?1 AND number <=
       (SELECT number FROM tamper_signs WHERE device = ?1 ORDER BY number DESC LIMIT 1 OFFSET ${MAX_SIGNS})`,
  )
  const select = database.prepare('SELECT json, received_at FROM tamper_signs WHERE device = ? ORDER BY number DESC')
  return {
    async add(device, sign, at) {
      await insert.run(device, sign.kind, JSON.stringify(sign), at)
      await drop.run(device)
    },
    list: async (device) =>
      (await select.all(device)).map((row) => ({
        sign: jsonOf(row, 'json', signReader),
        receivedAt: numberOf(row, 'received_at'),
      })),
  }
}

/** The removal was the last word of the device, apart from batches that came within a minute after it. */
const IS_REMOVED = `EXISTS (SELECT 1 FROM tamper_signs t WHERE t.device = l.device AND t.kind = 'removed'
    AND t.received_at >= coalesce(l.last_seen, 0) - 60000)`

export function silenceStore(database: Database): SilenceStore {
  const quiet = database.prepare(
    `SELECT l.device, l.status, coalesce(l.last_seen, l.enrolled_at) AS heard_at FROM listed_devices l NOT INDEXED
     WHERE l.device > ?1 AND l.status = 'active' AND coalesce(l.last_seen, l.enrolled_at) < ?2
       AND l.device NOT IN ${CONNECTED_DEVICES} AND l.device NOT IN (SELECT device FROM silent_devices) AND NOT ${IS_REMOVED}
     ORDER BY l.device LIMIT CAST(?3 AS INTEGER)`,
  )
  const over = database.prepare(
    `SELECT l.device, l.status, coalesce(l.last_seen, l.enrolled_at) AS heard_at, s.heard_at AS silent_since
     FROM silent_devices s JOIN listed_devices l ON l.device = s.device
     WHERE l.status <> 'active' OR coalesce(l.last_seen, l.enrolled_at) > s.heard_at OR ${IS_REMOVED}
     LIMIT CAST(? AS INTEGER)`,
  )
  const put = database.prepare('INSERT OR REPLACE INTO silent_devices VALUES (?, ?, ?)')
  const remove = database.prepare('DELETE FROM silent_devices WHERE device = ?')
  return {
    quiet: async ({ heardBefore, after, limit }) => (await quiet.all(after, heardBefore, limit)).map(quietOf),
    over: async (limit) => (await over.all(limit)).map(quietOf),
    put: async (device, { heardAt, noticedAt }) => void (await put.run(device, heardAt, noticedAt)),
    remove: async (device) => void (await remove.run(device)),
  }
}

function quietOf(row: Row): QuietDevice {
  return {
    device: textOf(row, 'device'),
    status: wordOf(row, 'status', ['active', 'retired']),
    heardAt: numberOf(row, 'heard_at'),
    silentSince: 'silent_since' in row ? optionalNumberOf(row, 'silent_since') : undefined,
  }
}
