import { toBase64Url } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { sha256 } from '../crypto/hash.ts'
import { type ApprovalDecision, type ApprovalRequest, approvalMessage } from '../protocol/gate/action.ts'

/** Of one user, and in total. */
const MOST_OF_USER = 8
const MOST = 64

export type Answered = ApprovalDecision['outcome'] | 'expired'

export interface Waiting {
  readonly request: ApprovalRequest
  /** Resolves once it is decided, or is over. */
  readonly answer: Promise<Pick<ApprovalDecision, 'by' | 'scope' | 'until'> & { readonly outcome: Answered }>
}

interface Held extends Waiting {
  readonly user: string
  /** Session and hash: the same action that is asked twice waits for one person. */
  readonly key: string
  readonly hash: string
  readonly end: (answer: Awaited<Waiting['answer']>) => void
}

/** Actions that wait for a person. */
export class Approvals {
  readonly #clock: Pick<Clock, 'sleep'>
  readonly #held = new Map<string, Held>()

  constructor(components: { readonly clock: Pick<Clock, 'sleep'> }) {
    this.#clock = components.clock
  }

  waitingFor(key: string): Waiting | undefined {
    return [...this.#held.values()].find((held) => held.key === key)
  }

  hasRoomFor(user: string): boolean {
    const ofUser = [...this.#held.values()].filter((held) => held.user === user).length
    return this.#held.size < MOST && ofUser < MOST_OF_USER
  }

  /** @param forMs of a clock that never jumps. */
  hold(
    request: ApprovalRequest,
    {
      device,
      user,
      key,
      forMs,
    }: { readonly device: string; readonly user: string; readonly key: string; readonly forMs: number },
  ): Waiting {
    const { promise, resolve } = Promise.withResolvers<Awaited<Waiting['answer']>>()
    const over = new AbortController()
    const end = (answer: Awaited<Waiting['answer']>) => {
      over.abort()
      this.#held.delete(request.id)
      resolve(answer)
    }
    this.#clock.sleep(forMs, { signal: over.signal }).then(
      () => end({ outcome: 'expired', by: '' }),
      () => undefined,
    )
    const hash = toBase64Url(sha256(approvalMessage(device, request)))
    const held = { request, answer: promise, user, key, hash, end }
    this.#held.set(request.id, held)
    return held
  }

  /** @returns false for one that does not wait here, or is of another action. */
  decided(decision: ApprovalDecision): boolean {
    const held = this.#held.get(decision.approval)
    if (held === undefined || held.hash !== decision.hash) return false
    held.end(decision)
    return true
  }
}
