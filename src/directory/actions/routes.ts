import { SuretyError } from '../../base/errors.ts'
import { actions } from '../../protocol/nouns/agents/actions.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { ActionStore } from './action-store.ts'

interface ActionRoutesComponents {
  readonly store: { readonly actions: Pick<ActionStore, 'list' | 'get'> }
}

export function actionRoutes({ store }: ActionRoutesComponents): readonly Route[] {
  return nounRoutes(
    actions,
    {
      list: (query) => store.actions.list(query),
      async show(id) {
        const action = await store.actions.get(id)
        if (action === undefined)
          throw new SuretyError('NOT_FOUND', `there is no action ${id}, or it is not kept any more`)
        return action
      },
    },
    {},
  )
}
