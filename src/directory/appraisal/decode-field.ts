import { type Bytes, fromBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'

/**
 * Bytes of a field whose schema saw to the alphabet, but not to stray bits at its end.
 *
 * @throws `FRAME_MALFORMED`.
 */
export function decodeField(text: string): Bytes {
  const bytes = fromBase64Url(text)
  if (bytes === undefined) throw new SuretyError('FRAME_MALFORMED', 'a field is not base64url')
  return bytes
}
