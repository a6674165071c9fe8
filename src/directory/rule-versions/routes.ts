import { rulesText } from '../../protocol/nouns/directory/rules.ts'
import type { Route } from '../http/route.ts'
import { versionedTextRoutes } from '../versions/routes.ts'
import type { Rules } from './rules.ts'

export function ruleRoutes({ rules }: { readonly rules: Rules }): readonly Route[] {
  return versionedTextRoutes(rules, {
    schemas: rulesText,
    get: { operationId: 'getRules' },
    list: { operationId: 'listRules' },
    set: {
      operationId: 'setRules',
      summary: 'Use other rules from now on. Refused if they are too broad, unless forced',
    },
    test: {
      operationId: 'testRules',
      summary: 'What rules would decide about the agents that are there now. Changes nothing',
    },
    rollBack: { operationId: 'rollBackRules', summary: 'Use earlier rules again, as a new version' },
  })
}
