import { policyText } from '../../protocol/nouns/directory/policy.ts'
import type { Route } from '../http/route.ts'
import { versionedTextRoutes } from '../versions/routes.ts'
import type { Policies } from './policies.ts'

export function policyRoutes({ policies }: { readonly policies: Policies }): readonly Route[] {
  return versionedTextRoutes(policies, {
    schemas: policyText,
    get: { operationId: 'getPolicy' },
    list: { operationId: 'listPolicies' },
    set: {
      operationId: 'setPolicy',
      summary: 'Use another policy from now on. Refused if every device would fail it, unless forced',
    },
    test: {
      operationId: 'testPolicy',
      summary: 'What a policy would change now, and would have changed in the past. Changes nothing',
    },
    rollBack: { operationId: 'rollBackPolicy', summary: 'Use an earlier version again, as a new version' },
  })
}
