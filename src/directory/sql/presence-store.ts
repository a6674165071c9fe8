import type { Database } from './database.ts'

/** Which devices are connected, for lists: a table in memory that ends with the program, made by `sqliteDatabase`. */
export interface PresenceStore {
  entered(device: string): void
  left(device: string): void
}

export const CONNECTED_DEVICES = 'temp.connected_devices'

export function presenceStore(database: Database): PresenceStore {
  // Where the database failed, the directory ends and takes the table along. Sessions end meanwhile.
  const enter = database.prepare('INSERT OR IGNORE INTO temp.connected_devices VALUES (?)')
  const leave = database.prepare('DELETE FROM temp.connected_devices WHERE device = ?')
  return {
    entered: (device) => void enter.run(device).catch(() => undefined),
    left: (device) => void leave.run(device).catch(() => undefined),
  }
}
