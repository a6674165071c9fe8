import type { Clock } from '../../../base/clock.ts'
import { describeError, type SuretyError } from '../../../base/errors.ts'
import type { Log } from '../../../base/log.ts'
import { WakeUp } from '../../../base/wake-up.ts'
import type { HoldSelection } from '../../../discovery/matching/hold-rules.ts'
import type { ExecGate, ExecGateInit } from '../../../system/enforcement/exec-gate.ts'
import type { HoldRules } from '../../../system/enforcement/exec-gate-messages.ts'
import type { Freezer, FrozenProcess } from '../../../system/freezer/freezer.ts'
import type { Health } from '../../health/health.ts'
import type { StandingStop } from '../stops/stops-file.ts'
import { holdSelections, type UidsOf } from './hold-selections.ts'

/** Of the gate, what the daemon hears. */
export type ExecGateCallbacks = Pick<ExecGateInit, 'onHeld' | 'onUnheld' | 'onFault'>

export interface ExecHoldComponents {
  readonly log: Log
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly health: Pick<Health, 'raise' | 'clear'>
  readonly freezer: Pick<Freezer, 'admit'>
  readonly openGate: (callbacks: ExecGateCallbacks) => ExecGate
  readonly rulesFor: (selections: readonly HoldSelection[]) => HoldRules
  readonly uidsOf: UidsOf
  /** Scans processes, with a scan that begins after this call. */
  readonly scan: (options: { signal: AbortSignal }) => Promise<void>
}

/** An exec takes milliseconds; where it takes longer, its program is looked at, since others in its cgroup may keep that from freezing. */
const EXEC_MS = 1_000
/** Until a process is late. Then the wait between its looks doubles. */
const LOOK_MS = 2
const LOOK_MOST_MS = 1_000
const AGAIN_MS = 1_000
/** How long nothing may have been missed before receipts say again that what starts is held. */
const QUIET_MS = 10 * 60_000

/** A process that waits to be judged. */
interface Waiting {
  /** Where it came from. */
  readonly cgroup: string
  readonly sinceMs: number
  /** When it was held. */
  readonly program: string | undefined
  waitMs: number
  lookAtMs: number
}

/**
 * Holds programs as they start while a stop is in force, and judges them: what a stop selects is stopped where it stands, before its
 * first instruction, and everything else continues.
 */
export class ExecHold implements AsyncDisposable {
  readonly #components: ExecHoldComponents
  readonly #gate: ExecGate
  readonly #started = new WakeUp()
  /** By pid. */
  readonly #waiting = new Map<number, Waiting>()
  #wanted = ''
  #inForce = ''
  /** When something that matches was last not held, or may not have been. */
  #missedAtMs: number | undefined
  #following: Promise<void> = Promise.resolve()

