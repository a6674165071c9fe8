import { passkeys as declaredPasskeys } from '../../protocol/nouns/people/passkeys.ts'
import { sessions as declaredSessions } from '../../protocol/nouns/people/sessions.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { Passkeys } from './passkeys.ts'
import type { Sessions } from './sessions.ts'

interface AccessRoutesComponents {
  readonly signIn: {
    readonly sessions: Sessions
    readonly passkeys: Passkeys
  }
}

/** Who has access to the console: sessions and passkeys of everybody. */
export function accessRoutes({ signIn: { sessions, passkeys } }: AccessRoutesComponents): readonly Route[] {
  return [
    ...nounRoutes(
      declaredSessions,
      { list: (query) => sessions.list(query) },
      {
        end: ({ params: { id }, principal }) => sessions.end(id, principal),
        'end-all': ({ body, principal }) => sessions.endAll(body.of, principal),
      },
    ),
    ...nounRoutes(
      declaredPasskeys,
      { list: (query) => passkeys.list(query) },
      { remove: ({ params: { id }, principal }) => passkeys.remove(id, principal) },
    ),
  ]
}
