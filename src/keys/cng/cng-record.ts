import { join } from 'node:path'
import { base64Url, closed, reader, type Static, Type } from '../../base/schema.ts'
import { type RecordFile, recordFile } from '../provider/record-file.ts'

/** `cng-keys.json`: the names of our keys in the provider, and what they must be, so that another key is never used by mistake. */
const recordSchema = closed({
  version: Type.Literal(1),
  keys: Type.Record(
    Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    closed({ name: Type.String({ pattern: '^surety-[a-z0-9-]{1,120}$' }), public: base64Url(512) }),
  ),
})
export type CngRecord = Static<typeof recordSchema>
const recordReader = reader(recordSchema, { name: 'cng-keys.json', code: 'STORE_CORRUPT' })

export function cngRecordPath(stateFolder: string): string {
  return join(stateFolder, 'cng-keys.json')
}

export function cngRecord(stateFolder: string): RecordFile<CngRecord> {
  return recordFile(cngRecordPath(stateFolder), recordReader)
}