  constructor(components: ExecHoldComponents) {
    this.#components = components
    const { log } = components
    this.#gate = components.openGate({
      onHeld: ({ pid, cgroup, path, matched }) => {
        log.info('program held as it starts', { pid, path, matched })
        this.#add(pid, cgroup)
      },
      onUnheld: ({ pid, path, reason }) => {
        log.warn('a program could not be held as it starts', { pid, path, reason })
        this.#miss()
      },
      onFault: (error) => this.#onFault(error),
    })
    // Of an earlier run.
    this.#awaitAllHeld()
  }

  /** Whether the rules of all stops are in force, and nothing was missed lately; waits for the rules at most so long. */
  async holds(withinMs: number): Promise<boolean> {
    const over = new AbortController()
    await Promise.race([this.#following, this.#components.clock.sleep(withinMs, over).catch(() => undefined)])
    over.abort()
    return this.#wanted !== '' && this.#inForce === this.#wanted && this.#missedAtMs === undefined
  }

  /** Puts rules for these stops in force. Never rejects: `holds` says whether they are. */
  follow(stops: readonly StandingStop[]): Promise<void> {
    const selections = holdSelections(stops, this.#components.uidsOf)
    const wanted = selections.length === 0 ? '' : JSON.stringify(selections)
    // After a fault the gate has to take the rules once more, to show that it holds.
    if (wanted === this.#wanted && !this.#isQuiet) return this.#following
    this.#wanted = wanted
    this.#started.wake()
    this.#following = this.#apply(wanted, selections)
    return this.#following
  }

  /** What of these is held becomes part of the stopped agent. */
  admit(agent: string, processes: readonly FrozenProcess[]): void {
    for (const { pid } of processes) {
      const waiting = this.#waiting.get(pid)
      if (waiting !== undefined && this.#components.freezer.admit(agent, pid, waiting.cgroup)) this.#waiting.delete(pid)
    }
  }

  /** @param stopSelected stops what the stops select, of what the last scan has found. */
  async run(stopSelected: () => Promise<void>, { signal }: { signal: AbortSignal }): Promise<void> {
    while (!signal.aborted) {
      if (this.#waiting.size === 0) await this.#started.wait({ signal })
      else
        await this.#judge(stopSelected, signal).catch(async (error: unknown) => {
          if (signal.aborted) return
          this.#components.log.error('held programs could not be judged', { reason: describeError(error) })
          await this.#components.clock.sleep(AGAIN_MS, { signal }).catch(() => undefined)
        })
    }
  }

  /** Processes that wait to be judged continue, because no later run would judge them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#following
    await this.#gate[Symbol.asyncDispose]()
    for (const pid of this.#waiting.keys()) this.#release(pid)
  }

  async #judge(stopSelected: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { scan, log } = this.#components
    const judged = await this.#untilStarted(signal)
    await scan({ signal })
    await stopSelected()
    for (const pid of judged) {
      if (!this.#waiting.has(pid)) continue
      this.#release(pid)
      log.info('a held program continues: no stop selects it', { pid })
    }
  }

  /** Which have come to their new program: before, a scan would see the one that started it. All, where no stop is in force. */
  async #untilStarted(signal: AbortSignal): Promise<readonly number[]> {
    for (;;) {
      if (this.#wanted === '' || this.#waiting.size === 0) return [...this.#waiting.keys()]
      const nowMs = this.#components.clock.monotonic()
      const looked = new Map<string, boolean>()
      const due = [...this.#waiting].filter(([, { lookAtMs }]) => lookAtMs <= nowMs)
      const started = due.filter(([pid, waiting]) => this.#hasStarted(pid, waiting, nowMs, looked))
      if (started.length > 0) return started.map(([pid]) => pid)
      await this.#untilLook(Math.min(...[...this.#waiting.values()].map(({ lookAtMs }) => lookAtMs)) - nowMs, signal)
    }
  }

  #hasStarted(pid: number, waiting: Waiting, nowMs: number, looked: Map<string, boolean>): boolean {
    if (this.#gate.isFrozen(pid, looked)) return true
    const isLate = nowMs - waiting.sinceMs >= EXEC_MS
    // Released now, one whose exec is not over would run unjudged later.
    if (isLate && this.#gate.programOf(pid) !== waiting.program) return true
    if (isLate) waiting.waitMs = Math.min(waiting.waitMs * 2, LOOK_MOST_MS)
    waiting.lookAtMs = nowMs + waiting.waitMs
    return false
  }

  /** Ends early when something else is held, or stops change. */
  async #untilLook(waitMs: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const either = AbortSignal.any([over.signal, signal])
    const slept = this.#components.clock.sleep(waitMs, { signal: either }).catch(() => undefined)
    await Promise.race([slept, this.#started.wait({ signal: either })])
    over.abort()
    signal.throwIfAborted()
  }

  #add(pid: number, cgroup: string): void {
    const nowMs = this.#components.clock.monotonic()
    const program = this.#gate.programOf(pid)
    this.#waiting.set(pid, { cgroup, program, sinceMs: nowMs, waitMs: LOOK_MS, lookAtMs: nowMs })
    this.#started.wake()
  }

  #awaitAllHeld(): void {
    for (const { pid, cgroup } of this.#gate.held()) if (!this.#waiting.has(pid)) this.#add(pid, cgroup)
  }

  #release(pid: number): void {
    this.#waiting.delete(pid)
    try {
      this.#gate.release(pid)
    } catch (error) {
      this.#components.log.error('a held program cannot continue', { pid, reason: describeError(error) })
    }
  }

  async #apply(wanted: string, selections: readonly HoldSelection[]): Promise<void> {
    const { rulesFor, log } = this.#components
    // Starting the gate keeps this thread for milliseconds: what was begun before goes first.
    await Promise.resolve()
    try {
      const rules = rulesFor(selections)
      const { mounts, refusedMounts } = await this.#gate.setRules(rules)
      this.#inForce = wanted
      if (wanted === '' || this.#isQuiet) this.#clearMissed()
      if (wanted === '') log.info('programs are no longer held as they start')
      else log.info('selected programs are held as they start', { rules: rules.rules.length, mounts })
      if (refusedMounts > 0) log.warn('programs of some file systems are not held', { mounts, refusedMounts })
    } catch (error) {
      this.#inForce = ''
      if (this.#missedAtMs !== undefined) this.#miss()
      log.warn('programs are not held as they start', { reason: describeError(error) })
    }
  }

  /** The gate is started once more, with the same rules. Meanwhile process events find what starts. */
  #onFault({ code, message }: SuretyError): void {
    this.#components.log.warn('the exec gate failed', { code, reason: message })
    this.#miss()
    // Reports of these may be lost.
    this.#awaitAllHeld()
  }

  #miss(): void {
    this.#missedAtMs = this.#components.clock.monotonic()
    this.#components.health.raise('EXEC_NOT_HELD')
  }

  #clearMissed(): void {
    this.#missedAtMs = undefined
    this.#components.health.clear('EXEC_NOT_HELD')
  }

  /** Nothing was missed for long, after something was. */
  get #isQuiet(): boolean {
    return this.#missedAtMs !== undefined && this.#components.clock.monotonic() - this.#missedAtMs >= QUIET_MS
  }
}
