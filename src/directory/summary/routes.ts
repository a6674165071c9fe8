import type { Clock } from '../../base/clock.ts'
import { CHECKS } from '../../checks/checks.ts'
import {
  type CheckCounts,
  checkListSchema,
  healthSchema,
  type Summary,
  summarySchema,
} from '../../protocol/nouns/directory/directory.ts'
import { type Route, route } from '../http/route.ts'
import { byFailures, checksWithMissing, type SummaryComponents, withMissing } from './summary.ts'

interface SummaryRoutesComponents {
  readonly store: Pick<SummaryComponents['store'], 'summary'>
  readonly policies: {
    weightOf(check: string): Pick<CheckCounts, 'weight' | 'differs'>
  }
  readonly summary: () => Promise<Summary>
  readonly clock: Pick<Clock, 'now'>
}

export function summaryRoutes({ store, policies, summary, clock }: SummaryRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/health',
      operationId: 'getHealth',
      summary: 'Answers if the directory is running',
      response: healthSchema,
      open: true,
      answer: () => ({ status: 'ok' as const }),
    }),
    route({
      method: 'GET',
      path: '/summary',
      operationId: 'getSummary',
      action: 'view',
      summary:
        'The fleet at a glance: counts of devices, sightings, seen agents, failing checks, stops, re-enrolments and tokens; the policy',
      response: summarySchema,
      answer: summary,
    }),
    route({
      method: 'GET',
      path: '/checks',
      operationId: 'listChecks',
      action: 'view',
      summary: 'Each check with its numbers of devices: pass, fail, unknown, in grace, exempt',
      response: checkListSchema,
      async answer() {
        const time = clock.now()
        const total = await store.summary.active()
        const reported = await checksWithMissing(store, total)
        const others = CHECKS.filter((name) => !reported.some(({ check }) => check === name)).map((check) =>
          withMissing({ check, pass: 0, fail: 0, unknown: 0, notApplicable: 0, inGrace: 0, exempt: 0 }, total),
        )
        const items = [...reported, ...others].toSorted(byFailures)
        return { time, devices: total, items: items.map((one) => ({ ...one, ...policies.weightOf(one.check) })) }
      },
    }),
  ]
}
