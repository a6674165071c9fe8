import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { equalSecrets, sha256 } from '../../crypto/hash.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import { formatEnrolmentString } from '../../protocol/messages/enrolment-string.ts'
import type { TOKEN_PENDING } from '../../protocol/nouns/enrolment/tokens.ts'
import type { Tier } from '../../protocol/tier.ts'
import type { ActComponents } from '../audit/act-components.ts'
import { usedUp } from './token-claims.ts'
import type { Token, TokenStore } from './token-store.ts'

export interface TokensComponents extends ActComponents<{ readonly tokens: TokenStore }> {
  readonly random: Random
}

export interface TokensInit {
  /** Called for each token: the port may be chosen after the start. */
  readonly url: () => string
  readonly pins: { readonly ca: string; readonly root: string }
  /** True if there are trust anchors of TPM makers. Read for each token: they can be added at any time. */
  readonly knowsMakers: boolean
}

interface TokenInit {
  readonly owner?: string | undefined
  readonly preregistered?: boolean | undefined
  readonly pending?: (typeof TOKEN_PENDING)[number] | undefined
  readonly unbound?: boolean | undefined
  readonly ttlMs: number
  readonly serial?: string | undefined
  readonly minimumTier: Tier
  readonly uses?: number | undefined
}

interface CreatedToken {
  readonly id: string
  /** The enrolment string: the only place with the secret. */
  readonly enrolment: string
  /** Why no device can use the token. */
  readonly warning?: string
}

export interface Tokens {
  /** @throws `INPUT_MALFORMED` without an owner, unless the token takes only preregistered devices; for what contradicts itself. */
  create(init: TokenInit, actor: string): Promise<CreatedToken>
  /** @throws `TOKEN_UNKNOWN`; `TOKEN_USED` if it could enrol no device anyway. */
  revoke(id: string, actor: string): Promise<void>
  /**
   * Checks a token before any signature is verified.
   *
   * @throws `TOKEN_UNKNOWN` (also for a wrong secret), `TOKEN_REVOKED`, `TOKEN_EXPIRED`, `TOKEN_USED`.
   */
  admit(presented: { readonly id: string; readonly secret: string }): Promise<Token>
}

const NO_MAKERS =
  'no device can use this token: the directory has no certificates of TPM makers. Add them with: surety-directory anchors add FILE, or allow a lower tier'

export function tokens({ store, clock, random }: TokensComponents, init: TokensInit): Tokens {
  return {
    async create(
      { owner, ttlMs, serial, preregistered = false, pending, unbound = false, minimumTier, uses = 1 },
      actor,
    ) {
      if (owner === undefined && !preregistered) {
        throw new SuretyError('INPUT_MALFORMED', 'a token needs an owner, unless it takes only preregistered devices')
      }
      if (preregistered && pending === 'unlisted') {
        const message = 'a token takes only preregistered devices, or lets the others wait: not both'
        throw new SuretyError('INPUT_MALFORMED', message)
      }
      if (unbound && uses === 1) throw new SuretyError('INPUT_MALFORMED', 'a token of one use is for one device anyway')
      const secret = random(32)
      const id = newId('tok', random)
      const now = clock.now()
      const token: Token = {
        id,
        secretHash: toBase64Url(sha256(secret)),
        owner,
        serial,
        ...(preregistered ? { preregistered } : {}),
        ...(unbound ? { unbound } : {}),
        pending,
        minimumTier,
        createdAt: now,
        expiresAt: now + ttlMs,
        uses,
        used: 0,
      }
      await store.transaction(async () => {
        await store.tokens.put(token)
        const details = {
          token: id,
          minimumTier,
          ...(uses === 1 ? {} : { uses }),
          ...(owner === undefined ? {} : { owner }),
          ...(preregistered ? { preregistered } : {}),
          ...(pending === undefined ? {} : { pending }),
          ...(unbound ? { unbound } : {}),
        }
        await store.audit.add({ at: now, actor, act: 'token-created', subject: id, details, after: token })
      })
      const enrolment = { url: init.url(), ...init.pins, token: id, secret: toBase64Url(secret), minimumTier }
      const warning = init.knowsMakers || minimumTier !== 'tpm-attested' ? {} : { warning: NO_MAKERS }
      return { id, enrolment: formatEnrolmentString(enrolment), ...warning }
    },
    async revoke(id, actor) {
      await store.transaction(async () => {
        const token = await store.tokens.get(id)
        if (token === undefined) throw new SuretyError('TOKEN_UNKNOWN', `there is no token ${id}`)
        if (token.revokedAt !== undefined) return
        // A device whose welcome may have been lost could use it again.
        if (token.used >= token.uses && !(await store.tokens.mayBeRetried(id))) {
          const advice = 'to refuse a device that enrolled with it, retire the device'
          throw new SuretyError('TOKEN_USED', `token ${id} was used and enrols no more devices: ${advice}`)
        }
        const at = clock.now()
        await store.tokens.revoke(id, at)
        const changed = { before: token, after: { ...token, revokedAt: at } }
        await store.audit.add({ at, actor, act: 'token-revoked', subject: id, details: { token: id }, ...changed })
      })
    },
    async admit(presented) {
      const token = await store.tokens.get(presented.id)
      const secret = fromBase64Url(presented.secret) ?? new Uint8Array()
      const held = fromBase64Url(token?.secretHash ?? '') ?? new Uint8Array()
      if (token === undefined || !equalSecrets(sha256(secret), held)) {
        throw new SuretyError('TOKEN_UNKNOWN', 'there is no such token')
      }
      await requireUsable(store.tokens, token, clock.now())
      return token
    },
  }
}

/** @throws `TOKEN_REVOKED`, `TOKEN_EXPIRED`, `TOKEN_USED`. */
export async function requireUsable(store: Pick<TokenStore, 'mayBeRetried'>, token: Token, now: number): Promise<void> {
  if (token.revokedAt !== undefined) throw new SuretyError('TOKEN_REVOKED', 'the token was revoked')
  // A device whose welcome was lost retries with the same token, perhaps after it expired.
  if ((token.used > 0 || now >= token.expiresAt) && (await store.mayBeRetried(token.id))) return
  if (now >= token.expiresAt) throw new SuretyError('TOKEN_EXPIRED', 'the token has expired')
  if (token.used >= token.uses) throw usedUp(token)
}
