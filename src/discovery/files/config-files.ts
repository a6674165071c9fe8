import { codeOf, SuretyError } from '../../base/errors.ts'
import type { JsonObject } from '../../base/json-object.ts'
import { CONFIG_MAX_BYTES, parseConfig } from '../formats/config-text.ts'
import type { Folders } from './folders.ts'

/** Configuration files, each read and parsed once for all who ask. */
export interface ConfigFiles {
  /** Undefined when absent or unreadable; the latter is told, once. */
  read(path: string): Promise<JsonObject | undefined>
  /** As `read`, for whom what cannot be read is not what is absent. */
  look(path: string): Promise<JsonObject | 'unread' | undefined>
}

/** Of so much text the content is kept; what goes beyond is read again for each who asks. */
const MAX_KEPT_LENGTH = 24 * 1024 * 1024
/** And so much is read of all together; files behind that are told. */
const MAX_READ_LENGTH = 128 * 1024 * 1024

const ENOUGH = new SuretyError('FILE_TOO_LARGE', `${MAX_READ_LENGTH} characters of configuration were read before this`)

export function configFiles(components: {
  readonly folders: Folders
  readonly onFault: (path: string, error: unknown) => void
}): ConfigFiles {
  const known = new Map<string, Promise<JsonObject | 'unread' | undefined>>()
  let keptLength = 0
  let readLength = 0
  const readNow = async (path: string): Promise<JsonObject | 'unread' | undefined> => {
    const { folders, onFault } = components
    if (folders.inHome && (await folders.kindOf(path)) === undefined) return undefined
    try {
      if (readLength >= MAX_READ_LENGTH) throw ENOUGH
      const text = await folders.files.readText(path, { maxBytes: CONFIG_MAX_BYTES })
      readLength += text.length
      keptLength += text.length
      if (keptLength > MAX_KEPT_LENGTH) {
        keptLength -= text.length
        known.delete(path)
      }
      return await parseConfig(path, text)
    } catch (error) {
      onFault(path, error)
      return codeOf(error) === 'FILE_ABSENT' ? undefined : 'unread'
    }
  }
  const look = (path: string) => {
    const document = known.get(path) ?? readNow(path)
    known.set(path, document)
    return document
  }
  return {
    look,
    async read(path) {
      const document = await look(path)
      return document === 'unread' ? undefined : document
    },
  }
}
