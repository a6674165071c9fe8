import {
  base64UrlOf,
  closed,
  counter,
  legibleReason,
  legibleText,
  type Static,
  type TSchema,
  Type,
  text,
  words,
} from '../../../base/schema.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { ADMINISTRATOR_ROLES, SERVICE_SCOPES } from '../../noun/permissions.ts'
import { registrationRequestSchema } from '../agents/registrations.ts'
import { humanRequestSchema } from '../people/people.ts'
import { serviceAccountRequestSchema } from '../people/service-accounts.ts'
import { webhookRequestSchema } from './webhooks.ts'

/** The configuration of a directory as documents: what is there is exported, and what should be there is applied. */

/** In the order in which they are applied: a document may name what comes before it. */
export const CONFIGURATION_KINDS = [
  'person',
  'group',
  'service-account',
  'registration',
  'preregistration',
  'administrator',
  'service',
  'webhook',
  'policy',
  'rules',
  'access-policy',
  'gate-policy',
] as const
export type ConfigurationKind = (typeof CONFIGURATION_KINDS)[number]

export const MAX_DOCUMENTS = 20_000
/** Of a request, and so of all files of a folder. */
export const CONFIGURATION_MAX_BYTES = 16 * 1024 * 1024
/** More are counted and not named. */
export const MAX_REFUSALS = 100

const time = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,3})?)?(Z|[+-]\\d\\d:\\d\\d)$',
  description: 'a time such as 2027-01-31T18:00:00Z',
})
const registration = registrationRequestSchema.properties
const { device: _, ...criteria } = registration.criteria.properties
const names = Type.Optional(registration.scope.properties.applications)

/** What `spec` of each kind says. What a document does not say is not there: an absent successor is none. */
export const CONFIGURATION_SPECS = {
  /** Those who come by SCIM are kept by the identity provider. */
  person: closed({
    /** Absent: the user name. */
    displayName: humanRequestSchema.properties.displayName,
    email: humanRequestSchema.properties.email,
    manager: humanRequestSchema.properties.manager,
  }),
  group: closed({ members: Type.Array(text(256), { maxItems: MAX_DOCUMENTS }) }),
  'service-account': closed({
    owner: serviceAccountRequestSchema.properties.owner,
    purpose: serviceAccountRequestSchema.properties.purpose,
    successor: serviceAccountRequestSchema.properties.successor,
    expiresAt: time,
  }),
  registration: closed({
    purpose: registration.purpose,
    criteria: Type.Object(criteria, { additionalProperties: false, minProperties: 1 }),
    owner: registration.owner,
    successor: registration.successor,
    contact: registration.contact,
    versions: registration.versions,
    scope: Type.Optional(
      closed({
        applications: names,
        dataSets: names,
        tools: names,
        workspaces: registration.scope.properties.workspaces,
      }),
    ),
    autonomyCeiling: registration.autonomyCeiling,
    single: registration.single,
    reviewAt: Type.Optional(time),
    expiresAt: Type.Optional(time),
    /** Files neither suspend nor quarantine, and release nothing that a person holds. */
    state: Type.Optional(words('provisioning', 'active')),
  }),
  /** Named as in a file of owners: `PF3X2Y1Z`, `serial:…`, `host:…`, `ek:…`. */
  preregistration: closed({ owner: legibleText(256) }),
  administrator: closed({ role: words(...ADMINISTRATOR_ROLES) }),
  service: closed({ scope: words(...SERVICE_SCOPES) }),
  /** Named by its address. */
  webhook: closed({ events: webhookRequestSchema.properties.events, ca: webhookRequestSchema.properties.ca }),
  /** YAML, as `policy show` prints it. */
  policy: closed({ text: text(256 * 1024) }),
  rules: closed({ text: text(256 * 1024) }),
  /** Cedar, as `access show` prints it. */
  'access-policy': closed({ text: text(256 * 1024) }),
  /** Cedar, as `gate-policy show` prints it. */
  'gate-policy': closed({ text: text(256 * 1024) }),
} satisfies Readonly<Record<ConfigurationKind, TSchema>>

