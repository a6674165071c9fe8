import type { Database } from '../../system/sqlite.ts'

/** Remembers which key a device signs with in one epoch, and of which TPM it is, for as long as its evidence is kept. */
export function keepKey(
  database: Database,
): (key: {
  readonly device: string
  readonly epoch: number
  readonly applicationKey: string
  readonly endorsement?: { readonly publicHash: string } | undefined
  readonly at: number
}) => void {
  const insert = database.prepare(
    'INSERT INTO device_keys (device, epoch, application_key, enrolled_at, endorsement_hash) VALUES (?, ?, ?, ?, ?)',
  )
  return ({ device, epoch, applicationKey, endorsement, at }) => {
    insert.run(device, epoch, applicationKey, at, endorsement?.publicHash ?? null)
  }
}
