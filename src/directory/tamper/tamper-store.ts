import { reader } from '../../base/schema.ts'
import { type TamperSign, tamperSignSchema } from '../../protocol/tamper.ts'
import { jsonOf, numberOf, optionalNumberOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { CONNECTED_DEVICES } from '../sql/presence-store.ts'

export interface TamperStore {
  /** The oldest ones of the device go. */
  add(device: string, sign: TamperSign, at: number): Promise<void>
  /** Newest first. */
  list(device: string): Promise<readonly ReceivedSign[]>
}

export interface ReceivedSign {
  readonly sign: TamperSign
  readonly receivedAt: number
}

/** Devices from which nothing was heard for longer than the policy of each allows. */
export interface SilenceStore {
  /**
   * Active devices that are not connected, not known to be silent, did not say that they are removed, and were not heard since.
   * By id.
   */
  quiet(question: {
    readonly heardBefore: number
    readonly after: string
    readonly limit: number
  }): Promise<readonly QuietDevice[]>
  /** Known to be silent, and heard since, retired, or said to be removed. */
  over(limit: number): Promise<readonly QuietDevice[]>
  put(device: string, silence: { readonly heardAt: number; readonly noticedAt: number }): Promise<void>
  remove(device: string): Promise<void>
}

export interface QuietDevice {
  readonly device: string
  /** When it was heard last, or enrolled. */
  readonly heardAt: number
  /** Of one that is known: when it was heard last before the silence. */
  readonly silentSince?: number | undefined
  readonly status: 'active' | 'retired'
}

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
