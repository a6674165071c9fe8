import { type Clock, orAborted } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Renew } from '../../protocol/frames.ts'
import type { ChainPosition } from '../spool/chain.ts'

const ANSWER_WITHIN_MS = 30_000

/** Asks for a new challenge on a live connection: one at a time, whoever wants one shares it. */
export interface Renewal {
  /** Resolves once the attestation was sent. @throws `SESSION_TIMEOUT`, or the signal's reason. */
  request(reason: Renew['reason']): Promise<void>
  /** Rejects when a challenge was asked for and none came: the other end no longer follows; or with the signal's reason. */
  unanswered(options: { signal: AbortSignal }): Promise<void>
  /** A challenge came. @throws `FRAME_UNEXPECTED` when nobody asked. */
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
  const broken = Promise.withResolvers<void>()
  broken.promise.catch(() => undefined)
  const ask = async (reason: Renew['reason'], asked: PromiseWithResolvers<void>) => {
    const { sequence, hash } = components.head()
    const renew: Renew = { type: 'renew', reason, sequence, head: hash }
    await components.send(JSON.stringify(renew))
    const answered = new AbortController()
    const deadline = components.clock.sleep(ANSWER_WITHIN_MS, { signal: AbortSignal.any([signal, answered.signal]) })
    try {
      await Promise.race([
        asked.promise,
        deadline.then(() => {
          const error = new SuretyError('SESSION_TIMEOUT', 'no challenge came')
          broken.reject(error)
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
    unanswered: ({ signal }) => orAborted(broken.promise, signal),
    request(reason) {
      if (outstanding === undefined) {
        outstanding = Promise.withResolvers<void>()
        outstanding.promise.catch(() => undefined)
        shared = ask(reason, outstanding)
      }
      return shared
    },
    async answer(send) {
      if (outstanding === undefined) throw new SuretyError('FRAME_UNEXPECTED', 'a challenge nobody asked for')
      const { resolve } = outstanding
      await send()
      attestedAt = components.clock.monotonic()
      resolve()
    },
  }
}

/** What a directory can be set to: another one must not keep the TPM busy, nor name a time that no timer waits for. */
const SHORTEST_BOUND_MS = 60_000
const LONGEST_BOUND_MS = 7 * 24 * 3_600_000

/**
 * The bound that the directory sets. The schedule attests in its own time; only when nothing has for this long does
 * this: before the time is up, and not with everybody else.
 */
export async function renewInTime(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  renewal: Renewal,
  attestEveryMs: number,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const everyMs = Math.min(Math.max(attestEveryMs, SHORTEST_BOUND_MS), LONGEST_BOUND_MS)
  for (;;) {
    const { attestedAt } = renewal
    const dueAt = attestedAt + everyMs * (0.75 + 0.2 * random())
    await clock.sleep(Math.max(0, dueAt - clock.monotonic()), { signal })
    if (renewal.attestedAt === attestedAt) await renewal.request('timer')
  }
}
