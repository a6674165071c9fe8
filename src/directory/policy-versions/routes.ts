import { closed, Type } from '../../base/schema.ts'
import {
  policyHistorySchema,
  policyRequestSchema,
  policyRollbackSchema,
  policyTestRequestSchema,
  policyTestSchema,
  policyViewSchema,
} from '../../protocol/api/policy.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { Policies } from './policies.ts'

/** YAML inside a JSON string: a byte may take six. */
const BODY_MAX_BYTES = 2 * 1024 * 1024

export interface PolicyRoutesComponents {
  readonly policies: Policies
}

export function policyRoutes({ policies }: PolicyRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      action: 'view',
      path: '/policy',
      operationId: 'getPolicy',
      summary: 'The policy in use as YAML, or an earlier version',
      query: closed({ version: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })) }),
      response: policyViewSchema,
      answer: ({ query: { version } }) => (version === undefined ? policies.current() : policies.textOf(version)),
    }),
    route({
      method: 'PUT',
      action: 'configure',
      path: '/policy',
      operationId: 'setPolicy',
      summary: 'Use another policy from now on. Refused if every device would fail it, unless forced',
      body: policyRequestSchema,
      bodyMaxBytes: BODY_MAX_BYTES,
      response: policyViewSchema,
      answer: ({ body: { policy, force = false }, principal }) => policies.set(policy, { actor: principal.id, force }),
    }),
    route({
      method: 'GET',
      action: 'view',
      path: '/policy/history',
      operationId: 'listPolicies',
      summary: 'Versions of the policy, newest first: who set them and when',
      query: pageQuery({}),
      response: policyHistorySchema,
      answer({ query: { limit, cursor } }) {
        const [before] = cursorNumbers(cursor, 1) ?? []
        return page(
          limit,
          (count) => policies.history({ before, limit: count }),
          ({ version }) => `${version}`,
        )
      },
    }),
    route({
      method: 'POST',
      action: 'configure',
      path: '/policy/test',
      operationId: 'testPolicy',
      summary: 'What a policy would change now, and would have changed in the past. Changes nothing',
      body: policyTestRequestSchema,
      bodyMaxBytes: BODY_MAX_BYTES,
      response: policyTestSchema,
      answer: ({ body: { policy, againstMs = 0 } }) => policies.test(policy, againstMs),
    }),
    route({
      method: 'POST',
      action: 'configure',
      path: '/policy/rollback',
      operationId: 'rollBackPolicy',
      summary: 'Use an earlier version again, as a new version',
      body: policyRollbackSchema,
      response: policyViewSchema,
      answer: ({ body: { version, force = false }, principal }) =>
        policies.rollBack(version, { actor: principal.id, force }),
    }),
  ]
}
