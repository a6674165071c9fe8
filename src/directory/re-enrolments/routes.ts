import { SuretyError } from '../../base/errors.ts'
import { closed, Type, words } from '../../base/schema.ts'
import { reEnrolmentIdSchema } from '../../protocol/ids.ts'
import { deviceNameSchema } from '../../protocol/nouns/devices/devices.ts'
import {
  decisionSchema,
  RE_ENROLMENT_STATES,
  type ReEnrolment,
  reEnrolmentPageSchema,
  reEnrolmentSchema,
} from '../../protocol/nouns/enrolment/re-enrolments.ts'
import { page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { ReEnrolmentQueries } from './re-enrolment-store.ts'
import type { ReEnrolments } from './re-enrolments.ts'

interface ReEnrolmentRoutesComponents {
  readonly store: { readonly reEnrolments: ReEnrolmentQueries }
  readonly reEnrolments: ReEnrolments
}

export function reEnrolmentRoutes({ store, reEnrolments }: ReEnrolmentRoutesComponents): readonly Route[] {
  const reEnrolmentOf = (id: string): ReEnrolment => {
    const reEnrolment = store.reEnrolments.view(id)
    if (reEnrolment === undefined) throw new SuretyError('NOT_FOUND', `there is no re-enrolment ${id}`)
    return reEnrolment
  }
  const settle = (outcome: 'approve' | 'deny', operationId: string, summary: string) =>
    route({
      method: 'POST',
      path: `/re-enrolments/{id}/${outcome}`,
      operationId,
      action: 'operate',
      summary,
      params: closed({ id: reEnrolmentIdSchema }),
      body: decisionSchema,
      response: reEnrolmentSchema,
      answer({ params: { id }, body, principal }) {
        reEnrolments.settle(id, outcome, principal.id, body?.reason)
        return reEnrolmentOf(id)
      },
    })
  return [
    route({
      method: 'GET',
      path: '/re-enrolments',
      operationId: 'listReEnrolments',
      action: 'audit',
      summary: 'Re-enrolments by id, filtered by status, or by id or device',
      query: pageQuery(
        {
          status: Type.Optional(words(...RE_ENROLMENT_STATES)),
          /** The beginning of the id of one, or a device as in the list of devices. */
          named: Type.Optional(deviceNameSchema),
        },
        reEnrolmentIdSchema,
      ),
      response: reEnrolmentPageSchema,
      answer: ({ query: { limit, cursor, ...filters } }) =>
        page(
          limit,
          (count) => store.reEnrolments.list({ after: cursor, limit: count, ...filters }),
          ({ id }) => id,
        ),
    }),
    settle('approve', 'approveReEnrolment', 'Let the device enrol again: a new epoch begins'),
    settle('deny', 'denyReEnrolment', 'Refuse the enrolment'),
  ]
}
