import type { Clock } from '../../base/clock.ts'
import { member } from '../../base/json-object.ts'
import { CHECKS } from '../../checks/checks.ts'
import {
  type CheckCounts,
  checkListSchema,
  healthSchema,
  type Summary,
  summarySchema,
} from '../../protocol/nouns/directory/directory.ts'
import { type Route, route } from '../http/route.ts'
import type { PrincipalStore } from '../principals/principal-store.ts'
import { confirmersAt } from '../stops/two-persons.ts'
import type { SummaryStore } from './summary-store.ts'

interface SummaryRoutesComponents {
  readonly store: {
    readonly summary: SummaryStore
    readonly principals: Pick<PrincipalStore, 'list' | 'firstAt'>
    readonly demonstration: { get(): Promise<{ readonly madeAt: number; readonly devices: number } | undefined> }
    readonly restores: { newest(): Promise<Summary['restored']> }
    readonly seen: {
      counts(): Promise<{ readonly seen: Omit<Summary['seenAgents'], 'deviating'>; readonly deviating: number }>
    }
    readonly stops: {
      counts(): Promise<{
        readonly stops: Readonly<Record<string, number>>
        readonly devices: Readonly<Record<string, number>>
      }>
    }
  }
  readonly policies: {
    current(): Promise<Summary['policy']>
    weightOf(check: string): Pick<CheckCounts, 'weight' | 'differs'>
  }
  readonly connected: () => number
  readonly clock: Pick<Clock, 'now'>
  readonly version: string
}

const TOP_CHECKS = 5

export function summaryRoutes({
  store,
  policies,
  connected,
  clock,
  version,
}: SummaryRoutesComponents): readonly Route[] {
  const checks = async (devices: number) => (await store.summary.checks()).map((counts) => withMissing(counts, devices))
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
      async answer() {
        const time = clock.now()
        const { devices, ...counts } = await store.summary.counts(time)
        const { version: policyVersion, setAt, setBy, toAppraise } = await policies.current()
        return {
          time,
          version,
          ...counts,
          devices: { ...devices, connected: connected() },
          failingChecks: (await checks(devices.total))
            .filter(({ fail }) => fail > 0)
            .toSorted(byFailures)
            .slice(0, TOP_CHECKS)
            .map(({ check, fail }) => ({ check, devices: fail })),
          stops: { ...stopsIn(await store.stops.counts()), persons: (await confirmersAt(store.principals, time)).size },
          ...member('demonstration', await demonstrationIn(store)),
          ...member('restored', await store.restores.newest()),
          seenAgents: seenIn(await store.seen.counts()),
          policy: {
            version: policyVersion,
            ...member('setAt', setAt),
            ...member('setBy', setBy),
            ...member('toAppraise', toAppraise),
          },
        }
      },
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
        const reported = await checks(total)
        const others = CHECKS.filter((name) => !reported.some(({ check }) => check === name)).map((check) =>
          withMissing({ check, pass: 0, fail: 0, unknown: 0, notApplicable: 0, inGrace: 0, exempt: 0 }, total),
        )
        const items = [...reported, ...others].toSorted(byFailures)
        return { time, devices: total, items: items.map((one) => ({ ...one, ...policies.weightOf(one.check) })) }
      },
    }),
  ]
}

/** Without what only the program needs of it. */
async function demonstrationIn({
  demonstration,
}: Pick<SummaryRoutesComponents['store'], 'demonstration'>): Promise<Summary['demonstration']> {
  const found = await demonstration.get()
  return found && { createdAt: found.madeAt, devices: found.devices }
}

function stopsIn({
  stops,
  devices,
}: Awaited<ReturnType<SummaryRoutesComponents['store']['stops']['counts']>>): Omit<Summary['stops'], 'persons'> {
  const sum = (counts: Readonly<Record<string, number>>, ...states: readonly string[]) =>
    states.reduce((total, state) => total + (counts[state] ?? 0), 0)
  return {
    standing: sum(stops, 'standing', 'release-waiting'),
    toConfirm: sum(stops, 'waiting', 'release-waiting'),
    frozen: sum(devices, 'frozen'),
    unanswered: sum(devices, 'waiting', 'releasing'),
    failed: sum(devices, 'failed', 'release-failed'),
  }
}

function seenIn({
  seen,
  deviating,
}: Awaited<ReturnType<SummaryRoutesComponents['store']['seen']['counts']>>): Summary['seenAgents'] {
  return { ...seen, deviating }
}

type Counted = Omit<CheckCounts, 'weight' | 'differs'>

function withMissing(counts: Omit<Counted, 'notReported'>, devices: number): Counted {
  const reported = counts.pass + counts.fail + counts.unknown + counts.notApplicable
  return { ...counts, notReported: Math.max(0, devices - reported) }
}

function byFailures(a: Counted, b: Counted): number {
  return b.fail - a.fail || b.unknown - a.unknown || (a.check < b.check ? -1 : 1)
}
