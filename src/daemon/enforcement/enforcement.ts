import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import { SerialTasks } from '../../base/serial-tasks.ts'
import { WakeUp } from '../../base/wake-up.ts'
import type { RunningAgents } from '../../discovery/running-agents-port.ts'
import type { StopEvent } from '../../protocol/stop.ts'
import type { Freezer } from '../../system/freezer/freezer.ts'
import type { ProcessTable } from '../../system/processes/process-table.ts'
import { freezeInJobs } from './agents/freeze-jobs.ts'
import { heldFrom, keyOf, meantToHold, NO_RESULT, NOT_TOLD, type Wanted, withoutStops } from './agents/held-agents.ts'
import { HeldProcesses } from './agents/held-processes.ts'
import { type LetGo, letGo } from './agents/let-go.ts'
import { selectsOther } from './agents/select-agents.ts'
import { endedWithAgents, selectedAgents, withoutProtected } from './agents/selected-agents.ts'
import type { ExecHold } from './exec-gate/exec-hold.ts'
import { SavedStops, type SavedStopsComponents } from './stops/saved-stops.ts'
import { StopEffects, type StopEffectsComponents } from './stops/stop-effects.ts'
import { requireRoom } from './stops/stop-quotas.ts'
import { incompleteCode, releaseReceipt, type StopFacts, type StopOutcome, stopReceipt } from './stops/stop-receipt.ts'
import type { HeldAgent, StandingStop, Stops } from './stops/stops-file.ts'

/** Stops agents and lets them continue. One call is carried out after the other. */
export interface Enforcement {
  /** What stands, and what it holds now. */
  readonly stops: readonly StandingStop[]
  readonly held: readonly HeldAgent[]
  /** A stop or a release is being carried out. */
  readonly isBusy: boolean
  /** A stop is likely to come. */
  prepare(): void
  /** As `Freezer.hurry`. */
  hurry(): Disposable
  /**
   * Puts a stop in force, and stops what it selects. One that is in force already is carried out again.
   *
   * @throws `QUOTA_EXCEEDED` as `requireRoom`, `STORE_FAILED` when it cannot be made durable: nothing is stopped then.
   */
  stop(stop: StandingStop): Promise<StopOutcome>
  /** Ends stops. What no other one holds continues. @throws `STORE_FAILED`: all stay stopped then. */
  release(ids: readonly string[], options?: { readonly by?: string; readonly reason?: string }): Promise<StopOutcome>
  /** Stops what starts later, ends stops that are over, and reports. */
  run(options: { signal: AbortSignal }): Promise<void>
}

export interface EnforcementComponents extends StopEffectsComponents, SavedStopsComponents {
  readonly clock: Clock
  readonly freezer: Freezer
  readonly agents: RunningAgents
  /** Scans processes, with a scan that begins after this call. */
  readonly scan: (options: { signal: AbortSignal }) => Promise<void>
  readonly processes: Pick<ProcessTable, 'entry' | 'ticks' | 'isPartOfSystem'>
  readonly boot: { uptimeMs(): number }
  /** Undefined until the directory has said it. */
  readonly directoryTime: () => number | undefined
  readonly report: (event: StopEvent) => void
  readonly reportFrozen?: (now: Pick<Enforcement, 'stops' | 'held'>) => void
  /** Absent where programs cannot be held as they start. */
  readonly exec?: Pick<ExecHold, 'follow' | 'holds' | 'admit' | 'run'> | undefined
}

const TICK_MS = 1_000
const FIRST_SCAN_WITHIN_MS = 30_000
/** A receipt waits so long for the rules about what starts later. */
const RULES_WITHIN_MS = 50

export class RunningEnforcement implements Enforcement {
  readonly #components: EnforcementComponents
  readonly #saved: SavedStops
  readonly #tasks = new SerialTasks(() => this.#components.reportFrozen?.(this))
  readonly #scanned = new WakeUp()
  #isScanned = false
  readonly #processes: HeldProcesses
  #isAdopted = false
  readonly #effects: StopEffects
  #releasedAt = Number.NEGATIVE_INFINITY

  /** @param stops as read from disk. */
  constructor(components: EnforcementComponents, stops: Stops) {
    this.#components = components
    this.#saved = new SavedStops(components, stops)
    this.#effects = new StopEffects(components)
    this.#processes = new HeldProcesses(components)
  }

