import { preregistrations as declared } from '../../protocol/nouns/enrolment/preregistrations.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { PreregistrationStore } from './preregistration-store.ts'
import type { Preregistrations } from './preregistrations.ts'

interface PreregistrationRoutesComponents {
  readonly store: { readonly preregistrations: Pick<PreregistrationStore, 'list'> }
  readonly preregistrations: Preregistrations
}

export function preregistrationRoutes({ store, preregistrations }: PreregistrationRoutesComponents): readonly Route[] {
  return nounRoutes(declared, store.preregistrations, {
    add: ({ body: { items }, principal, commit }) => commit(() => preregistrations.add(items, principal.id)),
    remove: ({ params: { id }, principal }) => preregistrations.remove(id, principal.id),
  })
}
