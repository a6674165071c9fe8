import { join } from 'node:path'
import { base64Url, closed, reader, type Static, Type } from '../../base/schema.ts'
import { type RecordFile, recordFile } from '../provider/record-file.ts'

/** `secure-enclave-keys.json`: our keys as the Secure Enclave wrapped them. They are useless on another Mac. */
const recordSchema = closed({
  version: Type.Literal(1),
  keys: Type.Record(
    Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    closed({ public: base64Url(512), wrapped: base64Url(4_096) }),
  ),
})
export type EnclaveRecord = Static<typeof recordSchema>
const recordReader = reader(recordSchema, { name: 'secure-enclave-keys.json', code: 'STORE_CORRUPT' })

export function enclaveRecordPath(stateFolder: string): string {
  return join(stateFolder, 'secure-enclave-keys.json')
}

export function enclaveRecord(stateFolder: string): RecordFile<EnclaveRecord> {
  return recordFile(enclaveRecordPath(stateFolder), recordReader)
}
