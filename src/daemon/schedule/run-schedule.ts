import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { WakeUp } from '../../base/wake-up.ts'
import { type CronExpression, parseCron } from './cron.ts'

/** A job that runs again and again. The loop below notices sleep and clock jumps, which node-cron's own timers do not. */
export interface ScheduledJob {
  readonly name: string
  /** Five fields, or six with seconds first; UTC. */
  readonly cron: string
  /** Each run starts up to this much later, at random: ten thousand devices share their cron expressions. */
  readonly jitterMs: number
  /** Never called while a call is still running. */
  readonly run: (options: { signal: AbortSignal }) => Promise<void>
}

export interface ScheduleComponents {
  readonly clock: Clock
  readonly log: Log
  /** In [0, 1). */
  readonly random: () => number
  readonly jobs: readonly ScheduledJob[]
  /** Woken when the system announces the end of sleep. Without it, the loop notices sleep when its own wait ends. */
  readonly resumed?: Pick<WakeUp, 'wait'>
  /** The machine slept, or its clock was set forward. Jobs that were missed run once, right after this. */
  readonly onResume?: (sleep: { readonly sleptMs: number }) => void
  readonly onClockSetBack?: () => void
  /** Called each time the loop wakes up. */
  readonly onWake?: () => void
}

/** Longest sleep of the loop. It is longer than ten seconds and a second of jitter: a job that frequent wakes the loop anyway. */
const MAX_SLEEP_MS = 12_000
/** Wall time beyond what the timers saw, or lateness of a timer, that counts as sleep. */
const RESUME_AFTER_MS = 30_000

interface JobState {
  readonly job: ScheduledJob
  readonly cron: CronExpression
  /** Wall clock. */
  dueAt: number
  running: Promise<void> | undefined
}

/**
 * Runs until `signal` aborts and the running jobs have ended.
 *
 * @throws `CONFIG_INVALID` at once for a cron expression that cannot be read.
 */
export async function runSchedule(components: ScheduleComponents, { signal }: { signal: AbortSignal }): Promise<void> {
  const { clock } = components
  const states = components.jobs.map((job): JobState => {
    const cron = parseCron(job.cron)
    return { job, cron, dueAt: nextDue(job, cron, components), running: undefined }
  })
  while (!signal.aborted) {
    const before = { wall: clock.now(), monotonic: clock.monotonic() }
    const untilDue = Math.min(...states.map(({ dueAt }) => dueAt - before.wall))
    const sleepMs = Math.max(0, Math.min(MAX_SLEEP_MS, untilDue))
    const isAnnounced = await sleepOrResume(components, sleepMs, signal)
    if (signal.aborted) break
    const elapsedMs = clock.monotonic() - before.monotonic
    const jumpMs = clock.now() - before.wall - elapsedMs
    // A monotonic clock that counts sleep makes no jump, but the wait ends late.
    const sleptMs = Math.max(jumpMs, elapsedMs - sleepMs, 0)
    if (jumpMs <= -RESUME_AFTER_MS) adjustToClockSetBack(states, jumpMs, components)
    else if (isAnnounced || sleptMs >= RESUME_AFTER_MS) adjustToSleep(states, sleptMs, components)
    components.onWake?.()
    for (const state of states) if (state.dueAt <= clock.now()) start(state, components, signal)
  }
  await Promise.all(states.map(({ running }) => running))
}

/** @returns true if the system announced the end of sleep, or the signal aborted. Does not reject. */
async function sleepOrResume(
  { clock, resumed }: ScheduleComponents,
  sleepMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (resumed === undefined) {
    await clock.sleep(sleepMs, { signal }).catch(() => undefined)
    return false
  }
  const over = new AbortController()
  const either = { signal: AbortSignal.any([signal, over.signal]) }
  const isAnnounced = await Promise.race([
    resumed.wait(either).then(() => true),
    clock.sleep(sleepMs, either).then(
      () => false,
      () => false,
    ),
  ])
  over.abort()
  return isAnnounced
}

/** Missed jobs run once, spread by their jitter. */
function adjustToSleep(states: readonly JobState[], sleptMs: number, components: ScheduleComponents): void {
  const { clock, log, random, onResume } = components
  const now = clock.now()
  log.info('resumed after sleep or a clock change', { jumpMs: Math.round(sleptMs) })
  for (const state of states) {
    if (state.dueAt < now) state.dueAt = now + Math.floor(random() * state.job.jitterMs)
  }
  onResume?.({ sleptMs })
}

/** Due times are computed again. */
function adjustToClockSetBack(states: readonly JobState[], jumpMs: number, components: ScheduleComponents): void {
  components.log.info('clock was set back', { jumpMs: Math.round(jumpMs) })
  for (const state of states) state.dueAt = nextDue(state.job, state.cron, components)
  components.onClockSetBack?.()
}

function nextDue(job: ScheduledJob, cron: CronExpression, { clock, random }: ScheduleComponents): number {
  return cron.next(clock.now()) + Math.floor(random() * job.jitterMs)
}

function start(state: JobState, components: ScheduleComponents, signal: AbortSignal): void {
  const { job, cron } = state
  state.dueAt = nextDue(job, cron, components)
  if (state.running !== undefined) {
    components.log.warn('job skipped: it is still running', { job: job.name })
    return
  }
  // Called from a microtask, so that a job that throws synchronously rejects as well.
  state.running = Promise.resolve()
    .then(() => job.run({ signal }))
    .catch((error) => {
      if (!signal.aborted) components.log.error('job failed', { job: job.name, reason: describeError(error) })
    })
    .finally(() => {
      state.running = undefined
    })
}
