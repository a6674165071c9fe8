import { fromBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Database } from '../../system/sqlite/sqlite.ts'
import type { ApiStore } from '../api/api-store.ts'
import { numberOf, textOf } from './columns.ts'

const LAST = Number.MAX_SAFE_INTEGER

export function evidenceQueries(database: Database): Pick<ApiStore, 'evidence' | 'evidenceJws' | 'applicationKey'> {
  const list = database.prepare(
    `SELECT epoch, sequence, hash, received_at, octet_length(jws) AS size FROM evidence
     WHERE device = ? AND (epoch, sequence) < (?, ?) ORDER BY epoch DESC, sequence DESC LIMIT ?`,
  )
  const one = database.prepare('SELECT jws FROM evidence WHERE device = ? AND epoch = ? AND sequence = ?')
  const key = database.prepare(
    `SELECT application_key FROM device_keys
     WHERE device = ?1 AND epoch = coalesce(?2, (SELECT epoch FROM devices WHERE id = ?1))`,
  )
  return {
    evidence: (device, { before, limit }) =>
      list.all(device, before?.epoch ?? LAST, before?.sequence ?? LAST, limit).map((row) => ({
        epoch: numberOf(row, 'epoch'),
        sequence: numberOf(row, 'sequence'),
        hash: textOf(row, 'hash'),
        receivedAt: numberOf(row, 'received_at'),
        sizeBytes: numberOf(row, 'size'),
      })),
    evidenceJws(device, { epoch, sequence }) {
      const row = one.get(device, epoch, sequence)
      return row && textOf(row, 'jws')
    },
    applicationKey(device, epoch) {
      const row = key.get(device, epoch ?? null)
      if (row === undefined) return undefined
      const spki = fromBase64Url(textOf(row, 'application_key'))
      if (spki === undefined) throw new SuretyError('STORE_CORRUPT', 'the application key is no base64url')
      return spki
    },
  }
}
