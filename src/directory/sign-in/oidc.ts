import { toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { ADMINISTRATOR_ROLES, type AdministratorRole, type Principal } from '../../protocol/noun/permissions.ts'
import { PRINCIPAL_NAME } from '../../protocol/nouns/people/principals.ts'
import { SIGN_IN_BASE } from '../../protocol/nouns/people/sign-in.ts'
import type { Human } from '../humans/human-store.ts'
import type { Principals } from '../principals/principals.ts'
import type { Challenges } from './challenges.ts'
import type { Attempt, IdentityClaims, IdentityProvider } from './identity-provider.ts'
import type { Begun } from './passkeys.ts'
import type { Browser, Sessions, SessionsComponents } from './sessions.ts'
import { principalOfSubject } from './subjects.ts'

/** Sign-in at the identity provider of the company: who that is in the register, and what their groups let them do. */

export interface OidcComponents extends SessionsComponents {
  readonly provider: IdentityProvider
  readonly challenges: Challenges
  readonly sessions: Pick<Sessions, 'begin'>
  readonly principals: Pick<Principals, 'addWithoutToken' | 'setRole'>
  readonly origin: () => string
}

export interface OidcInit {
  /** `group=role`, as in the setting. */
  readonly roles: readonly string[]
}

export interface Oidc {
  /** The host of the identity provider. */
  readonly name: string
  /** @returns where the browser goes, and the value of the cookie that it brings back. */
  begin(fresh: boolean): Promise<{ readonly url: string; readonly attempt: string }>
  /**
   * @param attempt of the cookie. @param query with which the browser came back.
   * @throws `NOT_PERMITTED` for an attempt that is over or was used, an answer that does not verify, and a person who is not in the
   * register; `CONFLICT` where a role cannot be given.
   */
  finish(attempt: string | undefined, query: URLSearchParams, browser: Browser): Promise<Begun>
}

/** The actor of what groups decide. */
const ACTOR = 'identity-provider'
const PURPOSES = { usual: 'oidc', fresh: 'oidc fresh' } as const
export const CALLBACK = '/oidc/callback'

/** @throws `CONFIG_INVALID` for a text that is not `group=role`. */
export function groupRoles(texts: readonly string[]): ReadonlyMap<string, AdministratorRole> {
  return new Map(
    texts.map((text) => {
      const at = text.lastIndexOf('=')
      const role = ADMINISTRATOR_ROLES.find((one) => one === text.slice(at + 1))
      if (at > 0 && role !== undefined) return [text.slice(0, at), role]
      throw new SuretyError(
        'CONFIG_INVALID',
        `console.oidc.roles: write ${JSON.stringify(text)} as GROUP=ROLE, with a role of ${ADMINISTRATOR_ROLES.join(', ')}`,
      )
    }),
  )
}

/** The one with most rights first. */
const STRONGEST = ['administrator', 'operator', 'auditor', 'viewer'] as const satisfies readonly AdministratorRole[]

export function oidc(components: OidcComponents, init: OidcInit): Oidc {
  const { store, clock, provider, challenges, sessions, principals, origin } = components
  const roles = groupRoles(init.roles)
  const attemptOf = (attempt: string, fresh: boolean): Attempt => ({
    state: challenges.derive(attempt, 'state'),
    nonce: challenges.derive(attempt, 'nonce'),
    verifier: challenges.derive(attempt, 'verifier'),
    fresh,
  })
  const callback = () => `${origin()}${SIGN_IN_BASE}${CALLBACK}`
  /** Inside a transaction. The role is that of the groups, each time. */
  const administratorOf = async ({ userName }: Human, role: AdministratorRole): Promise<Principal> => {
    if (!PRINCIPAL_NAME.test(userName)) {
      throw new SuretyError(
        'CONFLICT',
        `${JSON.stringify(userName)} cannot be the name of an administrator: letters, digits and . @ + -`,
      )
    }
    const present = (await store.principals.list()).find(
      ({ kind, name }) => kind === 'administrator' && name.toLowerCase() === userName.toLowerCase(),
    )
    if (present === undefined) return principals.addWithoutToken({ name: userName, role }, ACTOR)
    if (present.role !== role) await principals.setRole(present.id, role, ACTOR)
    const principal = await principalOfSubject(store, present.id, clock.now())
    if (principal === undefined) throw new SuretyError('NOT_PERMITTED', `the time of ${userName} is over`)
    return principal
  }
  return {
    name: provider.name,
    async begin(fresh) {
      const attempt = toBase64Url(challenges.make(fresh ? PURPOSES.fresh : PURPOSES.usual))
      return { url: await provider.begin(callback(), attemptOf(attempt, fresh)), attempt }
    },
    async finish(attempt, query, browser) {
      const fresh = attempt !== undefined && challenges.isValid(attempt, PURPOSES.fresh)
      if (attempt === undefined || (!fresh && !challenges.isValid(attempt, PURPOSES.usual))) {
        throw new SuretyError('NOT_PERMITTED', 'this sign-in was begun elsewhere, or too long ago: begin again')
      }
      challenges.use(attempt)
      const claims = await provider.finish(new URL(`${callback()}?${query}`), attemptOf(attempt, fresh))
      return store.transaction(async () => {
        const human = await personOf(store.humans, claims)
        const role = STRONGEST.find((one) => claims.groups.some((group) => roles.get(group) === one))
        const member: Principal = { id: human.id, kind: 'person', name: human.userName, role: 'member' }
        const principal = role === undefined ? member : await administratorOf(human, role)
        const provenAt = Math.min(clock.now(), claims.signedInAt)
        const begun = await sessions.begin(principal.id, 'oidc', browser, provenAt)
        const details = { method: 'oidc', session: begun.id, address: browser.address, issuer: provider.name }
        await store.audit.add({
          at: clock.now(),
          actor: principal.id,
          act: 'signed-in',
          subject: principal.id,
          details,
        })
        return { ...begun, principal }
      })
    },
  }
}

/** @throws `NOT_PERMITTED`. */
async function personOf(humans: OidcComponents['store']['humans'], { names }: IdentityClaims): Promise<Human> {
  for (const name of names) {
    const active = (await humans.allNamed(name)).filter(({ status }) => status === 'active')
    if (active.length === 1 && active[0] !== undefined) return active[0]
  }
  const named = names.map((name) => JSON.stringify(name.slice(0, 64))).join(' or ') || 'somebody without a name'
  throw new SuretyError(
    'NOT_PERMITTED',
    `${named} is no active person of the register: an administrator adds people, or SCIM does`,
  )
}
