import { gatePolicyText } from '../../protocol/nouns/directory/gate-policy.ts'
import type { Route } from '../http/route.ts'
import { versionedTextRoutes } from '../versions/routes.ts'
import type { GatePolicies } from './gate-policies.ts'

export function gatePolicyRoutes({ gatePolicies }: { readonly gatePolicies: GatePolicies }): readonly Route[] {
  return versionedTextRoutes(gatePolicies, {
    schemas: gatePolicyText,
    get: { operationId: 'getGatePolicy' },
    list: { operationId: 'listGatePolicies' },
    set: {
      operationId: 'setGatePolicy',
      summary: 'Use another policy of the gate from now on. Refused if it denies or permits everything, unless forced',
    },
    test: { operationId: 'testGatePolicy', summary: 'What a policy of the gate says. Changes nothing' },
    rollBack: { operationId: 'rollBackGatePolicy', summary: 'Use an earlier version again, as a new version' },
  })
}
