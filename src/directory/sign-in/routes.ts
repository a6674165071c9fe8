import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { closed, Type } from '../../base/schema.ts'
import { actionsOf, type Principal, STEP_UP } from '../../protocol/noun/permissions.ts'
import { passkeyListSchema, passkeySchema } from '../../protocol/nouns/people/passkeys.ts'
import { SESSION_MS, sessionSchema } from '../../protocol/nouns/people/sessions.ts'
import {
  assertionRequestSchema,
  ceremonySchema,
  enrolmentRequestSchema,
  invitationAnswerSchema,
  invitationCeremonySchema,
  invitationRequestSchema,
  type SignedIn,
  type SignInState,
  signInStateSchema,
} from '../../protocol/nouns/people/sign-in.ts'
import { failureLimiter } from '../http/bearer-authentication.ts'
import { Reply, type Route, type RouteRequest, route } from '../http/route.ts'
import type { Oidc } from './oidc.ts'
import { type Asked, browserOf, oidcRoutes, sessionCookie } from './oidc-routes.ts'
import type { Begun, Passkeys } from './passkeys.ts'
import { csrfTokenOf, sessionSecretIn } from './session-authentication.ts'
import type { Sessions } from './sessions.ts'

/** `/sign-in`: what the console's pages ask before and around a session. */

export interface SignInRoutesComponents {
  readonly sessions: Sessions
  readonly passkeys: Passkeys
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
  /** Of the console's pages. */
  readonly origin: () => string
  readonly organisation: string
  /** Absent: there is no identity provider. */
  readonly oidc?: Oidc | undefined
  /** Everything is made up, which each page says. */
  readonly isDemonstration?: boolean
}

export function signInRoutes(components: SignInRoutesComponents): readonly Route[] {
  const { sessions, passkeys, clock, log, origin, organisation, oidc, isDemonstration = false } = components
  const limiter = failureLimiter({ clock })
  /** Slows down a network whose sign-ins fail. */
  const attempt = async <T>({ address }: Asked, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (codeOf(error) !== 'NOT_PERMITTED') throw error
      if (limiter.failed(address) > 0) {
        throw new SuretyError('QUOTA_EXCEEDED', 'too many sign-ins failed from this address: wait a minute')
      }
      log.warn('sign-in refused', { address, reason: describeError(error) })
      throw error
    }
  }
  const state = async (signedIn?: SignedIn): Promise<SignInState> => ({
    url: origin(),
    organisation,
    methods: { passkey: true, ...(oidc === undefined ? {} : { oidc: oidc.name }) },
    ...(isDemonstration ? { demonstration: true } : {}),
    ...(signedIn === undefined ? {} : { signedIn }),
  })
  const signedInAs = async (principal: Principal, id: string, secret: Uint8Array): Promise<SignedIn | undefined> => {
    const session = await sessions.get(id)
    if (session === undefined) return undefined
    const { name, kind, role } = principal
    const { method, endsAt, provenAt } = session
    return {
      principal: { id: principal.id, kind, name, role, may: actionsOf(role) },
      session: { id, method, endsAt, freshUntil: provenAt + SESSION_MS.fresh },
      csrf: csrfTokenOf(secret),
      stepUp: [...STEP_UP],
      passkeys: (await passkeys.list({ limit: 100 }, principal.id)).items.length,
    }
  }
  const begun = async ({ id, secret, principal }: Begun): Promise<Reply> =>
    new Reply({
      status: 200,
      headers: { 'set-cookie': sessionCookie(origin(), secret) },
      body: await state(await signedInAs(principal, id, Buffer.from(secret, 'base64url'))),
    })
  return [
    route({
      method: 'GET',
      path: '/state',
      operationId: 'getSignInState',
      summary: 'Who has signed in, and how one can sign in',
      open: true,
      response: signInStateSchema,
      async answer({ headers: { cookie } }) {
        const secret = sessionSecretIn(cookie, origin())
        const found = secret === undefined ? undefined : await sessions.sessionOf(secret)
        if (secret === undefined || found?.session === undefined) return state()
        return state(await signedInAs(found.principal, found.session.id, secret))
      },
    }),
    route({
      method: 'POST',
      path: '/passkey/options',
      operationId: 'beginPasskeySignIn',
      summary: 'What a passkey has to sign',
      open: true,
      response: ceremonySchema,
      answer: async () => ({ publicKey: await passkeys.signInOptions() }),
    }),
    route({
      method: 'POST',
      path: '/passkey',
      operationId: 'signInByPasskey',
      summary: 'Sign in with a passkey. The answer sets the cookie of the session',
      open: true,
      body: assertionRequestSchema,
      response: signInStateSchema,
      answer: ({ body, ...asked }) =>
        attempt(asked, async () => begun(await passkeys.signIn(assertion(body.response), browserOf(asked)))),
    }),
    route({
      method: 'POST',
      path: '/invitation/options',
      operationId: 'openInvitation',
      summary: 'Whom a link invites, and what their new passkey has to sign',
      open: true,
      body: invitationRequestSchema,
      response: invitationCeremonySchema,
      answer: ({ body: { invitation }, ...asked }) => attempt(asked, () => passkeys.invitationOptions(invitation)),
    }),
    route({
      method: 'POST',
      path: '/invitation',
      operationId: 'acceptInvitation',
      summary: 'Enrol a passkey with a link, once, and sign in with it',
      open: true,
      body: invitationAnswerSchema,
      response: signInStateSchema,
      answer: ({ body: { invitation, name, response }, ...asked }) =>
        attempt(asked, async () =>
          begun(await passkeys.enrolInvited(invitation, { name, response: attestation(response) }, browserOf(asked))),
        ),
    }),
    route({
      method: 'POST',
      path: '/step-up/options',
      operationId: 'beginStepUp',
      action: 'see-self',
      summary: 'What a passkey of who has signed in has to sign for a fresh sign-in',
      response: ceremonySchema,
      answer: async ({ principal, session }) => ({
        publicKey: await passkeys.stepUpOptions(principal, markOf(session).id),
      }),
    }),
    route({
      method: 'POST',
      path: '/step-up',
      operationId: 'stepUp',
      action: 'see-self',
      summary: 'Show a passkey: the sign-in is fresh for five minutes',
      body: assertionRequestSchema,
      response: signInStateSchema,
      async answer({ body, principal, session, ...asked }) {
        const { id } = markOf(session)
        await attempt(asked, () => passkeys.stepUp(principal, id, assertion(body.response)))
        const secret = sessionSecretIn(asked.headers.cookie, origin())
        return state(secret === undefined ? undefined : await signedInAs(principal, id, secret))
      },
    }),
    route({
      method: 'POST',
      path: '/end',
      operationId: 'signOut',
      action: 'see-self',
      summary: 'End this session',
      response: signInStateSchema,
      async answer({ principal, session }) {
        await sessions.end(markOf(session).id, principal, principal.id)
        return new Reply({ status: 200, headers: { 'set-cookie': sessionCookie(origin(), '') }, body: await state() })
      },
    }),
    ...ownRoutes(components),
    ...(oidc === undefined ? [] : oidcRoutes(oidc, { origin, attempt })),
  ]
}

