import { type Bytes, fromBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'

/**
 * Decodes a field whose schema has checked the alphabet. What is left to refuse is a length that no number of bytes has,
 * and bits behind the last byte.
 *
 * @throws `FRAME_MALFORMED`.
 */
export function decodeField(text: string): Bytes {
  const bytes = fromBase64Url(text)
  if (bytes === undefined)
    throw new SuretyError('FRAME_MALFORMED', 'a base64url member has more letters or bits than its bytes need')
  return bytes
}
