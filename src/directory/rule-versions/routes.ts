import { closed, Type } from '../../base/schema.ts'
import {
  rulesHistorySchema,
  rulesRequestSchema,
  rulesRollbackSchema,
  rulesTestRequestSchema,
  rulesTestSchema,
  rulesViewSchema,
} from '../../protocol/api/rules.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { Rules } from './rules.ts'

/** YAML inside a JSON string: a byte may take six. */
const BODY_MAX_BYTES = 2 * 1024 * 1024

export interface RuleRoutesComponents {
  readonly rules: Rules
}

export function ruleRoutes({ rules }: RuleRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      action: 'view',
      path: '/rules',
      operationId: 'getRules',
      summary: 'The rules in use as YAML, or an earlier version',
      query: closed({ version: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })) }),
      response: rulesViewSchema,
      answer: ({ query: { version } }) => (version === undefined ? rules.current() : rules.textOf(version)),
    }),
    route({
      method: 'PUT',
      action: 'configure',
      path: '/rules',
      operationId: 'setRules',
      summary: 'Use other rules from now on. Refused if they are too broad, unless forced',
      body: rulesRequestSchema,
      bodyMaxBytes: BODY_MAX_BYTES,
      response: rulesViewSchema,
      answer: ({ body: { rules: text, force = false }, principal }) => rules.set(text, { actor: principal.id, force }),
    }),
    route({
      method: 'GET',
      action: 'view',
      path: '/rules/history',
      operationId: 'listRules',
      summary: 'Versions of the rules, newest first: who set them and when',
      query: pageQuery({}),
      response: rulesHistorySchema,
      answer({ query: { limit, cursor } }) {
        const [before] = cursorNumbers(cursor, 1) ?? []
        return page(
          limit,
          (count) => rules.history({ before, limit: count }),
          ({ version }) => `${version}`,
        )
      },
    }),
    route({
      method: 'POST',
      action: 'configure',
      path: '/rules/test',
      operationId: 'testRules',
      summary: 'What rules would decide about the agents that are there now. Changes nothing',
      body: rulesTestRequestSchema,
      bodyMaxBytes: BODY_MAX_BYTES,
      response: rulesTestSchema,
      answer: ({ body: { rules: text } }) => rules.test(text),
    }),
    route({
      method: 'POST',
      action: 'configure',
      path: '/rules/rollback',
      operationId: 'rollBackRules',
      summary: 'Use earlier rules again, as a new version',
      body: rulesRollbackSchema,
      response: rulesViewSchema,
      answer: ({ body: { version, force = false }, principal }) =>
        rules.rollBack(version, { actor: principal.id, force }),
    }),
  ]
}
