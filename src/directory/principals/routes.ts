import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import {
  ADMINISTRATOR_ROLES,
  type AdministratorRole,
  actionsOf,
  type Principal,
  SERVICE_SCOPES,
  type TokenKind,
} from '../../protocol/noun/permissions.ts'
import {
  type Administrator,
  administrators,
  ownPrincipalSchema,
  PRINCIPAL_TTL_MS,
  type Service,
  services,
} from '../../protocol/nouns/people/principals.ts'
import type { InvitationLink } from '../../protocol/nouns/people/sign-in.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import { listedFrom } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { StoredPrincipal } from './principal-store.ts'
import { isValid, type Principals, validOf } from './principals.ts'

interface PrincipalRoutesComponents {
  readonly principals: Principals
  readonly signIn: {
    readonly invitations: {
      inviteAdministrator(
        who: { readonly name: string; readonly role?: AdministratorRole },
        by: Principal,
      ): Promise<InvitationLink>
    }
  }
  readonly clock: Pick<Clock, 'now'>
}

/** Administrators and services. Only the answers that create one have a token. */
export function principalRoutes({ principals, signIn, clock }: PrincipalRoutesComponents): readonly Route[] {
  const membersOf = (principal: StoredPrincipal, { revoked = false } = {}) => {
    const { id, name, createdAt, expiresAt } = principal
    const now = clock.now()
    const valid = isValid(principal, now) ? ('valid' as const) : ('expired' as const)
    const ends = { ...member('expiresAt', expiresAt), ...member('oldTokenUntil', validOf(principal, now)[0]?.until) }
    return { id, name, status: revoked ? ('revoked' as const) : valid, createdAt, ...ends }
  }
  const administratorOf = (principal: StoredPrincipal, state?: { revoked: boolean }): Administrator => ({
    ...membersOf(principal, state),
    role: wordAmong(ADMINISTRATOR_ROLES, principal),
  })
  const serviceOf = (principal: StoredPrincipal, state?: { revoked: boolean }): Service => ({
    ...membersOf(principal, state),
    scope: wordAmong(SERVICE_SCOPES, principal),
  })
  /** @param query `named`: a name in any case, or at least eight characters of the beginning of an id. */
  const named = async (kind: TokenKind, { named: text }: { readonly named?: string }) =>
    (await principals.list(kind)).filter(
      ({ id, name }) =>
        text === undefined || name.toLowerCase() === text.toLowerCase() || (text.length >= 8 && id.startsWith(text)),
    )
  return [
    route({
      method: 'GET',
      path: '/me',
      operationId: 'getOwnPrincipal',
      action: 'see-self',
      summary: 'Whose token this is, and the actions of the table of permissions that its role may do',
      response: ownPrincipalSchema,
      answer: ({ principal: { id, kind, name, role } }) => ({ id, kind, name, role, may: actionsOf(role) }),
    }),
    ...nounRoutes(
      administrators,
      {
        list: async (query) =>
          listedFrom(
            (await named('administrator', query)).map((one) => administratorOf(one)),
            query,
          ),
      },
      {
        add: ({ body: { name, role, ttlMs = PRINCIPAL_TTL_MS.usual }, principal: by, commit }) =>
          commit(
            async () => {
              const { token, principal } = await principals.add({ kind: 'administrator', name, role, ttlMs }, by.id)
              return { administrator: administratorOf(principal), token }
            },
            { secretOf: ({ administrator }) => `the administrator is ${administrator.id}` },
          ),
        invite: ({ body, principal: by }) => signIn.invitations.inviteAdministrator(body, by),
        role: async ({ params: { id }, body: { role }, principal: by }) =>
          administratorOf(await principals.setRole(id, role, by.id)),
        async rotate({ params: { id }, body: { ttlMs }, principal: by }) {
          const { token, principal } = await principals.rotate({ kind: 'administrator', name: id, ttlMs }, by.id)
          return { administrator: administratorOf(principal), token }
        },
        revoke: async ({ params: { id }, principal: by }) =>
          administratorOf(await principals.revoke('administrator', id, by.id), { revoked: true }),
      },
    ),
    ...nounRoutes(
      services,
      {
        list: async (query) =>
          listedFrom(
            (await named('service', query)).map((one) => serviceOf(one)),
            query,
          ),
      },
      {
        add: ({ body: { name, scope, ttlMs = PRINCIPAL_TTL_MS.usual }, principal: by, commit }) =>
          commit(
            async () => {
              const { token, principal } = await principals.add({ kind: 'service', name, role: scope, ttlMs }, by.id)
              return { service: serviceOf(principal), token }
            },
            { secretOf: ({ service }) => `the service is ${service.id}` },
          ),
        async rotate({ params: { id }, body: { ttlMs }, principal: by }) {
          const { token, principal } = await principals.rotate({ kind: 'service', name: id, ttlMs }, by.id)
          return { service: serviceOf(principal), token }
        },
        revoke: async ({ params: { id }, principal: by }) =>
          serviceOf(await principals.revoke('service', id, by.id), { revoked: true }),
      },
    ),
  ]
}

function wordAmong<const W extends string>(words: readonly W[], { id, role }: StoredPrincipal): W {
  const word = words.find((one) => one === role)
  if (word === undefined)
    throw new SuretyError('STORE_CORRUPT', `the principal ${id} has the role ${role} of another kind`)
  return word
}
