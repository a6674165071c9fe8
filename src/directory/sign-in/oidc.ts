import { toBase64Url } from '../../base/bytes.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { ADMINISTRATOR_ROLES, type AdministratorRole, type Principal } from '../../protocol/noun/permissions.ts'
import { PRINCIPAL_NAME } from '../../protocol/nouns/people/principals.ts'
import { SIGN_IN_BASE, type SignInRefusal } from '../../protocol/nouns/people/sign-in.ts'
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
   * @throws `OidcRefusal` for an attempt that is over or was used, an answer that does not verify, a person who is not in the
   * register, and one whose role cannot be given.
   */
  finish(attempt: string | undefined, query: URLSearchParams, browser: Browser): Promise<Begun>
  /** As an event. Of an attempt that was not begun here nothing is recorded. */
  recordRefusal(refusal: OidcRefusal, address: string): Promise<void>
}

/** A sign-in that was refused. Its message may have texts of the identity provider; `why` has not. */
export class OidcRefusal extends SuretyError {
  readonly why: SignInRefusal
  /** Names that the identity provider vouches for. */
  readonly names: readonly string[]

  constructor(
    why: SignInRefusal,
    message: string,
    { names = [], cause }: { readonly names?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super('NOT_PERMITTED', message, { cause })
    this.why = why
    this.names = names
  }
}

/** The actor of what groups decide. */
const ACTOR = 'identity-provider'
const PURPOSES = { usual: 'oidc', fresh: 'oidc fresh' } as const
/** Of a name in an event. */
const MOST_OF_NAME = 64
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
      throw new OidcRefusal(
        'role',
        `${JSON.stringify(userName)} cannot be the name of an administrator: letters, digits and . @ + -`,
        { names: [userName] },
      )
    }
    const present = (await store.principals.list()).find(
      ({ kind, name }) => kind === 'administrator' && name.toLowerCase() === userName.toLowerCase(),
    )
    if (present === undefined) return principals.addWithoutToken({ name: userName, role }, ACTOR)
    if (present.role !== role) await principals.setRole(present.id, role, ACTOR)
    const principal = await principalOfSubject(store, present.id, clock.now())
    if (principal === undefined) throw notRegistered(`the time of ${userName} is over`, [userName])
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
        throw new OidcRefusal('over', 'this sign-in was begun elsewhere, or too long ago: begin again')
      }
      challenges.use(attempt)
      const claims = await provider
        .finish(new URL(`${callback()}?${query}`), attemptOf(attempt, fresh))
        .catch((error: unknown) => {
          if (codeOf(error) !== 'NOT_PERMITTED' || !(error instanceof SuretyError)) throw error
          throw new OidcRefusal('not-accepted', error.message, { cause: error })
        })
      return store.transaction(async () => {
        const human = await personOf(store.humans, claims)
        const role = STRONGEST.find((one) => claims.groups.some((group) => roles.get(group) === one))
        const member: Principal = { id: human.id, kind: 'person', name: human.userName, role: 'member' }
        const principal =
          role === undefined ? member : await administratorOf(human, role).catch((error) => noRole(error, human))
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
    async recordRefusal({ why, names: [name] }, address) {
      if (why === 'over') return
      const named = name === undefined ? {} : { name: name.slice(0, MOST_OF_NAME) }
      const details = { method: 'oidc', address, issuer: provider.name, why, ...named }
      const subject = provider.name
      await store.audit.add({ at: clock.now(), actor: ACTOR, act: 'sign-in-refused', subject, details })
    },
  }
}

/** @throws `OidcRefusal`. */
async function personOf(humans: OidcComponents['store']['humans'], { names }: IdentityClaims): Promise<Human> {
  for (const name of names) {
    const active = (await humans.allNamed(name)).filter(({ status }) => status === 'active')
    if (active.length === 1 && active[0] !== undefined) return active[0]
  }
  const named =
    names.map((name) => JSON.stringify(name.slice(0, MOST_OF_NAME))).join(' or ') || 'somebody without a name'
  throw notRegistered(`${named} is no active person of the register: an administrator adds people, or SCIM does`, names)
}

function notRegistered(message: string, names: readonly string[]): OidcRefusal {
  return new OidcRefusal('not-registered', message, { names })
}

/** Such as that of the last administrator. */
function noRole(error: unknown, { userName }: Human): never {
  if (codeOf(error) !== 'CONFLICT' || !(error instanceof SuretyError)) throw error
  throw new OidcRefusal('role', error.message, { names: [userName], cause: error })
}
