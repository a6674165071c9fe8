import { createHmac } from 'node:crypto'
import { type Bytes, fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { equalSecrets } from '../../crypto/hash.ts'
import type { Random } from '../../protocol/ids.ts'

/**
 * Values that only this process can have made, each for one purpose, for a few minutes, and for one use. Those that wait take no
 * memory: whoever asks for many keeps nobody else out. A restart ends them.
 */
export interface Challenges {
  /** 56 bytes. */
  make(purpose: string): Bytes
  /** @param challenge base64url. Whether it was made for this purpose, and is not over. It may have been used. */
  isValid(challenge: string, purpose: string): boolean
  /** What follows from it, base64url: only this process can tell. */
  derive(challenge: string, what: string): string
  /** Uses it up. @throws `NOT_PERMITTED` for one that was used. */
  use(challenge: string): void
}

export const CHALLENGE_TTL_MS = 5 * 60_000
const NONCE_BYTES = 16
const END_BYTES = 8
const KEY_BYTES = 32
/** Of the last minutes. Each one took a signature or an answer of the identity provider. */
const MOST_USED = 10_000

export function challenges({
  clock,
  random,
}: {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly random: Random
}): Challenges {
  const key = random(KEY_BYTES)
  const used = new Map<string, number>()
  const macOf = (head: Uint8Array, purpose: string) =>
    createHmac('sha256', key).update(`surety/sign-in/v1\0${purpose}\0`).update(head).digest()
  return {
    make(purpose) {
      const head = new Uint8Array(NONCE_BYTES + END_BYTES)
      head.set(random(NONCE_BYTES))
      new DataView(head.buffer).setFloat64(NONCE_BYTES, clock.monotonic() + CHALLENGE_TTL_MS)
      return new Uint8Array([...head, ...macOf(head, purpose)])
    },
    isValid(challenge, purpose) {
      const bytes = fromBase64Url(challenge)
      if (bytes === undefined || toBase64Url(bytes) !== challenge) return false
      const head = bytes.subarray(0, NONCE_BYTES + END_BYTES)
      if (!equalSecrets(bytes.subarray(head.length), macOf(head, purpose))) return false
      return endOf(bytes) > clock.monotonic()
    },
    derive: (challenge, what) =>
      createHmac('sha256', key).update(`surety/sign-in-attempt/v1\0${what}\0${challenge}`).digest('base64url'),
    use(challenge) {
      const now = clock.monotonic()
      for (const [one, end] of used) if (end <= now || used.size >= MOST_USED) used.delete(one)
      if (used.has(challenge)) throw new SuretyError('NOT_PERMITTED', 'this answer was used before: sign in again')
      used.set(challenge, now + CHALLENGE_TTL_MS)
    },
  }
}

function endOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(NONCE_BYTES)
}
