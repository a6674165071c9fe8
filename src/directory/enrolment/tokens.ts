import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { equalSecrets, sha256 } from '../../crypto/hash.ts'
import { formatEnrolmentString } from '../../protocol/enrolment-string.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { Tier } from '../../protocol/tier.ts'
import type { EventStore } from '../activity/activity.ts'
import type { Token, TokenStore } from './token.ts'

export interface TokensComponents {
  readonly store: TokenStore & EventStore & { transaction<T>(work: () => T): T }
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
}

export interface TokensInit {
  /** Read when a token is made: a port may be chosen only then. */
  readonly url: () => string
  readonly pins: { readonly ca: string; readonly root: string }
  /** Are there trust anchors of any maker of TPMs? */
  readonly knowsMakers: boolean
}

interface TokenRequest {
  readonly owner: string
  readonly ttlMs: number
  readonly serial?: string | undefined
  readonly minimumTier: Tier
  readonly uses?: number | undefined
}

interface CreatedToken {
  readonly id: string
  readonly enrolment: string
  readonly warning?: string
}

export interface Tokens {
  /** @returns the enrolment string: the only time the secret is told. `warning`: why no device can use it. */
  create(request: TokenRequest, actor: string): CreatedToken
  /** @throws `TOKEN_UNKNOWN`; `TOKEN_USED` where nobody could enrol with it any more. */
  revoke(id: string, actor: string): void
  /**
   * The cheap checks, before any signature is looked at.
   *
   * @throws `TOKEN_UNKNOWN` (also for a wrong secret), `TOKEN_REVOKED`, `TOKEN_EXPIRED`, `TOKEN_USED`.
   */
  admit(presented: { readonly id: string; readonly secret: string }): Token
}

const HOW_TO_END = 'to end what enrolled with it, retire the device'
const NO_MAKERS =
  'no device can use this token: no maker of TPMs is known here; set trustAnchors, or ask for a lower tier'

export function tokens({ store, clock, random }: TokensComponents, init: TokensInit): Tokens {
  return {
    create({ owner, ttlMs, serial, minimumTier, uses = 1 }, actor) {
      const secret = random(32)
      const id = newId('tok', random)
      const now = clock.now()
      const token: Token = {
        id,
        secretHash: toBase64Url(sha256(secret)),
        owner,
        serial,
        minimumTier,
        createdAt: now,
        expiresAt: now + ttlMs,
        uses,
        used: 0,
      }
      store.transaction(() => {
        store.putToken(token)
        store.record({ at: now, kind: 'token-created', actor, detail: { token: id, owner, minimumTier } })
      })
      const enrolment = { url: init.url(), ...init.pins, token: id, secret: toBase64Url(secret), minimumTier }
      const warning = init.knowsMakers || minimumTier !== 'tpm-attested' ? {} : { warning: NO_MAKERS }
      return { id, enrolment: formatEnrolmentString(enrolment), ...warning }
    },
    revoke(id, actor) {
      store.transaction(() => {
        const token = store.token(id)
        if (token === undefined) throw new SuretyError('TOKEN_UNKNOWN', `there is no token ${id}`)
        if (token.revokedAt !== undefined) return
        // While its welcome may have been lost, the device could come again with it.
        if (token.used >= token.uses && !store.tokenMayBeRetried(id)) {
          throw new SuretyError('TOKEN_USED', `token ${id} was used, and lets nobody in any more: ${HOW_TO_END}`)
        }
        store.revokeToken(id, clock.now())
        store.record({ at: clock.now(), kind: 'token-revoked', actor, detail: { token: id } })
      })
    },
    admit(presented) {
      const token = store.token(presented.id)
      const secret = fromBase64Url(presented.secret) ?? new Uint8Array()
      const held = fromBase64Url(token?.secretHash ?? '') ?? new Uint8Array()
      if (token === undefined || !equalSecrets(sha256(secret), held)) {
        throw new SuretyError('TOKEN_UNKNOWN', 'there is no such token')
      }
      requireUsable(store, token, clock.now())
      return token
    },
  }
}

/** @throws `TOKEN_REVOKED`, `TOKEN_EXPIRED`, `TOKEN_USED`. */
export function requireUsable(store: Pick<TokenStore, 'tokenMayBeRetried'>, token: Token, now: number): void {
  if (token.revokedAt !== undefined) throw new SuretyError('TOKEN_REVOKED', 'the token was revoked')
  // A device whose welcome was lost comes again with the token it has used, maybe a little late.
  if ((token.used > 0 || now >= token.expiresAt) && store.tokenMayBeRetried(token.id)) return
  if (now >= token.expiresAt) throw new SuretyError('TOKEN_EXPIRED', 'the token has expired')
  if (token.used >= token.uses) throw new SuretyError('TOKEN_USED', 'the token was used')
}
