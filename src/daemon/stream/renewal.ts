import { type Clock, orAborted } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Renew } from '../../protocol/messages/frames.ts'
import type { ChainPosition } from '../spool/chain.ts'

const ANSWER_TIMEOUT_MS = 30_000

/** Attests again on a live connection: asks for a challenge and answers it. Concurrent requests share one challenge. */
export interface Renewal {
  /** Resolves once the attestation was sent. @throws `SESSION_TIMEOUT`, or the signal's reason. */
  request(reason: Renew['reason']): Promise<void>
  /** Rejects when a requested challenge did not come in time, or with the signal's reason. Never resolves. */
  unanswered(options: { signal: AbortSignal }): Promise<void>
  /** Answers a challenge that arrived. @throws `FRAME_UNEXPECTED` when none was requested. */
  answer(send: () => Promise<void>): Promise<void>
  /** When the last attestation of this connection was sent, by the monotonic clock. */
  readonly attestedAt: number
}

export function createRenewal(
  components: {
    readonly clock: Clock
    readonly send: (frame: string) => Promise<boolean>
    readonly head: () => ChainPosition
  },
  { signal }: { signal: AbortSignal },
): Renewal {
  let outstanding: PromiseWithResolvers<void> | undefined
  const timedOut = Promise.withResolvers<void>()
  timedOut.promise.catch(() => undefined)
  const ask = async (reason: Renew['reason'], asked: PromiseWithResolvers<void>) => {
    const { sequence, hash } = components.head()
    const renew: Renew = { type: 'renew', reason, sequence, head: hash }
    await components.send(JSON.stringify(renew))
    const answered = new AbortController()
    const timeout = components.clock.sleep(ANSWER_TIMEOUT_MS, { signal: AbortSignal.any([signal, answered.signal]) })
    try {
      await Promise.race([
        asked.promise,
        timeout.then(() => {
          const error = new SuretyError('SESSION_TIMEOUT', 'the directory sent no challenge in time')
          timedOut.reject(error)
          throw error
        }),
      ])
    } finally {
      answered.abort()
      if (outstanding === asked) outstanding = undefined
    }
  }
  let shared: Promise<void> = Promise.resolve()
  let attestedAt = components.clock.monotonic()
  return {
    get attestedAt() {
      return attestedAt
    },
    unanswered: ({ signal }) => orAborted(timedOut.promise, signal),
    request(reason) {
      if (outstanding === undefined) {
        outstanding = Promise.withResolvers<void>()
        outstanding.promise.catch(() => undefined)
        shared = ask(reason, outstanding)
      }
      return shared
    },
    async answer(send) {
      if (outstanding === undefined) throw new SuretyError('FRAME_UNEXPECTED', 'a challenge that was not requested')
      const { resolve } = outstanding
      await send()
      attestedAt = components.clock.monotonic()
      resolve()
    },
  }
}

/** Bounds of the directory's setting: a directory must not keep the TPM busy, nor name a time too long for a timer. */
const MIN_EVERY_MS = 60_000
const MAX_EVERY_MS = 7 * 24 * 3_600_000

/**
 * Keeps the directory's `attestEveryMs`. The schedule attests at its own times. This attests only when nothing else has for
 * 75 to 95 % of that time; the share is random, so that devices do not attest together.
 */
export async function renewInTime(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  renewal: Renewal,
  attestEveryMs: number,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const everyMs = Math.min(Math.max(attestEveryMs, MIN_EVERY_MS), MAX_EVERY_MS)
  for (;;) {
    const { attestedAt } = renewal
    const dueAt = attestedAt + everyMs * (0.75 + 0.2 * random())
    await clock.sleep(Math.max(0, dueAt - clock.monotonic()), { signal })
    if (renewal.attestedAt === attestedAt) await renewal.request('timer')
  }
}
