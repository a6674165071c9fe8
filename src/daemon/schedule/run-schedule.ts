import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type CronExpression, parseCron } from './cron.ts'

/** Runs jobs at their times; sees sleep and jumps of the clock, which node-cron's own timers do not. */
export interface ScheduledJob {
  readonly name: string
  /** Five fields, or six with seconds first; UTC. */
  readonly cron: string
  /** Each turn starts up to this much later, at random: ten thousand devices share their cron expressions. */
  readonly jitterMs: number
  /** Not called again while it runs. */
  readonly run: (options: { signal: AbortSignal }) => Promise<void>
}

export interface ScheduleComponents {
  readonly clock: Clock
  readonly log: Log
  /** In [0, 1). */
  readonly random: () => number
  readonly jobs: readonly ScheduledJob[]
  /** The machine slept, or somebody put the clock forward: what was due meanwhile runs once, right after this. */
  readonly onResume?: (sleep: { readonly sleptMs: number }) => void
  /** Somebody put the clock back. */
  readonly onSetBack?: () => void
  /** At every look at the clock. */
  readonly onLook?: () => void
}

export interface ScheduleInit {
  /** How often the clock is looked at: sleep is noticed within this time of being awake. */
  readonly watchMs?: number
  /** Wall time that passes beyond what the timers saw before it counts as sleep. */
  readonly resumeAfterMs?: number
}

/** Longer than ten seconds and a second of jitter: a job that comes that often is awake by itself. */
const WATCH_MS = 12_000

interface Turn {
  readonly job: ScheduledJob
  readonly cron: CronExpression
  /** Wall clock. */
  dueAt: number
  running: Promise<void> | undefined
}

/**
 * Runs until `signal` aborts and the jobs that run have ended.
 *
 * @throws `CONFIG_INVALID` at once, naming the job, for a cron expression that cannot be read.
 */
export async function runSchedule(
  components: ScheduleComponents,
  init: ScheduleInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock } = components
  const turns = components.jobs.map((job): Turn => {
    const cron = parseCron(job.cron)
    return { job, cron, dueAt: nextDue(job, cron, components), running: undefined }
  })
  const watchMs = init.watchMs ?? WATCH_MS
  while (!signal.aborted) {
    const before = { wall: clock.now(), monotonic: clock.monotonic() }
    const untilDue = Math.min(...turns.map(({ dueAt }) => dueAt - before.wall))
    try {
      await clock.sleep(Math.max(0, Math.min(watchMs, untilDue)), { signal })
    } catch {
      break
    }
    const jumpMs = clock.now() - before.wall - (clock.monotonic() - before.monotonic)
    if (Math.abs(jumpMs) >= (init.resumeAfterMs ?? 30_000)) adjust(turns, jumpMs, components)
    components.onLook?.()
    for (const turn of turns) if (turn.dueAt <= clock.now()) start(turn, components, signal)
  }
  await Promise.all(turns.map(({ running }) => running))
}

/** Forward: what was missed comes once, spread by its jitter. Back: nothing waits for a time that is far away again. */
function adjust(turns: readonly Turn[], jumpMs: number, components: ScheduleComponents): void {
  const { clock, log, random, onResume, onSetBack } = components
  const now = clock.now()
  log.info(jumpMs > 0 ? 'clock went on without us' : 'clock was put back', { jumpMs: Math.round(jumpMs) })
  for (const turn of turns) {
    if (jumpMs < 0) turn.dueAt = nextDue(turn.job, turn.cron, components)
    else if (turn.dueAt < now) turn.dueAt = now + Math.floor(random() * turn.job.jitterMs)
  }
  if (jumpMs > 0) onResume?.({ sleptMs: jumpMs })
  else onSetBack?.()
}

function nextDue(job: ScheduledJob, cron: CronExpression, { clock, random }: ScheduleComponents): number {
  return cron.next(clock.now()) + Math.floor(random() * job.jitterMs)
}

function start(turn: Turn, components: ScheduleComponents, signal: AbortSignal): void {
  const { job, cron } = turn
  turn.dueAt = nextDue(job, cron, components)
  if (turn.running !== undefined) {
    components.log.warn('job still runs, turn skipped', { job: job.name })
    return
  }
  // Started in a turn of its own, so that a job that throws at once is a rejection too.
  turn.running = Promise.resolve()
    .then(() => job.run({ signal }))
    .catch((error) => {
      if (!signal.aborted) components.log.error('job failed', { job: job.name, reason: describeError(error) })
    })
    .finally(() => {
      turn.running = undefined
    })
}
