import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { closed } from '../../base/schema.ts'
import { ADMINISTRATOR_ROLES, actionsOf, SERVICE_SCOPES } from '../../protocol/noun/permissions.ts'
import {
  type Administrator,
  administratorListSchema,
  administratorRequestSchema,
  administratorSchema,
  createdAdministratorSchema,
  createdServiceSchema,
  ownPrincipalSchema,
  PRINCIPAL_TTL_MS,
  principalNameSchema,
  roleRequestSchema,
  rotationRequestSchema,
  type Service,
  serviceListSchema,
  serviceRequestSchema,
  serviceSchema,
} from '../../protocol/nouns/people/principals.ts'
import { type Route, route } from '../http/route.ts'
import type { StoredPrincipal } from './principal-store.ts'
import { isValid, type Principals, validOf } from './principals.ts'

interface PrincipalRoutesComponents {
  readonly principals: Principals
  readonly clock: Pick<Clock, 'now'>
}

const nameParams = closed({ name: principalNameSchema })

/** Administrators and services. Only the answers that create one have a token. */
export function principalRoutes({ principals, clock }: PrincipalRoutesComponents): readonly Route[] {
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
    route({
      method: 'POST',
      path: '/administrators',
      operationId: 'addAdministrator',
      action: 'change-principals',
      summary: 'Add an administrator. The token is shown here and never again',
      body: administratorRequestSchema,
      status: 201,
      response: createdAdministratorSchema,
      creates: true,
      answer: ({ body: { name, role, ttlMs = PRINCIPAL_TTL_MS.usual }, principal: by, commit }) =>
        commit(
          async () => {
            const { token, principal } = await principals.add({ kind: 'administrator', name, role, ttlMs }, by.id)
            return { administrator: administratorOf(principal), token }
          },
          { secretOf: ({ administrator }) => `the administrator is ${administrator.id}` },
        ),
    }),
    route({
      method: 'GET',
      path: '/administrators',
      operationId: 'listAdministrators',
      action: 'view-principals',
      summary: 'Administrators that were not revoked, oldest first',
      response: administratorListSchema,
      answer: async () => ({ items: (await principals.list('administrator')).map((one) => administratorOf(one)) }),
    }),
    route({
      method: 'POST',
      path: '/administrators/{name}/role',
      operationId: 'setAdministratorRole',
      action: 'change-principals',
      summary: 'Give an administrator another role. Refused if no administrator would be left',
      params: nameParams,
      body: roleRequestSchema,
      response: administratorSchema,
      answer: async ({ params: { name }, body: { role }, principal: by }) =>
        administratorOf(await principals.setRole(name, role, by.id)),
    }),
    route({
      method: 'POST',
      path: '/administrators/{name}/rotate',
      operationId: 'rotateAdministratorToken',
      action: 'change-principals',
      summary: 'Make a new token, shown here and never again. The one before is valid too for a day',
      params: nameParams,
      body: rotationRequestSchema,
      response: createdAdministratorSchema,
      async answer({ params: { name }, body: { ttlMs }, principal: by }) {
        const { token, principal } = await principals.rotate({ kind: 'administrator', name, ttlMs }, by.id)
        return { administrator: administratorOf(principal), token }
      },
    }),
    route({
      method: 'DELETE',
      path: '/administrators/{name}',
      operationId: 'revokeAdministrator',
      action: 'change-principals',
      summary: 'Revoke the token of an administrator. Refused if no administrator would be left',
      params: nameParams,
      response: administratorSchema,
      answer: async ({ params: { name }, principal: by }) =>
        administratorOf(await principals.revoke('administrator', name, by.id), { revoked: true }),
    }),
    route({
      method: 'POST',
      path: '/services',
      operationId: 'addService',
      action: 'change-principals',
      summary: 'Add a service with a scope. The token is shown here and never again',
      body: serviceRequestSchema,
      status: 201,
      response: createdServiceSchema,
      creates: true,
      answer: ({ body: { name, scope, ttlMs = PRINCIPAL_TTL_MS.usual }, principal: by, commit }) =>
        commit(
          async () => {
            const { token, principal } = await principals.add({ kind: 'service', name, role: scope, ttlMs }, by.id)
            return { service: serviceOf(principal), token }
          },
          { secretOf: ({ service }) => `the service is ${service.id}` },
        ),
    }),
    route({
      method: 'GET',
      path: '/services',
      operationId: 'listServices',
      action: 'view-principals',
      summary: 'Services that were not revoked, oldest first',
      response: serviceListSchema,
      answer: async () => ({ items: (await principals.list('service')).map((one) => serviceOf(one)) }),
    }),
    route({
      method: 'POST',
      path: '/services/{name}/rotate',
      operationId: 'rotateServiceToken',
      action: 'change-principals',
      summary: 'Make a new token, shown here and never again. The one before is valid too for a day',
      params: nameParams,
      body: rotationRequestSchema,
      response: createdServiceSchema,
      async answer({ params: { name }, body: { ttlMs }, principal: by }) {
        const { token, principal } = await principals.rotate({ kind: 'service', name, ttlMs }, by.id)
        return { service: serviceOf(principal), token }
      },
    }),
    route({
      method: 'DELETE',
      path: '/services/{name}',
      operationId: 'revokeService',
      action: 'change-principals',
      summary: 'Revoke the token of a service',
      params: nameParams,
      response: serviceSchema,
      answer: async ({ params: { name }, principal: by }) =>
        serviceOf(await principals.revoke('service', name, by.id), { revoked: true }),
    }),
  ]
}

function wordAmong<const W extends string>(words: readonly W[], { id, role }: StoredPrincipal): W {
  const word = words.find((one) => one === role)
  if (word === undefined)
    throw new SuretyError('STORE_CORRUPT', `the principal ${id} has the role ${role} of another kind`)
  return word
}
