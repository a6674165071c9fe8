import type { Database } from '../../system/sqlite/sqlite.ts'

/** Remembers which key a device signs with in one epoch, of which TPM it is and which token let it in, for as long as its evidence is kept. */
export function keepKey(
  database: Database,
): (key: {
  readonly device: string
  readonly epoch: number
  readonly applicationKey: string
  readonly endorsement?: { readonly publicHash: string } | undefined
  readonly token: string
  readonly at: number
}) => void {
  const insert = database.prepare(
    'INSERT INTO device_keys (device, epoch, application_key, enrolled_at, endorsement_hash, token) VALUES (?, ?, ?, ?, ?, ?)',
  )
  return ({ device, epoch, applicationKey, endorsement, token, at }) => {
    insert.run(device, epoch, applicationKey, at, endorsement?.publicHash ?? null, token)
  }
}
