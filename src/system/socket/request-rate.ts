import { type TokenBucket, tokenBucket } from '../../base/token-bucket.ts'
import type { Peer } from './peers.ts'

/** Requests a second of one user, and how many may come at once. A view that refreshes needs one a second. */
const PER_SECOND = 20
const BURST = 100
/** Beyond this many users, those who owe nothing are forgotten. */
const MAX_USERS = 64

/** Rate of requests per user. Administrators are not limited: they could end the daemon instead. */
export class RequestRate {
  readonly #buckets = new Map<string, TokenBucket>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Counts one request. @returns how long to wait before it is answered. Milliseconds. */
  count({ userId, isAdministrator }: Pick<Peer, 'userId' | 'isAdministrator'>): number {
    if (isAdministrator) return 0
    return this.#bucketOf(userId).take(1, this.#nowMs())
  }

  /** Counts a connection that is refused. @returns false where the rate is used up: it is then not counted. */
  mayRefuse({ userId, isAdministrator }: Pick<Peer, 'userId' | 'isAdministrator'>): boolean {
    if (isAdministrator) return true
    const bucket = this.#bucketOf(userId)
    if (bucket.take(0, this.#nowMs()) > 0) return false
    bucket.take(1, this.#nowMs())
    return true
  }

  #bucketOf(userId: string): TokenBucket {
    const known = this.#buckets.get(userId)
    if (known !== undefined) return known
    if (this.#buckets.size >= MAX_USERS) this.#forgetIdle()
    const bucket = tokenBucket({ perSecond: PER_SECOND, burst: BURST, nowMs: this.#nowMs() })
    this.#buckets.set(userId, bucket)
    return bucket
  }

  /** A user with credit gets at most one more burst by being forgotten. */
  #forgetIdle(): void {
    for (const [userId, bucket] of this.#buckets) {
      if (bucket.take(0, this.#nowMs()) === 0) this.#buckets.delete(userId)
    }
  }
}
