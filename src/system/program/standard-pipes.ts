import { readSync, writeSync } from 'node:fs'
import { type Bytes, concatBytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../files/file-errors.ts'

/**
 * Standard input and output of a short-lived child of ours, which has nothing to do while it waits for them: Node's streams
 * for them take longer to load than to be read.
 */
export interface StandardPipes {
  /** All there is, to its end. @throws `INPUT_TOO_LARGE`. */
  readAll(maxBytes: number): Bytes
  write(bytes: Uint8Array): void
}

const CHUNK_BYTES = 64 * 1024
const [INPUT, OUTPUT] = [0, 1]

export function standardPipes(): StandardPipes {
  return {
    readAll(maxBytes) {
      const chunks: Uint8Array[] = []
      let size = 0
      for (;;) {
        const chunk = new Uint8Array(CHUNK_BYTES)
        const read = readOrEnd(chunk)
        if (read === 0) return concatBytes(...chunks)
        size += read
        if (size > maxBytes) throw new SuretyError('INPUT_TOO_LARGE', `more than ${maxBytes} bytes of standard input`)
        chunks.push(chunk.subarray(0, read))
      }
    },
    write(bytes) {
      for (let at = 0; at < bytes.length; ) at += writeSync(OUTPUT, bytes, at)
    },
  }
}

/** The end of a pipe is an error on Windows. */
function readOrEnd(chunk: Uint8Array): number {
  try {
    return readSync(INPUT, chunk, 0, CHUNK_BYTES, null)
  } catch (error) {
    if (errnoOf(error) === 'EOF') return 0
    throw error
  }
}