  get stops(): readonly StandingStop[] {
    return this.#saved.stops
  }

  get held(): readonly HeldAgent[] {
    return this.#saved.held
  }

  get isBusy(): boolean {
    return this.#tasks.isBusy
  }

  prepare(): void {
    this.#components.freezer.prepare()
  }

  hurry(): Disposable {
    return this.#components.freezer.hurry()
  }

  stop(stop: StandingStop): Promise<StopOutcome> {
    return this.#tasks.runAsked(async () => {
      const others = this.stops.filter(({ id }) => id !== stop.id)
      const before = this.stops.find(({ id }) => id === stop.id)
      if (before === undefined) requireRoom(others, stop)
      await this.#saved.save({ stops: [...others, stop] })
      const isKnown = await this.#knowsAgents()
      const wanted = this.#selected([stop])
      if (isKnown && selectsOther(before, stop)) await this.#letGoExcept(wanted, stop.id)
      const facts = await this.#freeze(wanted)
      for (const { agent, product, processes } of facts.agents)
        this.#components.log.warn('agent stopped', { agent, product, processes: processes.length, stop: stop.id })
      if (stop.origin === 'local')
        for (const agent of facts.agents) this.#report('frozen', agent, { by: stop.by, reason: stop.reason }, 'local')
      const receipt = stopReceipt(this.#components, facts)
      if (stop.kind === 'retire') await this.#end(facts.agents, stop)
      const code = isKnown ? incompleteCode(facts) : 'STOP_INCOMPLETE'
      return code === undefined ? { receipt } : { receipt, code }
    })
  }

  release(
    ids: readonly string[],
    { by, reason }: { readonly by?: string; readonly reason?: string } = {},
  ): Promise<StopOutcome> {
    return this.#tasks.runAsked(async () => {
      const ended = new Set(ids)
      const stops = this.stops.filter(({ id }) => !ended.has(id))
      const { running, frozen } = await this.#endStops(stops, ended)
      if (by !== undefined)
        for (const agent of running)
          this.#report('released', agent, { by, ...(reason === undefined ? {} : { reason }) }, 'local')
      const result = { ...NO_RESULT, rows: frozen, confirmedMs: 0 }
      const receipt = releaseReceipt(this.#components, running, result, this.#now())
      return frozen.length === 0 ? { receipt } : { receipt, code: 'STOP_INCOMPLETE' }
    })
  }

  async run({ signal }: { signal: AbortSignal }): Promise<void> {
    using _ = this.#components.agents.onScan(() => {
      this.#isScanned = true
      this.#scanned.wake()
    })
    // What starts before the first scan is held as well.
    void this.#components.exec?.follow(this.stops)
    const judging = this.#components.exec?.run(() => this.#tasks.run(() => this.#follow()), { signal })
    while (!signal.aborted) {
      if (!this.#isScanned) await this.#nextTurn(signal)
      if (signal.aborted) break
      this.#isScanned = false
      await this.#tasks
        .run(() => this.#follow())
        .catch((error: unknown) => {
          this.#components.log.error('stops could not be followed', { reason: describeError(error) })
        })
    }
    await judging
    await this.#saved.writeLate()
  }

  /** Right after a start it is not known what runs, and the receipt would say that nothing matches. */
  async #knowsAgents(): Promise<boolean> {
    const { agents, scan, log } = this.#components
    if (agents.isScanned) return true
    try {
      await scan({ signal: AbortSignal.timeout(FIRST_SCAN_WITHIN_MS) })
    } catch (error) {
      log.error('what runs is not known yet', { reason: describeError(error) })
    }
    return agents.isScanned
  }

  async #nextTurn(signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    const turns = [this.#scanned.wait({ signal: either })]
    // A device without stops is not woken but by scans.
    const hasLeft = this.#saved.isBehind || this.#effects.hasRules
    if (this.stops.length > 0 || this.held.length > 0 || hasLeft)
      turns.push(this.#components.clock.sleep(TICK_MS, { signal: either }).catch(() => undefined))
    await Promise.race(turns)
    over.abort()
    // Without process events, only a scan finds what starts.
    if (!this.#isScanned && this.stops.length > 0 && !this.#components.freezer.knowsForks)
      await this.#components.scan({ signal }).catch(() => undefined)
  }

  async #endStops(stops: readonly StandingStop[], ended: ReadonlySet<string>): Promise<LetGo> {
    const { held, free } = withoutStops(this.held, ended)
    // Those that continue stay on the list without a stop until they do: after a kill the next run lets them continue again.
    await this.#saved.save({ stops: [...stops], held: [...held, ...free] })
    const done = await this.#letGo(free)
    if (free.length > 0) this.#saved.keepForLater(held)
    return done
  }

  async #letGo(agents: readonly HeldAgent[]): Promise<LetGo> {
    const done = await letGo(this.#components, agents)
    await this.#effects.released(agents)
    this.#releasedAt = this.#components.clock.monotonic()
    return done
  }

  /** The stop selects something else than before: what it no longer selects continues, unless another one holds it. */
  async #letGoExcept(wanted: readonly Wanted[], stop: string): Promise<void> {
    const { held, free } = withoutStops(this.held, new Set([stop]), new Set(wanted.map(({ agent }) => agent)))
    await this.#saved.save({ held })
    await this.#letGo(free)
  }

  /** After a scan, and each second while something stands. */
  async #follow(): Promise<void> {
    this.#processes.own()
    await this.#endExpired()
    // Of an earlier run, which was killed while it let them go.
    if (this.held.some(({ stops }) => stops.length === 0)) await this.#endStops(this.stops, new Set())
    void this.#components.exec?.follow(this.stops)
    if (!this.#hasJustReleased) {
      void this.#saved.writeLate()
      if (this.held.length === 0) await this.#effects.idle()
    }
    if (this.stops.length === 0 && this.held.length === 0 && this.#isAdopted) return
    await this.#noteEnded()
    const list = this.#components.agents.list()
    if (list.length > 0 || this.#isAdopted) await this.#catchNew()
    const { isScanned } = this.#components.agents
    if (isScanned && (list.length > 0 || this.held.length === 0)) this.#adopt()
    if (isScanned) await this.#endWithAgents()
  }

  /** Stops what is selected and runs: an agent that started later, or a process of a held one. */
  async #catchNew(): Promise<void> {
    const wanted = this.#selected(this.stops).filter(({ agent }) => {
      const held = this.#heldNow(agent)
      return held === undefined || !this.#processes.isWhole(held)
    })
    if (wanted.length === 0) return
    const before = new Map(this.held.map((agent) => [agent.agent, agent]))
    const loose = new Map(
      this.held.map((agent) => [agent.agent, agent.processes.filter((one) => this.#processes.isLoose(agent, one))]),
    )
    const facts = await this.#freeze(wanted)
    for (const agent of facts.agents) {
      const earlier = before.get(agent.agent)
      const known = new Set(earlier?.processes.map(keyOf))
      const fresh = agent.processes.filter((process) => !known.has(keyOf(process)))
      const escaped = loose.get(agent.agent)?.length ?? 0
      if (escaped > 0) this.#report('escaped', agent, {}, undefined, escaped)
      if (fresh.length > 0) this.#report('frozen', agent, {}, undefined, fresh.length)
      const retiring = this.stops.find(({ id, kind }) => kind === 'retire' && agent.stops.includes(id))
      if (retiring !== undefined) await this.#end([agent], retiring)
    }
  }

  /** @param stops one of these must select an agent. */
  #selected(stops: readonly StandingStop[]): readonly Wanted[] {
    return selectedAgents(this.#components.agents, this.held, stops)
  }

  async #freeze(wanted: readonly Wanted[]): Promise<StopFacts> {
    const { freezer, agents, exec } = this.#components
    this.#processes.own()
    const [refused, allowed] = withoutProtected(this.#components, wanted)
    const init = allowed.map(({ agent }) => ({
      agent,
      processes: freezer.knowsForks ? agents.membersOf(agent) : agents.processesOf(agent),
    }))
    for (const { agent, processes } of init) exec?.admit(agent, processes)
    if (NOT_TOLD.includes(freezer.method)) await this.#saved.intend(meantToHold(allowed, init, this.held))
    const freezing = freezeInJobs(freezer, init)
    void exec?.follow(this.stops)
    const result = await freezing
    const confirmedAt = result.confirmedMs === undefined ? undefined : this.#now()
    const held = allowed.flatMap((agent) => heldFrom(agent, result, this.#heldNow(agent.agent)) ?? [])
    const before = new Set(this.held.map(({ agent }) => agent))
    const ids = new Set(held.map(({ agent }) => agent))
    await this.#saved.keep([...this.held.filter(({ agent }) => !ids.has(agent)), ...held])
    const isNetworkCut = await this.#effects.cut(held)
    this.#effects.tell(
      held.filter(({ agent }) => !before.has(agent)),
      this.stops,
    )
    const isExecHeld = (await exec?.holds(RULES_WITHIN_MS)) === true
    const users = held.flatMap(({ userId, humans = [] }) => [userId, ...humans.map(({ id }) => id)])
    const besides = agents.besides(new Set(users))
    return { agents: held, result, confirmedAt, refused, isNetworkCut, isExecHeld, besides }
  }

  async #end(held: readonly HeldAgent[], stop: StandingStop): Promise<void> {
    for (const agent of held) {
      this.#components.freezer.kill(agent.agent, agent.signalled ?? [])
      this.#report('ended', agent, { reason: 'retired', by: stop.by })
    }
    await this.#processes.removed(held)
    const ids = new Set(held.map(({ agent }) => agent))
    await this.#saved.save({ held: this.held.filter(({ agent }) => !ids.has(agent)) })
  }

  /** Frozen processes can still be killed. */
  async #noteEnded(): Promise<void> {
    const { freezer } = this.#components
    const ended = this.held.filter((agent) => agent.stops.length > 0 && this.#processes.hasEnded(agent))
    if (ended.length === 0) return
    for (const agent of ended) {
      freezer.release(agent.agent, [])
      this.#report('ended', agent, { reason: 'killed, or it ended' })
    }
    const ids = new Set(ended.map(({ agent }) => agent))
    await this.#saved.save({ held: this.held.filter(({ agent }) => !ids.has(agent)) })
  }

  /** A user's stop of one agent is over once nothing of it is left: no other agent gets its id. The directory ends its own stops. */
  async #endWithAgents(): Promise<void> {
    const over = endedWithAgents(this.#components.agents, this.held, this.stops)
    if (over.length === 0) return
    await this.#saved.save({ stops: this.stops.filter((stop) => !over.includes(stop)) })
    this.#components.log.info('stops of users have ended with their agents', { stops: over.length })
  }

  async #endExpired(): Promise<void> {
    const now = this.#components.directoryTime()
    const over = this.stops.filter(({ until }) => now !== undefined && until !== undefined && until <= now)
    if (over.length === 0) return
    const ids = new Set(over.map(({ id }) => id))
    const origins = new Map(this.held.map(({ agent, stops }) => [agent, stops.find((id) => ids.has(id))]))
    const { running } = await this.#endStops(
      this.stops.filter(({ id }) => !ids.has(id)),
      ids,
    )
    for (const agent of running) {
      const stop = over.find(({ id }) => id === origins.get(agent.agent))
      const name = stop === undefined || stop.origin === 'local' ? 'local' : stop.id
      this.#report('released', agent, { reason: 'its time is over' }, name)
    }
  }

  /** Once: what an earlier run had frozen and not written down continues, unless a stop selects it. */
  #adopt(): void {
    if (this.#isAdopted) return
    this.#isAdopted = true
    const { freezer, log } = this.#components
    const held = new Set(this.held.map(({ agent }) => agent))
    for (const agent of freezer.held().filter((id) => !held.has(id))) {
      const processes = freezer.release(agent, [])
      log.warn('an agent without a stop was frozen; it is resumed', { agent, processes })
    }
  }

  #heldNow(agent: string): HeldAgent | undefined {
    return this.held.find((one) => one.agent === agent)
  }

  #report(
    kind: StopEvent['kind'],
    { agent, product, user, processes, stops }: HeldAgent,
    more: Pick<StopEvent, 'by' | 'reason'>,
    stop = this.#nameOf(stops),
    count = processes.length,
  ): void {
    this.#components.report({ kind, stop, ...more, agent, product, user, processes: count, time: this.#now() })
  }

  #now(): number {
    return Math.max(0, Math.trunc(this.#components.clock.now()))
  }

  /** Its receipt is still on its way, and what is left to do waits for the disk and the kernel. */
  get #hasJustReleased(): boolean {
    return this.#components.clock.monotonic() - this.#releasedAt < TICK_MS
  }

  /** One that the directory knows, if there is one. */
  #nameOf(ids: readonly string[]): string {
    return this.stops.find(({ id, origin }) => origin === 'directory' && ids.includes(id))?.id ?? 'local'
  }
}
