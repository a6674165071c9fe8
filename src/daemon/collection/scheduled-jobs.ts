import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { parseCron } from '../schedule/cron.ts'
import type { ScheduledJob } from '../schedule/run-schedule.ts'
import type { StreamClient } from '../stream/stream-client.ts'
import type { Collection } from './collection.ts'

export interface ScheduledJobsComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly collection: Pick<Collection, 'posture' | 'discovery' | 'isDiscoveryDue' | 'processesIfChanged'>
  readonly stream: Pick<StreamClient, 'attest' | 'attestedWithin'>
  /** Looks whether the settings are still those in use. */
  readonly settings?: { check(): Promise<void> } | undefined
  /** Absent where newer versions come by packages alone. */
  readonly updates?: { check(options: { signal: AbortSignal }): Promise<void> } | undefined
  /** Gives memory back to the system, when there is much. */
  readonly releaseMuchMemory?: () => void
}

/** A cron expression for each job. */
export type Schedules = Readonly<Record<'posture' | 'discovery' | 'processes' | 'attest', string>> & {
  readonly updates?: string
  readonly settings?: string
}

/** The daemon's recurring jobs. @throws `CONFIG_INVALID` for a cron expression that cannot be read. */
export function scheduledJobs(components: ScheduledJobsComponents, schedules: Schedules): readonly ScheduledJob[] {
  const { clock, log, collection, stream, updates, settings } = components
  const attestCron = parseCron(schedules.attest)
  return [
    {
      name: 'posture',
      cron: schedules.posture,
      jitterMs: 60_000,
      run: collection.posture,
    },
    {
      name: 'discovery',
      cron: schedules.discovery,
      jitterMs: 30_000,
      async run(options) {
        if (collection.isDiscoveryDue()) await collection.discovery(options)
        components.releaseMuchMemory?.()
      },
    },
    { name: 'processes', cron: schedules.processes, jitterMs: 1_000, run: collection.processesIfChanged },
    {
      name: 'attest',
      cron: schedules.attest,
      jitterMs: 300_000,
      async run() {
        // Not needed when another reason, such as an order or a new connection, has brought a recent attestation.
        const intervalMs = attestCron.next(clock.now()) - clock.now()
        if (!stream.attestedWithin(intervalMs / 2)) attestInBackground({ log, stream }, 'timer')
      },
    },
    ...(updates === undefined || schedules.updates === undefined
      ? []
      : [
          {
            name: 'updates',
            cron: schedules.updates,
            jitterMs: spreadOf(schedules.updates, clock.now()),
            run: updates.check,
          },
        ]),
    ...(settings === undefined || schedules.settings === undefined
      ? []
      : [{ name: 'settings', cron: schedules.settings, jitterMs: 1_000, run: () => settings.check() }]),
  ]
}

/** A quarter of the time from run to run, so that devices do not ask all at once. */
function spreadOf(schedule: string, now: number): number {
  const cron = parseCron(schedule)
  const first = cron.next(now)
  return Math.floor((cron.next(first) - first) / 4)
}

/** Requests an attestation without waiting for it. A failure is only logged: connecting again attests as well. */
export function attestInBackground(
  { log, stream }: Pick<ScheduledJobsComponents, 'log' | 'stream'>,
  reason: Parameters<StreamClient['attest']>[0],
): void {
  stream.attest(reason).catch((error: unknown) => {
    log.debug('not attested now', { reason: describeError(error) })
  })
}
