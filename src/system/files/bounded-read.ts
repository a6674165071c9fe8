import { readSync } from 'node:fs'

const FIRST_READ_BYTES = 4096

/**
 * Reads `fd` to its end; undefined when there is more than `maxBytes`, however large it said it was: files of /proc
 * say 0, and any file can grow while it is read.
 */
export function readBounded(
  fd: number,
  { maxBytes, expectedBytes }: { maxBytes: number; expectedBytes: number },
): Uint8Array | undefined {
  // One byte more than expected, so that the common case ends without growing.
  let buffer = new Uint8Array(Math.min(maxBytes, Math.max(expectedBytes, FIRST_READ_BYTES)) + 1)
  let filled = 0
  for (;;) {
    const got = readSync(fd, buffer, filled, buffer.length - filled, null)
    if (got === 0) return filled * 2 < buffer.length ? buffer.slice(0, filled) : buffer.subarray(0, filled)
    filled += got
    if (filled > maxBytes) return undefined
    if (filled === buffer.length) {
      const larger = new Uint8Array(Math.min(maxBytes + 1, buffer.length * 2))
      larger.set(buffer)
      buffer = larger
    }
  }
}
