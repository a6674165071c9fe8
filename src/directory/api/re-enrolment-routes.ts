import { SuretyError } from '../../base/errors.ts'
import { closed, Type, words } from '../../base/schema.ts'
import { type ReEnrolment, reEnrolmentPageSchema, reEnrolmentSchema } from '../../protocol/api-administration.ts'
import { reEnrolmentIdSchema } from '../../protocol/ids.ts'
import type { ApiComponents } from './api-components.ts'
import { page, pageQuery } from './paging.ts'
import { type Route, route } from './route.ts'

/** What waits for a human. */
export function reEnrolmentRoutes({ store, actions }: ApiComponents): readonly Route[] {
  const reEnrolmentOf = (id: string): ReEnrolment => {
    const reEnrolment = store.reEnrolment(id)
    if (reEnrolment === undefined) throw new SuretyError('NOT_FOUND', `there is no re-enrolment ${id}`)
    return reEnrolment
  }
  const decide = (outcome: 'approve' | 'deny', operationId: string, summary: string) =>
    route({
      method: 'POST',
      path: `/re-enrolments/{id}/${outcome}`,
      operationId,
      summary,
      params: closed({ id: reEnrolmentIdSchema }),
      response: reEnrolmentSchema,
      async answer({ params: { id }, administrator }) {
        await actions.decide(id, outcome, administrator.id)
        return reEnrolmentOf(id)
      },
    })
  return [
    route({
      method: 'GET',
      path: '/re-enrolments',
      operationId: 'listReEnrolments',
      summary: 'Re-enrolments, by id',
      query: pageQuery({ status: Type.Optional(words('pending', 'approved', 'denied')) }, reEnrolmentIdSchema),
      response: reEnrolmentPageSchema,
      answer: ({ query: { limit, cursor, status } }) =>
        page(
          limit,
          (count) => store.reEnrolments({ after: cursor, limit: count, status }),
          ({ id }) => id,
        ),
    }),
    decide('approve', 'approveReEnrolment', 'Let the device enrol anew: a new epoch begins'),
    decide('deny', 'denyReEnrolment', 'Refuse the enrolment'),
  ]
}
