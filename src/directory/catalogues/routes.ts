import { SuretyError } from '../../base/errors.ts'
import { catalogue } from '../../protocol/nouns/agents/catalogues.ts'
import { verbRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { Catalogues } from './catalogues.ts'

export function catalogueRoutes({
  catalogues,
}: {
  readonly catalogues: Pick<Catalogues, 'current' | 'set'>
}): readonly Route[] {
  return verbRoutes(catalogue, {
    set: ({ body, principal }) => catalogues.set(body.catalogue, principal.id),
    show() {
      const current = catalogues.current()
      if (current === undefined) throw new SuretyError('NOT_FOUND', 'no catalogue is distributed')
      return current
    },
  })
}
