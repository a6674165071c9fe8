import { hash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { Type } from '../../base/schema.ts'

/**
 * Idempotency keys (draft-ietf-httpapi-idempotency-key-header): a client that did not get the answer to a request that creates
 * something sends it again with the same key, and gets the first answer. The answer is stored in the transaction that creates.
 */

/** A string of structured fields, in quotes, or the same text without them. */
const KEY = '^("[!#-~ ]{1,255}"|[!#-~]{1,255})$'

/** For routes that create. Other headers are not looked at. */
export const idempotencyHeadersSchema = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: KEY,
      description:
        'unique for each thing to create, such as a UUID: the same request with it again has the same answer, for 24 hours',
    }),
  ),
})

/** The answer to a key. */
export interface StoredAnswer {
  readonly at: number
  /** SHA-256 of method, path and body. */
  readonly request: string
  readonly status: number
  /** Absent if it had a secret, or was too large to keep. */
  readonly body?: string | undefined
  /** What was created, where there is no body. */
  readonly about?: string | undefined
}

export interface IdempotencyStore {
  get(principal: string, keyHash: string): Promise<StoredAnswer | undefined>
  /** Replaces an answer that is too old. */
  put(principal: string, keyHash: string, answer: StoredAnswer): Promise<void>
  /** Forgets answers of before a time. */
  forget(before: number, limit: number): Promise<void>
  /** What is stored of one principal. */
  use(principal: string): Promise<{ readonly keys: number; readonly bytes: number }>
}

export interface IdempotencyComponents {
  readonly store: { readonly idempotency: IdempotencyStore; transaction<T>(work: () => Promise<T>): Promise<T> }
  readonly clock: Pick<Clock, 'now'>
}

/** Creates, in one transaction with the answer. The caller's answer is what `work` returns. */
export type Commit = <T extends object>(
  work: () => Promise<T>,
  options?: { readonly secretOf?: (answer: T) => string },
) => Promise<T>

export interface KeyedRequest {
  readonly principal: string
  /** The value of the header. */
  readonly key: string
  readonly method: string
  readonly url: string
  readonly body: unknown
  /** Of a first answer. */
  readonly status: number
}

export interface Idempotency {
  /**
   * Answers from the store, or runs the request.
   *
   * @throws `IDEMPOTENCY_KEY_REUSED` for another request with the key; `IDEMPOTENCY_KEY_BUSY` while the first one runs;
   * `ANSWER_NOT_KEPT` for an answer with a secret; `QUOTA_EXCEEDED`.
   */
  answer(request: KeyedRequest, run: (commit: Commit) => unknown): Promise<Answered>
}

/** `replayed`: the text of the first answer. */
export type Answered = { readonly replayed: string; readonly status: number } | { readonly answer: unknown }

const KEPT_MS = 24 * 3_600_000
const FORGOTTEN_AT_ONCE = 50
/** Of one principal. 10,000 creations in a burst are usual. */
const MOST = { keys: 100_000, bytes: 64 * 1024 * 1024 }
/** A longer answer is not kept. */
const MOST_BODY = 64 * 1024

export function idempotency({ store, clock }: IdempotencyComponents): Idempotency {
  const running = new Set<string>()
  return {
    async answer({ principal, key, method, url, body, status }, run) {
      // The key may be something that the client wants to keep to itself.
      const keyHash = digestOf(key.replace(/^"(.*)"$/, '$1'))
      const request = digestOf(JSON.stringify([method, url, body]))
      const replayed = async () => {
        const stored = await store.idempotency.get(principal, keyHash)
        return stored !== undefined && stored.at >= clock.now() - KEPT_MS ? replay(stored, request) : undefined
      }
      const place = `${principal} ${keyHash}`
      if (running.has(place)) {
        // The first one may have its answer already.
        const first = await replayed()
        if (first !== undefined) return first
        throw new SuretyError(
          'IDEMPOTENCY_KEY_BUSY',
          'the first request with this Idempotency-Key still runs: send it again later',
        )
      }
      const commit: Commit = (work, { secretOf } = {}) =>
        store.transaction(async () => {
          const answer = await work()
          const text = JSON.stringify(answer)
          const at = clock.now()
          await store.idempotency.forget(at - KEPT_MS, FORGOTTEN_AT_ONCE)
          const about =
            secretOf?.(answer) ?? (text.length > MOST_BODY ? 'the answer is too large to be kept' : undefined)
          const kept = about === undefined ? { body: text } : { about }
          await store.idempotency.put(principal, keyHash, { at, request, status, ...kept })
          return answer
        })
      running.add(place)
      try {
        const first = await replayed()
        if (first !== undefined) return first
        await requireRoom(store.idempotency, principal)
        return { answer: await run(commit) }
      } finally {
        running.delete(place)
      }
    },
  }
}

/** @throws `QUOTA_EXCEEDED`. */
async function requireRoom(store: Pick<IdempotencyStore, 'use'>, principal: string): Promise<void> {
  const { keys, bytes } = await store.use(principal)
  if (keys < MOST.keys && bytes < MOST.bytes) return
  throw new SuretyError(
    'QUOTA_EXCEEDED',
    `${keys} answers of the last 24 hours are stored: wait, or send no Idempotency-Key`,
  )
}

function replay({ request, status, body, about }: StoredAnswer, again: string): Answered {
  if (request !== again) {
    throw new SuretyError('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used for another request: make a new key')
  }
  if (body !== undefined) return { replayed: body, status }
  const why = `this request was carried out before, and its answer is not kept: ${about ?? 'it is gone'}`
  throw new SuretyError('ANSWER_NOT_KEPT', why)
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Of a request without a key. */
export const commitAtOnce: Commit = (work) => work()
