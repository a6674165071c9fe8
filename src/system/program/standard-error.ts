import { Writable } from 'node:stream'

/** The part of `process.stderr` that is used. */
export interface ErrorStream {
  write(chunk: Uint8Array | string): unknown
  /** Bytes that the reader has not taken yet. */
  readonly writableLength: number
}

/** So much may wait for a reader that stands still. */
const MAX_WAITING_BYTES = 256 * 1024

/**
 * Lines to standard error. Its reader may stand still for ever: what it does not take would fill our memory, so lines
 * are left out then, and how many is said once it reads again.
 */
export function standardError(stderr: ErrorStream): Writable {
  let leftOut = 0
  return new Writable({
    decodeStrings: true,
    write(line: Uint8Array, _encoding, done) {
      if (stderr.writableLength > MAX_WAITING_BYTES) leftOut++
      else {
        if (leftOut > 0) stderr.write(`${leftOut} lines of the log were left out: nobody read them\n`)
        leftOut = 0
        stderr.write(line)
      }
      done()
    },
  })
}