/** One's own passkeys and sessions. */
function ownRoutes({ sessions, passkeys }: SignInRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/passkeys',
      operationId: 'listOwnPasskeys',
      action: 'see-self',
      summary: 'One’s own passkeys',
      response: passkeyListSchema,
      answer: async ({ principal: { id } }) => ({ items: [...(await passkeys.list({ limit: 100 }, id)).items] }),
    }),
    route({
      method: 'POST',
      path: '/passkeys/options',
      operationId: 'beginPasskey',
      action: 'see-self',
      summary: 'What another passkey has to sign. Needs a fresh sign-in',
      response: ceremonySchema,
      answer: async ({ principal, session }) => {
        await requireOwnWay(sessions, requireFresh(session).id)
        return { publicKey: await passkeys.addOptions(principal) }
      },
    }),
    route({
      method: 'POST',
      path: '/passkeys',
      operationId: 'addOwnPasskey',
      action: 'see-self',
      summary: 'Add another passkey. Needs a fresh sign-in',
      body: enrolmentRequestSchema,
      status: 201,
      response: passkeySchema,
      async answer({ body: { name, response }, principal, session }) {
        await requireOwnWay(sessions, requireFresh(session).id)
        return passkeys.add(principal, { name, response: attestation(response) })
      },
    }),
    route({
      method: 'DELETE',
      path: '/passkeys/{id}',
      operationId: 'removeOwnPasskey',
      action: 'see-self',
      summary: 'Remove a passkey of one’s own, and end all other sessions. Needs a fresh sign-in',
      params: closed({ id: passkeySchema.properties.id }),
      response: passkeySchema,
      answer: ({ params: { id }, principal, session }) =>
        passkeys.remove(id, principal, { session: requireFresh(session).id }),
    }),
    route({
      method: 'GET',
      path: '/sessions',
      operationId: 'listOwnSessions',
      action: 'see-self',
      summary: 'One’s own sessions, newest first',
      response: closed({ items: Type.Array(sessionSchema) }),
      answer: async ({ principal: { id } }) => ({ items: [...(await sessions.list({ limit: 100 }, id)).items] }),
    }),
    route({
      method: 'DELETE',
      path: '/sessions/{id}',
      operationId: 'endOwnSession',
      action: 'see-self',
      summary: 'End a session of one’s own',
      params: closed({ id: sessionSchema.properties.id }),
      response: sessionSchema,
      answer: ({ params: { id }, principal }) => sessions.end(id, principal, principal.id),
    }),
  ]
}

type Mark = RouteRequest<unknown, unknown, unknown>['session']

/** The surface has no other authentication. */
function markOf(session: Mark): NonNullable<Mark> {
  if (session === undefined) throw new SuretyError('UNAUTHENTICATED', 'sign in')
  return session
}

/** @throws `STEP_UP_REQUIRED`. */
function requireFresh(session: Mark): NonNullable<Mark> {
  const mark = markOf(session)
  if (mark.isFresh) return mark
  throw new SuretyError('STEP_UP_REQUIRED', 'show the passkey, or sign in again, and repeat this within five minutes')
}

/** Who signs in at the identity provider loses access there. A passkey would keep it. @throws `NOT_PERMITTED`. */
async function requireOwnWay(sessions: Sessions, id: string): Promise<void> {
  if ((await sessions.get(id))?.method !== 'oidc') return
  throw new SuretyError('NOT_PERMITTED', 'you sign in at the identity provider, so there are no passkeys of yours here')
}

/** The library's types name the extensions and transports of today. Its checks look at neither. */
function assertion(response: object): AuthenticationResponseJSON {
  return response as AuthenticationResponseJSON
}

function attestation(response: object): RegistrationResponseJSON {
  return response as RegistrationResponseJSON
}
