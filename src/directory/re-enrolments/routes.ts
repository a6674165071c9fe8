import { SuretyError } from '../../base/errors.ts'
import { reEnrolments as declared, type ReEnrolment } from '../../protocol/nouns/enrolment/re-enrolments.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { ReEnrolmentQueries } from './re-enrolment-store.ts'
import type { ReEnrolments } from './re-enrolments.ts'

interface ReEnrolmentRoutesComponents {
  readonly store: { readonly reEnrolments: ReEnrolmentQueries }
  readonly reEnrolments: ReEnrolments
}

export function reEnrolmentRoutes({ store, reEnrolments }: ReEnrolmentRoutesComponents): readonly Route[] {
  const reEnrolmentOf = async (id: string): Promise<ReEnrolment> => {
    const reEnrolment = await store.reEnrolments.view(id)
    if (reEnrolment === undefined) throw new SuretyError('NOT_FOUND', `there is no re-enrolment ${id}`)
    return reEnrolment
  }
  return nounRoutes(
    declared,
    { list: (query) => store.reEnrolments.list(query) },
    {
      async approve({ params: { id }, body, principal }) {
        await reEnrolments.settle(id, 'approve', principal.id, body?.reason)
        return reEnrolmentOf(id)
      },
      async deny({ params: { id }, body, principal }) {
        await reEnrolments.settle(id, 'deny', principal.id, body?.reason)
        return reEnrolmentOf(id)
      },
    },
  )
}
