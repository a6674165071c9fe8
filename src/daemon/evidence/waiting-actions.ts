import { type Clock, orAborted } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { reader } from '../../base/schema.ts'
import { type TokenBucket, tokenBucket } from '../../base/token-bucket.ts'
import { type ActionReport, type ApprovalRequest, actionReportSchema } from '../../protocol/gate/action.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Claims } from './batch-content.ts'

/** So many allowed ones do not wait for a batch of other claims. */
const MANY = 100
/** So long an allowed one waits for a batch of other claims. */
const WAIT_MS = 60_000
const MAX_WAITING = 2_000
/** A program that asks all the time must not fill the spool: some 2 KiB of evidence a second, in the long run. */
const PER_SECOND = 5
const BURST = 1_000

interface WaitingActionsComponents {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly log: Pick<Log, 'error'>
}

const actionReader = reader(actionReportSchema, { name: 'action report' })

/**
 * Reports of actions on their way into evidence. Allowed ones wait for a batch of other claims, all others ask for one at once. Those
 * that do not fit are dropped and counted, allowed ones first.
 */
export class WaitingActions {
  readonly #clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly #log: Pick<Log, 'error'>
  readonly #rate: TokenBucket
  /** No batch before then: the burst is used up. */
  #from = 0
  /** By id, oldest first. */
  readonly #waiting = new Map<string, { readonly report: ActionReport; readonly since: number }>()
  #urgent = 0
  #dropped = 0
  #isHurried = false

  constructor({ clock, log }: WaitingActionsComponents) {
    this.#clock = clock
    this.#log = log
    this.#rate = tokenBucket({ perSecond: PER_SECOND, burst: BURST, nowMs: clock.monotonic() })
  }

  /** A report with the id of one that waits takes its place: the client has said how the action ended. */
  add(report: ActionReport): void {
    try {
      actionReader.read(report)
    } catch (error) {
      this.#dropped++
      this.#log.error('action left out of evidence', { reason: describeError(error) })
      return
    }
    const { id } = report
    const since = this.#waiting.get(id)?.since ?? this.#clock.monotonic()
    this.#forget(id)
    this.#waiting.set(id, { report, since })
    if (isUrgent(report)) this.#urgent++
    if (this.#waiting.size > MAX_WAITING) this.#drop()
  }

  /** Makes all that waits due now. */
  hurry(): void {
    this.#isHurried = this.#waiting.size > 0
    if (this.#isHurried) this.#from = 0
  }

  /** A batch is due although nothing else is reported. */
  get isDue(): boolean {
    return this.#dueIn === 0
  }

  /** Resolves with `other`, or once a batch is due. */
  async dueOr(other: Promise<void>, signal: AbortSignal): Promise<void> {
    const dueIn = this.#dueIn
    if (dueIn === undefined) return orAborted(other, signal)
    const ended = new AbortController()
    const either = AbortSignal.any([signal, ended.signal])
    try {
      await Promise.race([orAborted(other, either), this.#clock.sleep(dueIn, { signal: either })])
    } finally {
      ended.abort()
    }
  }

  /** Those for the next batch, and how many were dropped since the last one. */
  get next(): { readonly actions: readonly ActionReport[]; readonly actionsDropped: number } {
    if (this.#clock.monotonic() < this.#from) return { actions: [], actionsDropped: 0 }
    const actions = [...this.#waiting.values()].slice(0, LIMITS.actions).map(({ report }) => report)
    return { actions, actionsDropped: this.#dropped }
  }

  /** They are in the spool. A report that took the place of another one meanwhile still waits. */
  written({ actions = [], actionsDropped = 0 }: Pick<Claims, 'actions' | 'actionsDropped'>): void {
    if (actions.length === 0 && actionsDropped === 0) return
    for (const report of actions) if (this.#waiting.get(report.id)?.report === report) this.#forget(report.id)
    this.#dropped -= actionsDropped
    if (this.#waiting.size === 0) this.#isHurried = false
    const now = this.#clock.monotonic()
    const pauseMs = this.#rate.take(actions.length, now)
    if (!this.#isHurried) this.#from = now + pauseMs
  }

  /** Milliseconds. Undefined: nothing waits. */
  get #dueIn(): number | undefined {
    const [oldest] = this.#waiting.values()
    if (oldest === undefined && this.#dropped === 0) return undefined
    const isNow = oldest === undefined || this.#isHurried || this.#urgent > 0 || this.#waiting.size >= MANY
    return Math.max(0, (isNow ? this.#from : Math.max(this.#from, oldest.since + WAIT_MS)) - this.#clock.monotonic())
  }

  #drop(): void {
    const reports = [...this.#waiting.values()].map(({ report }) => report)
    const oldest = reports.find((report) => !isUrgent(report)) ?? reports[0]
    if (oldest === undefined) return
    this.#forget(oldest.id)
    this.#dropped++
  }

  #forget(id: string): void {
    const before = this.#waiting.get(id)?.report
    if (before === undefined) return
    this.#waiting.delete(id)
    if (isUrgent(before)) this.#urgent--
  }
}

function isUrgent({ decision }: ActionReport): boolean {
  return decision !== 'allowed'
}

/** Requests for approvals that no batch has yet. */
export class WaitingRequests {
  readonly #clock: Pick<Clock, 'now'>
  #waiting: readonly ApprovalRequest[] = []

  constructor(components: { readonly clock: Pick<Clock, 'now'> }) {
    this.#clock = components.clock
  }

  /** One that is repeated changes nothing. */
  add(request: ApprovalRequest): void {
    if (this.#waiting.every(({ id }) => id !== request.id)) this.#waiting = [...this.#waiting, request]
  }

  /** Without those that have ended. */
  get next(): readonly ApprovalRequest[] {
    const now = this.#clock.now()
    this.#waiting = this.#waiting.filter(({ until }) => until > now)
    return this.#waiting
  }

  written(requests: readonly ApprovalRequest[]): void {
    const ids = new Set(requests.map(({ id }) => id))
    this.#waiting = this.#waiting.filter(({ id }) => !ids.has(id))
  }
}
