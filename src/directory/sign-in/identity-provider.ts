import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client'
import { describeError, SuretyError } from '../../base/errors.ts'
import { SESSION_MS } from '../../protocol/nouns/people/sessions.ts'

/** The identity provider of the company, by OpenID Connect. Only this file knows the library. */

export interface IdentityProviderInit {
  /** HTTPS, or HTTP on loopback. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** What one attempt to sign in is bound to. Nobody but the browser and this process knows it. */
export interface Attempt {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** The person has to sign in there now, whatever session they have. */
  readonly fresh: boolean
}

/** What the identity provider says of who signed in there, verified. */
export interface IdentityClaims {
  readonly subject: string
  /** User name, then e-mail address if it is verified. */
  readonly names: readonly string[]
  readonly groups: readonly string[]
  /** When they signed in there. */
  readonly signedInAt: number
}

export interface IdentityProvider {
  /** Its host. */
  readonly name: string
  /** Where the browser goes. @throws `CONFLICT` while it does not answer. */
  begin(redirect: string, attempt: Attempt): Promise<string>
  /** @param url with which the browser came back. @throws `NOT_PERMITTED`. */
  finish(url: URL, attempt: Attempt): Promise<IdentityClaims>
}

const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/
const SCOPE = 'openid profile email'
const MOST_GROUPS = 1_000

/** HTTPS, or HTTP on loopback. */
export function isIssuer(issuer: string): boolean {
  return issuer.startsWith('https://') || LOOPBACK.test(issuer)
}

export function identityProvider({ issuer, clientId, clientSecret }: IdentityProviderInit): IdentityProvider {
  let found: Promise<Configuration> | undefined
  const configuration = () => {
    found ??= discovery(new URL(issuer), clientId, undefined, ClientSecretBasic(clientSecret), {
      // TLS says who answered. The signature is checked beside it.
      execute: [enableNonRepudiationChecks, ...(LOOPBACK.test(issuer) ? [allowInsecureRequests] : [])],
    }).catch((cause) => {
      found = undefined
      throw new SuretyError('CONFLICT', `the identity provider ${issuer} does not answer: ${describeError(cause)}`, {
        cause,
      })
    })
    return found
  }
  return {
    name: new URL(issuer).host,
    async begin(redirect, { state, nonce, verifier, fresh }) {
      const provider = await configuration()
      const hasGroups = provider.serverMetadata().scopes_supported?.includes('groups') === true
      const url = buildAuthorizationUrl(provider, {
        redirect_uri: redirect,
        // Some refuse a scope that they do not know.
        scope: hasGroups ? `${SCOPE} groups` : SCOPE,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
        max_age: `${maxAgeOf(fresh)}`,
        ...(fresh ? { prompt: 'login' } : {}),
      })
      return url.href
    },
    async finish(url, { state, nonce, verifier, fresh }) {
      try {
        const tokens = await authorizationCodeGrant(await configuration(), url, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          maxAge: maxAgeOf(fresh),
          idTokenExpected: true,
        })
        const claims = tokens.claims()
        if (claims === undefined) throw new TypeError('there is no id token')
        return claimsOf(claims)
      } catch (cause) {
        // Messages of the library name no field.
        throw new SuretyError('NOT_PERMITTED', `the sign-in at ${issuer} was not accepted: ${describeError(cause)}`, {
          cause,
        })
      }
    },
  }
}

/** Seconds since the sign-in there. */
function maxAgeOf(fresh: boolean): number {
  return (fresh ? SESSION_MS.fresh : SESSION_MS.longest) / 1000
}

function claimsOf(claims: Readonly<Record<string, unknown>> & { readonly sub: string }): IdentityClaims {
  const { sub, preferred_username: userName, email, email_verified: isVerified, groups, auth_time: at } = claims
  const names = [userName, isVerified === false ? undefined : email].filter((one) => typeof one === 'string')
  return {
    subject: sub,
    names,
    groups: Array.isArray(groups) ? groups.slice(0, MOST_GROUPS).filter((one) => typeof one === 'string') : [],
    signedInAt: typeof at === 'number' ? at * 1000 : 0,
  }
}
