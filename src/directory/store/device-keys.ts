import type { Database } from '../../system/sqlite.ts'

/** Remembers which key a device signs with in one epoch, for as long as its evidence is kept. */
export function keepKey(
  database: Database,
): (key: {
  readonly device: string
  readonly epoch: number
  readonly applicationKey: string
  readonly at: number
}) => void {
  const insert = database.prepare(
    'INSERT INTO device_keys (device, epoch, application_key, enrolled_at) VALUES (?, ?, ?, ?)',
  )
  return ({ device, epoch, applicationKey, at }) => {
    insert.run(device, epoch, applicationKey, at)
  }
}