export type ConfigurationSpecs = { readonly [K in ConfigurationKind]: Static<(typeof CONFIGURATION_SPECS)[K]> }

const kindSchema = words(...CONFIGURATION_KINDS)
const nameSchema = Type.String({ minLength: 1, maxLength: 2_000 })
const specSchema = Type.Record(Type.String(), Type.Unknown())

export const configurationDocumentSchema = closed({ kind: kindSchema, name: nameSchema, spec: specSchema })
export type ConfigurationDocument = Static<typeof configurationDocumentSchema>

/** Why something that is there is in no document. */
const leftOutSchema = closed({ kind: kindSchema, count: counter(), why: text(500) })
export type LeftOut = Static<typeof leftOutSchema>

export const configurationSchema = closed({
  /** By kind and name. */
  documents: Type.Array(configurationDocumentSchema),
  leftOut: Type.Array(leftOutSchema),
})
export type Configuration = Static<typeof configurationSchema>

export const configurationRequestSchema = closed({
  /** Each has `kind`, `name` and `spec`. They are checked one by one, so that each fault has its document. */
  documents: Type.Array(Type.Unknown(), { maxItems: MAX_DOCUMENTS }),
  /** Only say what would be done. */
  plan: Type.Boolean(),
  /** Remove what is in no document, of kinds that have a document. */
  prune: Type.Optional(Type.Boolean()),
  /** Set a policy or rules although their test advises against it. */
  force: Type.Optional(Type.Boolean()),
  /** `state` of a plan: refused with `VERSION_STALE` if something has changed since. */
  state: Type.Optional(base64UrlOf(32)),
  /** Kept with each act that has a reason. */
  reason: Type.Optional(legibleReason()),
})
export type ConfigurationRequest = Static<typeof configurationRequestSchema>

export const CONFIGURATION_ACTIONS = ['create', 'change', 'remove', 'unchanged'] as const

const changeSchema = closed({
  action: words(...CONFIGURATION_ACTIONS),
  kind: kindSchema,
  name: nameSchema,
  /** Index of the document in the request. Absent for what is removed. */
  source: Type.Optional(counter()),
  /** What differs. A side without a value has no member. */
  fields: Type.Array(
    closed({ field: text(200), before: Type.Optional(Type.Unknown()), after: Type.Optional(Type.Unknown()) }),
  ),
  sentence: text(1000),
})
export type ConfigurationChange = Static<typeof changeSchema>

const refusalSchema = closed({
  source: Type.Optional(counter()),
  /** JSON Pointer in the document. */
  place: Type.String({ maxLength: 4096 }),
  code: text(64),
  message: text(1000),
})
export type ConfigurationRefusal = Static<typeof refusalSchema>

export const configurationPlanSchema = closed({
  applied: Type.Boolean(),
  /** Hash of what was there of the kinds in the documents. */
  state: base64UrlOf(32),
  /** Hash of the documents. */
  set: base64UrlOf(32),
  counts: closed({ create: counter(), change: counter(), remove: counter(), unchanged: counter() }),
  changes: Type.Array(changeSchema),
  /** Nothing is applied with a single one of these. */
  refusals: Type.Array(refusalSchema, { maxItems: MAX_REFUSALS }),
  /** All of them. */
  refused: counter(),
  /** What is in no document and stays, since `prune` was not asked for. */
  kept: Type.Array(closed({ kind: kindSchema, count: counter() })),
})
export type ConfigurationPlan = Static<typeof configurationPlanSchema>

export const CONFIGURATION_ACTS = ['configuration-applied'] as const

export const configurationReader = apiAnswer(configurationSchema, 'configuration')
export const configurationPlanReader = apiAnswer(configurationPlanSchema, 'plan')
