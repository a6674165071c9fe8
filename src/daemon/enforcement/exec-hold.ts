import type { Clock } from '../../base/clock.ts'
import { describeError, type SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { WakeUp } from '../../base/wake-up.ts'
import type { HoldSelection } from '../../discovery/matching/hold-rules.ts'
import type { ExecGate, ExecGateInit } from '../../system/enforcement/exec-gate.ts'
import type { HoldRules } from '../../system/enforcement/exec-gate-messages.ts'
import type { Freezer, FrozenProcess } from '../../system/freezer/freezer.ts'
import type { StandingStop } from './stops-file.ts'

/** Of the gate, what the daemon hears. */
export type ExecGateCallbacks = Pick<ExecGateInit, 'onHeld' | 'onUnheld' | 'onFault'>

export interface ExecHoldComponents {
  readonly log: Log
  readonly clock: Pick<Clock, 'sleep'>
  readonly freezer: Pick<Freezer, 'admit'>
  readonly openGate: (callbacks: ExecGateCallbacks) => ExecGate
  readonly rulesFor: (selections: readonly HoldSelection[]) => HoldRules
  /** Scans processes, with a scan that begins after this call. */
  readonly scan: (options: { signal: AbortSignal }) => Promise<void>
}

/** An exec takes milliseconds; where it takes longer, what runs is judged as it is. */
const EXEC_LOOKS = 500
const LOOK_MS = 2
const AGAIN_MS = 1_000
/** The gate takes no more rules. For more, every agent is held until it is judged. */
const MAX_SELECTIONS = 256

/**
 * Holds programs as they start while a stop stands, and judges them: what a stop selects is stopped where it stands, before its
 * first instruction, and everything else goes on.
 */
export class ExecHold implements AsyncDisposable {
  readonly #components: ExecHoldComponents
  readonly #gate: ExecGate
  readonly #started = new WakeUp()
  /** Where processes that wait for their judgement came from, by pid. */
  readonly #waiting = new Map<number, string>()
  #wanted = ''
  #inForce = ''
  #following: Promise<void> = Promise.resolve()

  constructor(components: ExecHoldComponents) {
    this.#components = components
    const { log } = components
    this.#gate = components.openGate({
      onHeld: ({ pid, cgroup, path, matched }) => {
        log.info('program held as it starts', { pid, path, matched })
        this.#waiting.set(pid, cgroup)
        this.#started.wake()
      },
      onUnheld: ({ pid, path, reason }) => log.warn('a program could not be held as it starts', { pid, path, reason }),
      onFault: (error) => this.#onFault(error),
    })
    // Of an earlier run.
    for (const { pid, cgroup } of this.#gate.held()) this.#waiting.set(pid, cgroup)
  }

  /** Whether the rules of all stops are in force; waits for them at most so long. */
  async holds(withinMs: number): Promise<boolean> {
    const over = new AbortController()
    await Promise.race([this.#following, this.#components.clock.sleep(withinMs, over).catch(() => undefined)])
    over.abort()
    return this.#wanted !== '' && this.#inForce === this.#wanted
  }

  /** Puts rules for these stops in force. Never rejects: `holds` says whether they are. */
  follow(stops: readonly StandingStop[]): Promise<void> {
    const selections = selectionsOf(stops)
    const wanted = selections.length === 0 ? '' : JSON.stringify(selections)
    if (wanted === this.#wanted) return this.#following
    this.#wanted = wanted
    this.#following = this.#apply(wanted, selections)
    return this.#following
  }

  /** What of these is held becomes part of the stopped agent. */
  admit(agent: string, processes: readonly FrozenProcess[]): void {
    for (const { pid } of processes) {
      const cgroup = this.#waiting.get(pid)
      if (cgroup !== undefined && this.#components.freezer.admit(agent, pid, cgroup)) this.#waiting.delete(pid)
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

  /** Processes that wait to be judged go on, because no later run would judge them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#following
    await this.#gate[Symbol.asyncDispose]()
    for (const pid of this.#waiting.keys()) this.#release(pid)
  }

  async #judge(stopSelected: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, scan, log } = this.#components
    // Before, a scan would see the program that started it.
    for (let look = 0; look < EXEC_LOOKS && !this.#gate.isFrozen(); look++) await clock.sleep(LOOK_MS, { signal })
    const judged = [...this.#waiting.keys()]
    await scan({ signal })
    await stopSelected()
    for (const pid of judged) {
      if (!this.#waiting.has(pid)) continue
      this.#release(pid)
      log.info('a held program goes on: no stop selects it', { pid })
    }
  }

  #release(pid: number): void {
    this.#waiting.delete(pid)
    try {
      this.#gate.release(pid)
    } catch (error) {
      this.#components.log.error('a held program cannot go on', { pid, reason: describeError(error) })
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
      if (wanted === '') log.info('programs are no longer held as they start')
      else log.info('selected programs are held as they start', { rules: rules.rules.length, mounts })
      if (refusedMounts > 0) log.warn('programs of some file systems are not held', { mounts, refusedMounts })
    } catch (error) {
      this.#inForce = ''
      log.warn('programs are not held as they start', { reason: describeError(error) })
    }
  }

  /** The gate starts again by itself, with the same rules. Meanwhile process events find what starts. */
  #onFault({ code, message }: SuretyError): void {
    this.#components.log.warn('the exec gate failed', { code, reason: message })
  }
}

/** Stops of one running agent need none: what it starts is its own. */
function selectionsOf(stops: readonly StandingStop[]): readonly HoldSelection[] {
  const selections = stops.flatMap(({ selector, userId }): HoldSelection[] => {
    if (selector.select === 'agent') return []
    return productsOf(selector).map((product) => ({ ...product, ...uidOf(userId) }))
  })
  // One that selects all makes the others needless.
  const all = selections.find(({ product, uid }) => product === undefined && uid === undefined)
  if (all !== undefined) return [all]
  const different = [...new Map(selections.map((one) => [JSON.stringify(one), one])).values()]
  return different.length > MAX_SELECTIONS ? [{}] : different
}

/** The rest of a `match` is known when what is held is judged. */
function productsOf(selector: StandingStop['selector']): readonly Pick<HoldSelection, 'product'>[] {
  switch (selector.select) {
    case 'product':
      return [{ product: selector.product }]
    case 'match':
      return selector.products?.map((product) => ({ product })) ?? [{}]
    default:
      return [{}]
  }
}

/** A stop of a user by name holds the agents of all users until they are judged. */
function uidOf(userId: string | undefined): Pick<HoldSelection, 'uid'> {
  const uid = Number(userId)
  return userId === undefined || !Number.isSafeInteger(uid) ? {} : { uid }
}
