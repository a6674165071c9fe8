import { SuretyError } from '../../base/errors.ts'
import { closed, Type, words } from '../../base/schema.ts'
import { type Decision, decisionPageSchema, decisionSchema } from '../../protocol/api-administration.ts'
import { decisionIdSchema } from '../../protocol/ids.ts'
import type { ApiComponents } from './api-components.ts'
import { page, pageQuery } from './paging.ts'
import { type Route, route } from './route.ts'

/** What waits for a human. */
export function decisionRoutes({ store, actions }: ApiComponents): readonly Route[] {
  const decisionOf = (id: string): Decision => {
    const decision = store.decision(id)
    if (decision === undefined) throw new SuretyError('NOT_FOUND', `there is no decision ${id}`)
    return decision
  }
  const decide = (outcome: 'approve' | 'deny', operationId: string, summary: string) =>
    route({
      method: 'POST',
      path: `/decisions/{id}/${outcome}`,
      operationId,
      summary,
      params: closed({ id: decisionIdSchema }),
      response: decisionSchema,
      async answer({ params: { id }, administrator }) {
        await actions.decide(id, outcome, administrator.id)
        return decisionOf(id)
      },
    })
  return [
    route({
      method: 'GET',
      path: '/decisions',
      operationId: 'listDecisions',
      summary: 'Decisions, by id',
      query: pageQuery({ status: Type.Optional(words('pending', 'approved', 'denied')) }, decisionIdSchema),
      response: decisionPageSchema,
      answer: ({ query: { limit, cursor, status } }) =>
        page(
          limit,
          (count) => store.decisions({ after: cursor, limit: count, status }),
          ({ id }) => id,
        ),
    }),
    decide('approve', 'approveDecision', 'Let the device enrol anew: a new epoch begins'),
    decide('deny', 'denyDecision', 'Refuse the enrolment'),
  ]
}
