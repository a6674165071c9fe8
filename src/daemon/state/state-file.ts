import { join } from 'node:path'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import type { Reader } from '../../base/schema.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { setAside } from '../../system/files/own/quarantine.ts'
import { sealJson, unsealJson } from '../../system/files/own/sealed-json.ts'

/** A small JSON file in the state folder. It is whole or absent, and durable once written. */
export interface StateFile<T> {
  /** @returns undefined when it is absent, or was damaged and is set aside now. @throws `STORE_FAILED`, `FILE_UNREADABLE`. */
  read(): Promise<T | undefined>
  /** @throws `STORE_FAILED`; the earlier content is still whole then. */
  write(value: T): Promise<void>
}

export interface StateFileComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly onSetAside: (path: string, cause: unknown) => void
}

const MAX_BYTES = 64 * 1024
const MAX_DEPTH = 8
/** Errors that mean a damaged file. Others, such as permissions and I/O, are not the file's fault: it stays in place. */
const DAMAGE = [
  'INPUT_MALFORMED',
  'INPUT_TOO_LARGE',
  'INPUT_TOO_DEEP',
  'FILE_TOO_LARGE',
  'FILE_IS_LINK',
  'FILE_NOT_REGULAR',
]

export function stateFile<T extends object>(
  components: StateFileComponents,
  init: { readonly folder: string; readonly name: string; readonly reader: Reader<T>; readonly maxBytes?: number },
): StateFile<T> {
  const path = join(init.folder, init.name)
  const maxBytes = init.maxBytes ?? MAX_BYTES
  const parse = async () => {
    const bytes = await readIfPresent(path, { maxBytes })
    if (bytes === undefined) return undefined
    const document = unsealJson(decode(bytes), { maxBytes, maxDepth: MAX_DEPTH })
    requireNotNewer(path, document, init.reader)
    return init.reader.read(document)
  }
  return {
    async read() {
      try {
        return await parse()
      } catch (error) {
        if (!DAMAGE.includes(codeOf(error) ?? '')) throw error
        const aside = setAside(path, { now: components.clock.now() })
        components.onSetAside(aside, error)
        return undefined
      }
    },
    // Validated first, so that nothing is written that cannot be read again.
    async write(value) {
      const bytes = utf8(sealJson({ ...init.reader.read(value) }))
      if (bytes.length > maxBytes) throw new SuretyError('STORE_FAILED', `${init.name} has more than ${maxBytes} bytes`)
      await writeDurably(path, bytes, { mode: 0o600 })
    },
  }
}

/** Set aside, it would cost the device its enrolment. */
function requireNotNewer(path: string, document: unknown, { schema }: Pick<Reader<object>, 'schema'>): void {
  const ours = versionOf((schema as { properties?: { schema?: { const?: unknown } } }).properties?.schema?.const)
  const found = versionOf((document as { schema?: unknown } | null)?.schema)
  if (ours === undefined || ours.name !== found?.name || found.version <= ours.version) return
  throw new SuretyError(
    'STORE_FAILED',
    `${JSON.stringify(path)} is of a newer version of suretyd: install that version`,
  )
}

function versionOf(schema: unknown): { readonly name: string; readonly version: number } | undefined {
  const [, name, version] = /^(surety\/[a-z-]+)@(\d{1,9})$/.exec(typeof schema === 'string' ? schema : '') ?? []
  return name === undefined ? undefined : { name, version: Number(version) }
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new SuretyError('INPUT_MALFORMED', 'not UTF-8', { cause })
  }
}
