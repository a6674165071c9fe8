import { type Bytes, concatBytes } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { TILE_WIDTH } from './tiles.ts'

/** Up to 256 entries, each after its length as two bytes, big-endian: C2SP tlog-tiles, "Log entries". */

export const MAX_ENTRY_BYTES = 65_535

/** The longest bundle, in bytes. */
export const MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)

/** @throws `INPUT_TOO_LARGE` for more than 256 entries, or one of more than 65,535 bytes. */
export function encodeBundle(entries: readonly Uint8Array[]): Bytes {
  if (entries.length > TILE_WIDTH) {
    throw new SuretyError('INPUT_TOO_LARGE', `a bundle has at most ${TILE_WIDTH} entries, not ${entries.length}`)
  }
  return concatBytes(
    ...entries.flatMap((entry) => {
      if (entry.length > MAX_ENTRY_BYTES) {
        throw new SuretyError('INPUT_TOO_LARGE', `an entry has at most ${MAX_ENTRY_BYTES} bytes, not ${entry.length}`)
      }
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]
    }),
  )
}

/** @throws `INPUT_MALFORMED` if it is cut; `INPUT_TOO_LARGE` for more than 256 entries. */
export function decodeBundle(bytes: Uint8Array): readonly Uint8Array[] {
  const entries: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    if (entries.length === TILE_WIDTH) {
      throw new SuretyError('INPUT_TOO_LARGE', `a bundle has at most ${TILE_WIDTH} entries`)
    }
    const [high, low] = [bytes[at], bytes[at + 1]]
    const end = at + 2 + (high ?? 0) * 256 + (low ?? 0)
    if (low === undefined || end > bytes.length) {
      throw new SuretyError('INPUT_MALFORMED', `the bundle is cut in entry ${entries.length}`)
    }
    entries.push(bytes.subarray(at + 2, end))
    at = end
  }
  return entries
}
