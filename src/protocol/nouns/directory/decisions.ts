import { closed, counter, type Static, type TSchema, Type, text, words } from '../../../base/schema.ts'
import { timeSchema } from '../../ids.ts'
import { verdictReasonSchema, verdictSchema } from '../../messages/attestation-result.ts'

/**
 * Requests and answers of the Authorization API 1.0 (AuthZEN). Members that it does not name are ignored, as it wants it.
 */

export const ACCESS_BASE = '/access/v1'

/** The kind of its entries in the record. They are no events: there may be thousands a second. */
export const ACCESS_DECIDED = 'access-decided'

const nameSchema = Type.String({ minLength: 1, maxLength: 256 })
const propertiesSchema = Type.Optional(Type.Record(Type.String(), Type.Unknown()))
export const subjectSchema = Type.Object({ type: nameSchema, id: nameSchema, properties: propertiesSchema })
export const resourceSchema = Type.Object({ type: nameSchema, id: nameSchema, properties: propertiesSchema })
export const actionSchema = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 128 }),
  properties: propertiesSchema,
})
export const contextSchema = Type.Record(Type.String(), Type.Unknown())

export const evaluationSchema = Type.Object({
  subject: subjectSchema,
  action: actionSchema,
  resource: resourceSchema,
  context: Type.Optional(contextSchema),
})
export type EvaluationRequest = Static<typeof evaluationSchema>

/** Why a request was denied, or what allowed it. */
const decisionReasonSchema = closed({
  /** The id of the rule, or of what needs no rule: see `BUILT_IN`. */
  rule: text(64),
  reason: text(1000),
  /** What would make it possible. */
  possible: Type.Optional(text(500)),
})
export type DecisionReason = Static<typeof decisionReasonSchema>

/** What denies whatever the policy says. `none`: no rule permits it. `error`: a rule could not be evaluated. */
export const BUILT_IN = [
  'subject-unknown',
  'subject-inactive',
  'agent-unknown',
  'device-unknown',
  'device-retired',
  'stopped',
  'error',
  'none',
] as const

const signedMembers = {
  decision: Type.Boolean(),
  subject: closed({ type: text(256), id: text(256) }),
  action: closed({ name: text(128) }),
  resource: closed({ type: text(256), id: text(256) }),
  /** As they were asked for, and what they are in the register. */
  agent: Type.Optional(text(256)),
  device: Type.Optional(text(256)),
  reasons: Type.Array(decisionReasonSchema, { maxItems: 20 }),
  /** The access policy that decided. */
  policy: closed({ version: counter(), hash: text(64) }),
  issuedAt: timeSchema,
  /** After this time the decision says nothing: ask again. */
  validUntil: timeSchema,
}

/** The payload of the JWS. */
export const signedDecisionSchema = closed({ type: Type.Literal('decision'), ...signedMembers })
export type SignedDecision = Static<typeof signedDecisionSchema>

export const decisionSchema = closed({
  decision: Type.Boolean(),
  context: closed({
    reasons: signedMembers.reasons,
    policy: signedMembers.policy,
    issuedAt: timeSchema,
    validUntil: timeSchema,
    /** Stops in force that concern the agent or its device. */
    stops: Type.Optional(Type.Array(text(64), { maxItems: 20 })),
    /** Of a device that was named. */
    device: Type.Optional(
      closed({
        id: text(64),
        verdict: verdictSchema,
        presence: words('connected', 'silent'),
        /** Why its verdict is not good. */
        reasons: Type.Array(verdictReasonSchema, { maxItems: 20 }),
      }),
    ),
    /** `SignedDecision`, signed by the key of `GET /authority`. Compact. */
    jws: text(65_536),
  }),
})
export type Decision = Static<typeof decisionSchema>

const pageRequestSchema = Type.Optional(
  Type.Object({
    token: Type.Optional(Type.String({ maxLength: 1024 })),
    limit: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  }),
)
/** An id is ignored where it is searched for. */
const searched = Type.Object({ type: nameSchema, properties: propertiesSchema })
const searchMembers = { context: Type.Optional(contextSchema), page: pageRequestSchema }
export const subjectSearchSchema = Type.Object({
  subject: searched,
  action: actionSchema,
  resource: resourceSchema,
  ...searchMembers,
})
export const resourceSearchSchema = Type.Object({
  subject: subjectSchema,
  action: actionSchema,
  resource: searched,
  ...searchMembers,
})
export const actionSearchSchema = Type.Object({ subject: subjectSchema, resource: resourceSchema, ...searchMembers })

function foundSchema<T extends TSchema>(result: T) {
  return closed({
    page: closed({ next_token: Type.String({ maxLength: 1024 }), count: counter() }),
    results: Type.Array(result),
  })
}
export const foundEntitiesSchema = foundSchema(closed({ type: text(256), id: text(256) }))
export const foundActionsSchema = foundSchema(closed({ name: text(128) }))

/** RFC 7662. Times are seconds since 1970. An inactive token has no other member. */
export const introspectionRequestSchema = Type.Object({
  token: Type.String({ minLength: 1, maxLength: 16_384 }),
  token_type_hint: Type.Optional(Type.String({ maxLength: 256 })),
})
export const introspectionSchema = closed({
  active: Type.Boolean(),
  token_type: Type.Optional(words('device', 'agent', 'decision', 'verdict')),
  sub: Type.Optional(text(256)),
  exp: Type.Optional(counter()),
  iat: Type.Optional(counter()),
  /** The person who answers for it. */
  owner: Type.Optional(text(256)),
  verdict: Type.Optional(verdictSchema),
  state: Type.Optional(text(32)),
})
export type Introspection = Static<typeof introspectionSchema>

const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const
const { subject, action, resource, context } = evaluationSchema.properties
const partialSchema = Type.Object({
  subject: Type.Optional(subject),
  action: Type.Optional(action),
  resource: Type.Optional(resource),
  context,
})

/** Members beside `evaluations` are defaults of each. */
export const evaluationsSchema = Type.Object({
  ...partialSchema.properties,
  evaluations: Type.Optional(Type.Array(partialSchema, { maxItems: 100 })),
  options: Type.Optional(Type.Object({ evaluations_semantic: Type.Optional(words(...SEMANTICS)) })),
})

/** Without evaluations it is one decision. */
export const evaluationsAnswerSchema = Type.Union([closed({ evaluations: Type.Array(decisionSchema) }), decisionSchema])
