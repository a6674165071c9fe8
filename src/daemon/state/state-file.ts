import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import type { Reader } from '../../base/schema.ts'
import { readIfPresent, writeDurably } from '../../system/durable-file.ts'

/** One small JSON file of the state folder: whole or absent, durable once written. */
export interface StateFile<T> {
  /** Undefined when absent, or damaged and now set aside. @throws `STORE_FAILED`, `FILE_UNREADABLE`. */
  read(): Promise<T | undefined>
  /** @throws `STORE_FAILED`: what was there before is still whole. */
  write(value: T): Promise<void>
}

export interface StateFileComponents {
  readonly clock: Clock
  readonly onSetAside: (path: string, cause: unknown) => void
}

const MAX_BYTES = 64 * 1024
/** What our own files can be when something damaged them; anything else (no permission, I/O) is not the file's fault. */
const DAMAGE = [
  'INPUT_MALFORMED',
  'INPUT_TOO_LARGE',
  'INPUT_TOO_DEEP',
  'FILE_TOO_LARGE',
  'FILE_IS_LINK',
  'FILE_NOT_REGULAR',
]

export function stateFile<T>(
  components: StateFileComponents,
  init: { readonly folder: string; readonly name: string; readonly reader: Reader<T> },
): StateFile<T> {
  const path = join(init.folder, init.name)
  const parse = async () => {
    const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES })
    return bytes === undefined ? undefined : init.reader.readJson(decode(bytes))
  }
  return {
    async read() {
      try {
        return await parse()
      } catch (error) {
        if (!DAMAGE.includes(codeOf(error) ?? '')) throw error
        const aside = `${path}.damaged-${components.clock.now()}`
        await rename(path, aside).catch((cause: unknown) => {
          throw new SuretyError('STORE_FAILED', `cannot put ${JSON.stringify(path)} aside`, { cause })
        })
        components.onSetAside(aside, error)
        return undefined
      }
    },
    write: (value) =>
      writeDurably(path, utf8(`${JSON.stringify(init.reader.read(value), undefined, 2)}\n`), { mode: 0o600 }),
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new SuretyError('INPUT_MALFORMED', 'not UTF-8', { cause })
  }
}
