import { fromUtf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'

const NEWLINE = 0x0a

/**
 * The lines of a stream of bytes, without their newline. What follows the last newline is half a message and is
 * dropped.
 *
 * @throws `INPUT_TOO_LARGE` as soon as a line has more than `maxBytes`, `INPUT_MALFORMED` when one is not UTF-8.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes }: { maxBytes: number },
): AsyncGenerator<string, undefined> {
  let parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end))
      if (size + end - start > maxBytes) throw tooLarge(maxBytes)
      yield decode(Buffer.concat(parts))
      parts = []
      size = 0
      start = end + 1
    }
    // A copy: the chunk may be a window on a pooled buffer, kept for as long as a slow peer likes.
    parts.push(Uint8Array.from(chunk.subarray(start)))
    size += chunk.length - start
    if (size > maxBytes) throw tooLarge(maxBytes)
    if (parts.length > 64) parts = [Buffer.concat(parts)]
  }
  return undefined
}

function tooLarge(maxBytes: number): SuretyError {
  return new SuretyError('INPUT_TOO_LARGE', `a line of more than ${maxBytes} bytes`)
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new SuretyError('INPUT_MALFORMED', 'a line that is not UTF-8', { cause })
  }
}
