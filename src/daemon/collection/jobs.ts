import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { parseCron } from '../schedule/cron.ts'
import type { ScheduledJob } from '../schedule/run-schedule.ts'
import type { StreamClient } from '../stream/stream-client.ts'
import type { Collection } from './collection.ts'

export interface JobsComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly collection: Pick<Collection, 'posture' | 'discovery' | 'isDiscoveryDue' | 'turn'>
  readonly stream: Pick<StreamClient, 'attest' | 'attestedWithin'>
  /** Gives memory back, where there is much. */
  readonly releaseMuchMemory?: () => void
}

/** A cron expression for each job. */
export type Schedules = Readonly<Record<'posture' | 'discovery' | 'processes' | 'attest', string>>

/** What the daemon does again and again. @throws `CONFIG_INVALID` for an expression that cannot be read. */
export function jobsOf(components: JobsComponents, schedules: Schedules): readonly ScheduledJob[] {
  const { clock, log, collection, stream } = components
  const attesting = parseCron(schedules.attest)
  return [
    { name: 'posture', cron: schedules.posture, jitterMs: 60_000, run: collection.posture },
    {
      name: 'discovery',
      cron: schedules.discovery,
      jitterMs: 30_000,
      async run(options) {
        if (collection.isDiscoveryDue()) await collection.discovery(options)
        components.releaseMuchMemory?.()
      },
    },
    { name: 'processes', cron: schedules.processes, jitterMs: 1_000, run: collection.turn },
    {
      name: 'attest',
      cron: schedules.attest,
      jitterMs: 300_000,
      async run() {
        // The directory's bound, an order or a new connection may have been first: that one will do.
        const intervalMs = attesting.next(clock.now()) - clock.now()
        if (!stream.attestedWithin(intervalMs / 2)) attestSoon({ log, stream }, 'timer')
      },
    },
  ]
}

export function attestSoon(
  { log, stream }: Pick<JobsComponents, 'log' | 'stream'>,
  reason: Parameters<StreamClient['attest']>[0],
): void {
  stream.attest(reason).catch((error: unknown) => {
    log.debug('not attested now', { reason: describeError(error) })
  })
}
