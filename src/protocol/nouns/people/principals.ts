import { closed, type Static, Type, words } from '../../../base/schema.ts'
import { timeSchema } from '../../ids.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { ADMINISTRATOR_ROLES, PRINCIPAL_KINDS, ROLES, SERVICE_SCOPES } from '../../noun/permissions.ts'

/** Who may use the API. */

export const PRINCIPAL_ACTS = [
  'administrator-reset',
  'principal-added',
  'principal-role-changed',
  'principal-token-rotated',
  'principal-revoked',
] as const

/** Has no underscore, so it is never an id. */
export const principalNameSchema = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9.@+-]{0,63}$',
  description: 'name of an administrator or a service',
})

const DAY_MS = 86_400_000
export const PRINCIPAL_TTL_MS = { minimum: 60_000, usual: 90 * DAY_MS, maximum: 366 * DAY_MS } as const
const ttlRange = { minimum: PRINCIPAL_TTL_MS.minimum, maximum: PRINCIPAL_TTL_MS.maximum }
const ttlSchema = Type.Integer({ ...ttlRange, default: PRINCIPAL_TTL_MS.usual })

const members = {
  id: Type.String({ pattern: '^(adm|svc)_[A-Za-z0-9_-]{22}$' }),
  name: principalNameSchema,
  status: words('valid', 'expired', 'revoked'),
  createdAt: timeSchema,
  /** Absent: no end. Only the administrator of `administrator.json` has none. */
  expiresAt: Type.Optional(timeSchema),
  /** The token before a rotation is valid until then. */
  oldTokenUntil: Type.Optional(timeSchema),
}

export const administratorSchema = closed({ ...members, role: words(...ADMINISTRATOR_ROLES) })
export type Administrator = Static<typeof administratorSchema>
export const serviceSchema = closed({ ...members, scope: words(...SERVICE_SCOPES) })
export type Service = Static<typeof serviceSchema>

export const administratorRequestSchema = closed({
  name: principalNameSchema,
  role: words(...ADMINISTRATOR_ROLES),
  ttlMs: Type.Optional(ttlSchema),
})
export const serviceRequestSchema = closed({
  name: principalNameSchema,
  scope: words(...SERVICE_SCOPES),
  ttlMs: Type.Optional(ttlSchema),
})
export const rotationRequestSchema = closed({ ttlMs: Type.Optional(Type.Integer(ttlRange)) })
export const roleRequestSchema = closed({ role: words(...ADMINISTRATOR_ROLES) })

const tokenSchema = Type.String({ pattern: '^surety_(adm|svc)_[A-Za-z0-9_-]{43}$' })
/** The only answer with the token. */
export const createdAdministratorSchema = closed({ administrator: administratorSchema, token: tokenSchema })
export const createdServiceSchema = closed({ service: serviceSchema, token: tokenSchema })
export const administratorListSchema = closed({ items: Type.Array(administratorSchema) })
export const serviceListSchema = closed({ items: Type.Array(serviceSchema) })

/** Who asks, and what the table of permissions lets them do. */
export const ownPrincipalSchema = closed({
  id: members.id,
  kind: words(...PRINCIPAL_KINDS),
  name: principalNameSchema,
  role: words(...ROLES),
  may: Type.Array(Type.String({ maxLength: 32 }), { maxItems: 64 }),
})

export const ownPrincipalReader = apiAnswer(ownPrincipalSchema, 'own principal')
export const administratorReader = apiAnswer(administratorSchema, 'administrator')
export const serviceReader = apiAnswer(serviceSchema, 'service')
export const createdAdministratorReader = apiAnswer(createdAdministratorSchema, 'new administrator')
export const createdServiceReader = apiAnswer(createdServiceSchema, 'new service')
export const administratorListReader = apiAnswer(administratorListSchema, 'list of administrators')
export const serviceListReader = apiAnswer(serviceListSchema, 'list of services')
