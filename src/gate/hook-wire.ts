import type { Socket } from 'node:net'
import { type Bytes, concatBytes, utf8 } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import type { HookOutput } from './dialects/dialect.ts'

/**
 * How `surety-hook` asks and is answered (`native/linux/hook/`). It sends 4 bytes of length (big endian), a version, the length of a name, the
 * name of the client, and the client's document. It gets frames of 4 bytes of length, a kind and a body: progress, then one answer.
 */

const VERSION = 1
const LENGTH_BYTES = 4
export const REQUEST_MAX_BYTES = 10 * 1024 * 1024 + 64
const PROGRESS = 0
const ANSWER = 1

export interface HookRequest {
  readonly client: string
  readonly document: Bytes
}

/** Bytes of all requests that are being read. One that has no room is refused, so that a crowd cannot fill the memory. */
export interface ReadingRoom {
  left: number
}

/** @throws `INPUT_TOO_LARGE`, `INPUT_MALFORMED`, also for a request that is cut. */
export async function readHookRequest(socket: Socket, room: ReadingRoom): Promise<HookRequest> {
  const chunks: Uint8Array[] = []
  let size = 0
  let taken = 0
  let wanted = LENGTH_BYTES
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('a stream of bytes is read')
      chunks.push(chunk)
      size += chunk.length
      if (taken === 0 && size >= LENGTH_BYTES) {
        taken = lengthIn(concatBytes(...chunks))
        if (taken > room.left) throw new SuretyError('QUOTA_EXCEEDED', 'too many requests at once: try again')
        room.left -= taken
        wanted += taken
      }
      if (size > wanted) throw new SuretyError('INPUT_MALFORMED', 'the hook sent more than it said')
      if (taken > 0 && size === wanted) return requestIn(concatBytes(...chunks).subarray(LENGTH_BYTES))
    }
  } finally {
    room.left += taken
  }
  throw new SuretyError('INPUT_MALFORMED', 'the request of the hook is cut')
}

function lengthIn(bytes: Bytes): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0)
  if (length > REQUEST_MAX_BYTES) {
    throw new SuretyError('INPUT_TOO_LARGE', `a request of more than ${REQUEST_MAX_BYTES} bytes`)
  }
  if (length < 2) throw new SuretyError('INPUT_MALFORMED', 'the request of the hook is too short')
  return length
}

function requestIn(bytes: Bytes): HookRequest {
  const [version, nameBytes = 0] = bytes
  if (version !== VERSION) throw new SuretyError('INPUT_MALFORMED', 'the hook is of another version than the gate')
  if (nameBytes + 2 > bytes.length) throw new SuretyError('INPUT_MALFORMED', 'the request of the hook is cut')
  return {
    client: Buffer.from(bytes.subarray(2, 2 + nameBytes)).toString('latin1'),
    document: bytes.subarray(2 + nameBytes),
  }
}

export function progressFrame(text: string): Bytes {
  return frame(PROGRESS, utf8(text))
}

export function answerFrame({ exitCode, stdout, stderr }: HookOutput): Bytes {
  const output = utf8(stdout)
  return frame(ANSWER, Uint8Array.of(exitCode), bigEndian(output.length), output, utf8(stderr))
}

function frame(kind: number, ...parts: readonly Uint8Array[]): Bytes {
  const body = concatBytes(Uint8Array.of(kind), ...parts)
  return concatBytes(bigEndian(body.length), body)
}

function bigEndian(value: number): Bytes {
  const bytes = new Uint8Array(LENGTH_BYTES)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}
