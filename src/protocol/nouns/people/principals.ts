import { closed, type Static, type TSchema, Type, text, words } from '../../../base/schema.ts'
import { timeSchema } from '../../ids.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { type Column, noun, verb } from '../../noun/noun.ts'
import { ADMINISTRATOR_ROLES, PRINCIPAL_KINDS, ROLES, SERVICE_SCOPES } from '../../noun/permissions.ts'
import { timeInWords } from '../../noun/words.ts'
import { invitationLines, invitationSchema } from './sign-in.ts'

/** Who may use the API. */

export const PRINCIPAL_ACTS = [
  'administrator-reset',
  'principal-added',
  'principal-role-changed',
  'principal-token-rotated',
  'principal-revoked',
] as const

/** Has no underscore, so it is never an id. */
export const PRINCIPAL_NAME = /^[A-Za-z0-9][A-Za-z0-9.@+-]{0,63}$/
export const principalNameSchema = Type.String({
  pattern: PRINCIPAL_NAME.source,
  description: 'name of an administrator or a service',
})

/** In paths: a name or an id. */
const principalSchema = Type.String({
  pattern: '^([A-Za-z0-9][A-Za-z0-9.@+-]{0,63}|(adm|svc)_[A-Za-z0-9_-]{22})$',
  description: 'name or id of an administrator or a service',
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

const administratorRequestSchema = closed({
  name: principalNameSchema,
  role: words(...ADMINISTRATOR_ROLES),
  ttlMs: Type.Optional(ttlSchema),
})
const serviceRequestSchema = closed({
  name: principalNameSchema,
  scope: words(...SERVICE_SCOPES),
  ttlMs: Type.Optional(ttlSchema),
})
const rotationRequestSchema = closed({ ttlMs: Type.Optional(Type.Integer(ttlRange)) })
const invitationRequestSchema = closed({
  name: principalNameSchema,
  role: Type.Optional(words(...ADMINISTRATOR_ROLES)),
})
const roleRequestSchema = closed({ role: words(...ADMINISTRATOR_ROLES) })

const tokenSchema = Type.String({ pattern: '^surety_(adm|svc)_[A-Za-z0-9_-]{43}$' })
/** The only answer with the token. */
const createdAdministratorSchema = closed({ administrator: administratorSchema, token: tokenSchema })
const createdServiceSchema = closed({ service: serviceSchema, token: tokenSchema })
export type CreatedPrincipal = Static<typeof createdAdministratorSchema> | Static<typeof createdServiceSchema>

/** Who asks, and what the table of permissions lets them do. */
export const ownPrincipalSchema = closed({
  id: Type.String({ pattern: '^(adm|svc|hum)_[A-Za-z0-9_-]{22}$' }),
  kind: words(...PRINCIPAL_KINDS),
  name: text(256),
  role: words(...ROLES),
  may: Type.Array(Type.String({ maxLength: 32 }), { maxItems: 64 }),
})

export const ownPrincipalReader = apiAnswer(ownPrincipalSchema, 'own principal')

const CALLED = 'its name, id, or at least eight characters of its beginning'

const TOKEN_OPTIONS = [
  {
    flags: '--expires <time>',
    about: 'how long the token is valid: 12h, 30d (default: 90d, at most 366d)',
    member: 'ttlMs',
    as: 'duration',
  },
  { flags: '--out <file>', about: 'write a profile with the token to this new file (mode 0600), for --profile' },
] as const

type PrincipalView = Administrator | Service

function columnsOf<T extends PrincipalView>(role: Column<T>): readonly Column<T>[] {
  return [
    { heading: 'NAME', of: ({ name }) => name },
    role,
    { heading: 'STATUS', of: ({ status }) => status },
    {
      heading: 'EXPIRES',
      of: ({ expiresAt }) => expiresAt,
      as: 'time',
      shown: ({ expiresAt }) => (expiresAt === undefined ? 'never' : timeInWords(expiresAt)),
    },
    { heading: 'CREATED', of: ({ createdAt }) => createdAt, as: 'ago' },
    { heading: 'ID', of: ({ id }) => id },
    { heading: 'OLD TOKEN UNTIL', of: ({ oldTokenUntil }) => oldTokenUntil, as: 'time', wide: true },
  ]
}

function rotating<R extends TSchema>(operationId: string, response: R, examples: readonly string[]) {
  return verb({
    method: 'POST',
    ofItem: true,
    path: '/rotate',
    operationId,
    action: 'change-principals',
    summary: 'Make a new token, shown here and never again. The one before is valid too for a day',
    body: rotationRequestSchema,
    response,
    secret: 'token',
    command: {
      about: 'make a new token and give it out, once; the one before is valid too for a day',
      options: TOKEN_OPTIONS,
      examples,
    },
  })
}

/** People who administer. Only the answers that make a token have it. */
export const administrators = noun({
  one: 'administrator',
  many: 'administrators',
  about: 'people who administer, each with a role and a token',
  id: principalSchema,
  item: administratorSchema,
  called: CALLED,
  describe: ({ id, name, role }) => `${id} (${name}, ${role})`,
  completes: ({ name, role }) => ({ word: name, about: role }),
  list: {
    operationId: 'listAdministrators',
    action: 'view-principals',
    summary: 'Administrators that were not revoked, oldest first',
    about: 'administrators, without their tokens',
    examples: ['list', 'list --json'],
    none: 'no administrators; add one with: surety-directory administrators add NAME',
    columns: columnsOf<Administrator>({ heading: 'ROLE', of: ({ role }) => role }),
  },
  verbs: {
    add: verb({
      method: 'POST',
      operationId: 'addAdministrator',
      action: 'change-principals',
      summary: 'Add an administrator. The token is shown here and never again',
      body: administratorRequestSchema,
      response: createdAdministratorSchema,
      creates: true,
      secret: 'token',
      command: {
        about: 'add an administrator and give out the token, once',
        arguments: [{ name: 'name', about: 'letters, digits and . @ + -', member: 'name' }],
        options: [
          ...TOKEN_OPTIONS,
          {
            flags: '--role <role>',
            about: `one of ${ADMINISTRATOR_ROLES.join(', ')}`,
            member: 'role',
            required: true,
          },
        ],
        document: { name: 'created-administrator' },
        examples: ['add ada@example.org --role operator --expires 30d --out ada.json', 'add bob --role viewer --json'],
      },
    }),
    invite: verb({
      method: 'POST',
      path: '/invitations',
      operationId: 'inviteAdministrator',
      action: 'change-principals',
      summary:
        'Make a link that enrols one passkey within a day, shown here and never again. With a role it adds the administrator',
      body: invitationRequestSchema,
      response: invitationSchema,
      secret: 'link',
      command: {
        about: 'make a link with which an administrator signs in to the console',
        arguments: [{ name: 'name', about: 'of an administrator, or of a new one with --role', member: 'name' }],
        options: [
          {
            flags: '--role <role>',
            about: `add the administrator, without a token: ${ADMINISTRATOR_ROLES.join(', ')}`,
            member: 'role',
          },
        ],
        document: { name: 'invitation' },
        examples: ['invite ada@example.org --role operator', 'invite administrator --json'],
        says: invitationLines,
      },
    }),
    role: verb({
      method: 'POST',
      ofItem: true,
      path: '/role',
      operationId: 'setAdministratorRole',
      action: 'change-principals',
      summary: 'Give an administrator another role. Refused if no administrator would be left',
      body: roleRequestSchema,
      response: administratorSchema,
      command: {
        about: 'give an administrator another role',
        arguments: [{ name: 'role', about: `one of ${ADMINISTRATOR_ROLES.join(', ')}`, member: 'role' }],
        examples: ['role ada@example.org auditor', 'role bob viewer --json'],
        says: ({ name, role }) => [`${name} has the role ${role}`],
      },
    }),
    rotate: rotating('rotateAdministratorToken', createdAdministratorSchema, [
      'rotate ada@example.org --out ada.newer.json',
      'rotate bob --expires 30d --json',
    ]),
    revoke: verb({
      method: 'DELETE',
      ofItem: true,
      operationId: 'revokeAdministrator',
      action: 'change-principals',
      summary: 'Revoke the token of an administrator. Refused if no administrator would be left',
      response: administratorSchema,
      command: {
        about: 'end the token of an administrator',
        asks: 'Revoke the token of the administrator',
        examples: ['revoke ada@example.org', 'revoke bob --yes --json'],
        says: ({ name }) => [`the token of ${name} is revoked`],
      },
    }),
  },
})

/** Servers that ask the API. */
export const services = noun({
  one: 'service',
  many: 'services',
  about: 'servers that ask the API, each with a scope and a token',
  id: principalSchema,
  item: serviceSchema,
  called: CALLED,
  describe: ({ id, name, scope }) => `${id} (${name}, ${scope})`,
  completes: ({ name, scope }) => ({ word: name, about: scope }),
  list: {
    operationId: 'listServices',
    action: 'view-principals',
    summary: 'Services that were not revoked, oldest first',
    about: 'services, without their tokens',
    examples: ['list', 'list --json'],
    none: 'no services; add one with: surety-directory services add NAME',
    columns: columnsOf<Service>({ heading: 'SCOPE', of: ({ scope }) => scope }),
  },
  verbs: {
    add: verb({
      method: 'POST',
      operationId: 'addService',
      action: 'change-principals',
      summary: 'Add a service with a scope. The token is shown here and never again',
      body: serviceRequestSchema,
      response: createdServiceSchema,
      creates: true,
      secret: 'token',
      command: {
        about: 'add a service and give out the token, once',
        arguments: [{ name: 'name', about: 'letters, digits and . @ + -', member: 'name' }],
        options: [
          ...TOKEN_OPTIONS,
          {
            flags: '--scope <scope>',
            about:
              'decide: ask for verdicts only; read: see what a viewer sees; provision: send people and groups by SCIM',
            member: 'scope',
            required: true,
          },
        ],
        document: { name: 'created-service' },
        examples: [
          'add vpn-gateway --scope decide --expires 365d --out vpn.json',
          'add prometheus --scope read',
          'add entra --scope provision --expires 365d',
        ],
      },
    }),
    rotate: rotating('rotateServiceToken', createdServiceSchema, [
      'rotate vpn-gateway --out vpn.newer.json',
      'rotate prometheus --expires 365d',
    ]),
    revoke: verb({
      method: 'DELETE',
      ofItem: true,
      operationId: 'revokeService',
      action: 'change-principals',
      summary: 'Revoke the token of a service',
      response: serviceSchema,
      command: {
        about: 'end the token of a service',
        asks: 'Revoke the token of the service',
        examples: ['revoke vpn-gateway', 'revoke prometheus --yes --json'],
        says: ({ name }) => [`the token of ${name} is revoked`],
      },
    }),
  },
})
