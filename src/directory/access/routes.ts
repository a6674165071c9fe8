import { accessText } from '../../protocol/nouns/directory/access.ts'
import type { Route } from '../http/route.ts'
import { versionedTextRoutes } from '../versions/routes.ts'
import type { AccessPolicies } from './access-policies.ts'

export function accessPolicyRoutes({ access }: { readonly access: AccessPolicies }): readonly Route[] {
  return versionedTextRoutes(access, {
    schemas: accessText,
    get: { operationId: 'getAccessPolicy' },
    list: { operationId: 'listAccessPolicies' },
    set: {
      operationId: 'setAccessPolicy',
      summary: 'Use another access policy from now on. Refused if it denies or permits everything, unless forced',
    },
    test: {
      operationId: 'testAccessPolicy',
      summary: 'What an access policy says, and how it would have answered in the past. Changes nothing',
    },
    rollBack: { operationId: 'rollBackAccessPolicy', summary: 'Use an earlier version again, as a new version' },
  })
}
