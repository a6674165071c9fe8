import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Reader } from '../../base/schema.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { sealJson, unsealJson } from '../../system/files/own/sealed-json.ts'

/** A sealed file in the state folder: what a provider must know of its keys after a restart. Its mode is 0600. */
export interface RecordFile<T extends object> {
  /** @returns undefined if there is none. @throws `STORE_CORRUPT`, `NOT_PERMITTED` if others can read it. */
  read(): Promise<T | undefined>
  /** @throws `STORE_FAILED`; the old file is then still whole. */
  write(record: T): Promise<void>
}

const MAX_BYTES = 128 * 1024

export function recordFile<T extends object>(path: string, reader: Pick<Reader<T>, 'read'>): RecordFile<T> {
  return {
    async read() {
      const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES, ownerOnly: true })
      if (bytes === undefined) return undefined
      try {
        return reader.read(unsealJson(fromUtf8(bytes), { maxBytes: MAX_BYTES, maxDepth: 4 }))
      } catch (cause) {
        throw new SuretyError('STORE_CORRUPT', `${JSON.stringify(path)} is damaged`, { cause })
      }
    },
    write: (record) => writeDurably(path, utf8(sealJson(record)), { mode: 0o600 }),
  }
}
