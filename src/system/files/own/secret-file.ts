import { fromUtf8 } from '../../../base/bytes.ts'
import { SuretyError } from '../../../base/errors.ts'
import { readIfPresent } from './durable-file.ts'

const MAX_SECRET_BYTES = 4_096

/**
 * The secret of a setting that names a file: its text without blanks around it.
 *
 * @throws `CONFIG_INVALID` for a file that is absent, open to others or empty.
 */
export async function readSecretFile(setting: string, path: string): Promise<string> {
  let bytes: Uint8Array | undefined
  try {
    bytes = await readIfPresent(path, { maxBytes: MAX_SECRET_BYTES, ownerOnly: true, mayBeOfService: true })
  } catch (cause) {
    throw new SuretyError('CONFIG_INVALID', `${setting} ${path} cannot be read`, { cause })
  }
  const secret = bytes === undefined ? '' : fromUtf8(bytes).trim()
  if (secret !== '') return secret
  throw new SuretyError('CONFIG_INVALID', `${setting}: there is no secret in ${path}`)
}
