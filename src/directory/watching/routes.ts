import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { Type } from '../../base/schema.ts'
import { type Route, route } from '../http/route.ts'
import { type CountedCheck, type Measured, metricsOf, type ProcessUse } from './metrics.ts'
import { PROMETHEUS_TYPE, prometheusText } from './prometheus.ts'

/** How a webhook stands. */
interface Standing {
  readonly failingSince?: number | undefined
  readonly disabledAt?: number | undefined
}

export interface WatchingComponents {
  readonly store: {
    readonly summary: {
      counts(now: number): Promise<Omit<Measured['summary'], 'version'>>
      checks(): Promise<readonly CountedCheck[]>
      daemons(question: { readonly now: number; readonly version: string }): Promise<Measured['daemons']>
    }
    /** Newest first. */
    readonly events: { list(page: { readonly limit: number }): Promise<readonly { readonly id: number }[]> }
    readonly principals: { hasAny(): Promise<boolean> }
    readonly seen: { counts(): Promise<Measured['seenAgents']> }
    readonly stopProgress: { counts(): Promise<Measured['stops']> }
    readonly restores: { newest(): Promise<Measured['restored']> }
    readonly webhooks: { list(): Promise<readonly Standing[]> }
  }
  readonly clock: Pick<Clock, 'now'>
  readonly version: string
  readonly connected: () => number
  /** Whether the store failed: the directory then accepts nothing. */
  readonly hasFailed: () => boolean
  readonly processUse: () => ProcessUse
}

/** At the root of the listener, where monitoring systems look. */
export function watchingRoutes(components: WatchingComponents): readonly Route[] {
  const { store, clock, version, connected, hasFailed, processUse } = components
  return [
    route({
      method: 'GET',
      path: '/healthz',
      operationId: 'getHealthz',
      summary: 'Answers 200 if the directory can read its store, else 503',
      response: Type.String(),
      contentType: 'text/plain; charset=utf-8',
      open: true,
      async answer() {
        if (hasFailed()) throw new SuretyError('STORE_FAILED', 'the store failed: the directory ends')
        await store.principals.hasAny()
        return 'ok\n'
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      operationId: 'getMetrics',
      action: 'watch',
      summary: 'Metrics in the text format of Prometheus',
      response: Type.String(),
      contentType: PROMETHEUS_TYPE,
      async answer() {
        const time = clock.now()
        const summary = { version, ...(await store.summary.counts(time)) }
        const events = (await store.events.list({ limit: 1 }))[0]?.id ?? 0
        return prometheusText(
          metricsOf({
            summary,
            connected: connected(),
            events,
            process: processUse(),
            checks: await store.summary.checks(),
            stops: await store.stopProgress.counts(),
            restored: await store.restores.newest(),
            daemons: await store.summary.daemons({ now: time, version }),
            webhooks: webhookStates(await store.webhooks.list()),
            seenAgents: await store.seen.counts(),
          }),
        )
      },
    }),
  ]
}

function webhookStates(webhooks: readonly Standing[]): Measured['webhooks'] {
  const disabled = webhooks.filter(({ disabledAt }) => disabledAt !== undefined).length
  const failing = webhooks.filter((one) => one.disabledAt === undefined && one.failingSince !== undefined).length
  return { active: webhooks.length - disabled - failing, failing, disabled }
}

/** What this process uses. */
export function ownProcessUse(): ProcessUse {
  const { user, system } = process.cpuUsage()
  return {
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1_000_000,
    uptimeSeconds: process.uptime(),
  }
}
