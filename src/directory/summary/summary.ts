import type { Clock } from '../../base/clock.ts'
import { member } from '../../base/json-object.ts'
import type { CheckCounts, Summary } from '../../protocol/nouns/directory/directory.ts'
import type { PrincipalStore } from '../principals/principal-store.ts'
import { confirmersAt } from '../stops/two-persons.ts'
import type { SummaryStore } from './summary-store.ts'

/** The fleet at a glance. */

export interface SummaryComponents {
  readonly store: {
    readonly summary: SummaryStore
    readonly principals: Pick<PrincipalStore, 'list' | 'firstAt'>
    readonly demonstration: { get(): Promise<{ readonly madeAt: number; readonly devices: number } | undefined> }
    readonly restores: { newest(): Promise<Summary['restored']> }
    readonly seen: {
      counts(): Promise<{ readonly seen: Omit<Summary['seenAgents'], 'deviating'>; readonly deviating: number }>
    }
    readonly stopProgress: {
      counts(): Promise<{
        readonly stops: Readonly<Record<string, number>>
        readonly devices: Readonly<Record<string, number>>
      }>
    }
  }
  readonly policies: { current(): Promise<Summary['policy']> }
  readonly connected: () => number
  readonly consoleCertificate?: () => Summary['consoleCertificate']
  readonly clock: Pick<Clock, 'now'>
  readonly version: string
}

const TOP_CHECKS = 5

/** @returns what counts everything now. */
export function fleetSummary(components: SummaryComponents): () => Promise<Summary> {
  const { store, policies, connected, consoleCertificate, clock, version } = components
  return async () => {
    const time = clock.now()
    const { devices, ...counts } = await store.summary.counts(time)
    const { version: policyVersion, setAt, setBy, toAppraise } = await policies.current()
    return {
      time,
      version,
      ...counts,
      devices: { ...devices, connected: connected() },
      failingChecks: (await checksWithMissing(store, devices.total))
        .filter(({ fail }) => fail > 0)
        .toSorted(byFailures)
        .slice(0, TOP_CHECKS)
        .map(({ check, fail }) => ({ check, devices: fail })),
      stops: {
        ...stopsIn(await store.stopProgress.counts()),
        persons: (await confirmersAt(store.principals, time)).size,
      },
      ...member('demonstration', await demonstrationIn(store)),
      ...member('restored', await store.restores.newest()),
      ...member('consoleCertificate', consoleCertificate?.()),
      seenAgents: seenIn(await store.seen.counts()),
      policy: {
        version: policyVersion,
        ...member('setAt', setAt),
        ...member('setBy', setBy),
        ...member('toAppraise', toAppraise),
      },
    }
  }
}

/** Without what only the program needs of it. */
async function demonstrationIn({
  demonstration,
}: Pick<SummaryComponents['store'], 'demonstration'>): Promise<Summary['demonstration']> {
  const found = await demonstration.get()
  return found && { createdAt: found.madeAt, devices: found.devices }
}

/** Reported checks, with the devices that do not report them. */
export async function checksWithMissing(
  store: Pick<SummaryComponents['store'], 'summary'>,
  devices: number,
): Promise<readonly Counted[]> {
  return (await store.summary.checks()).map((counts) => withMissing(counts, devices))
}

function stopsIn({
  stops,
  devices,
}: Awaited<ReturnType<SummaryComponents['store']['stopProgress']['counts']>>): Omit<Summary['stops'], 'persons'> {
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
}: Awaited<ReturnType<SummaryComponents['store']['seen']['counts']>>): Summary['seenAgents'] {
  return { ...seen, deviating }
}

type Counted = Omit<CheckCounts, 'weight' | 'differs'>

export function withMissing(counts: Omit<Counted, 'notReported'>, devices: number): Counted {
  const reported = counts.pass + counts.fail + counts.unknown + counts.notApplicable
  return { ...counts, notReported: Math.max(0, devices - reported) }
}

export function byFailures(a: Counted, b: Counted): number {
  return b.fail - a.fail || b.unknown - a.unknown || (a.check < b.check ? -1 : 1)
}
