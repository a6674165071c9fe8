import { randomBytes } from 'node:crypto'
import { type Clock, orAborted } from '../../base/clock.ts'
import { codeOf, describeError, type ErrorCode } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { WakeUp } from '../../base/wake-up.ts'
import type { AgentClaim } from '../../protocol/agent-claim.ts'
import type { Finding } from '../../protocol/finding.ts'
import type { ActionReport, ApprovalRequest } from '../../protocol/gate/action.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { LogFault } from '../../protocol/log-fault.ts'
import type { Gap, HealthWarning, Inventory, Receipt } from '../../protocol/messages/evidence.ts'
import type { FrozenBy } from '../../protocol/sighting.ts'
import type { StopEvent } from '../../protocol/stop.ts'
import type { TamperSign } from '../../protocol/tamper.ts'
import type { DaemonProgram } from '../../protocol/updates.ts'
import type { Health } from '../health/health.ts'
import { isKeyError } from '../health/key-health.ts'
import { type Batch, CHAIN_START } from '../spool/chain.ts'
import type { Spool } from '../spool/spool.ts'
import type { State } from '../state/state.ts'
import { type Checked, checkedFindings, checkedSightings, checkedSources } from './batch-content.ts'
import type { ChainWriter } from './chain-writer.ts'
import { ClaimsLedger, type ClaimsLedgerInit } from './claims-ledger.ts'
import { pack, sourcesFit } from './pack.ts'
import { ReportedOnce } from './reported-once.ts'
import { type Observed, type Scope, SightingsLedger } from './sightings-ledger.ts'
import { WaitingActions, WaitingRequests } from './waiting-actions.ts'

/** Turns findings and sightings into evidence: only what is new, in batches that are made durable one after the other. */
export interface EvidenceBuilder {
  /** @param options `partial`: some checks are still running. Reported only where no findings were reported before. */
  reportFindings(findings: readonly Finding[], options?: { partial?: boolean }): void
  reportInventory(inventory: Inventory): void
  /** What the inventory says of this program, from now on. */
  reportProgram(program: DaemonProgram): void
  reportObserved(scope: Scope, observed: Observed): void
  /** The stops that hold each running agent, by the id of its sighting. Agents that are left out are not frozen. */
  reportFrozen(frozen: ReadonlyMap<string, FrozenBy[]>): void
  reportHealth(warnings: readonly HealthWarning[]): void
  /** Resolves once the receipt is in the spool. */
  reportReceipt(receipt: Receipt, options: { signal: AbortSignal }): Promise<void>
  /** What happened under a stop; each once. */
  reportStopEvent(event: StopEvent): void
  /** Each once. @param onDurable once it is in the spool: until then the caller keeps it. */
  reportTamperSign(sign: TamperSign, onDurable: () => void): void
  /** As `reportTamperSign`. */
  reportLogFault(fault: LogFault, onDurable: () => void): void
  /** Each once, and again if its outcome comes later. Allowed ones wait for other reports, for a minute at most. */
  reportAction(report: ActionReport): void
  /** Those that the directory has not decided: each is reported once in a chain and a run, and again with a full report. */
  reportAgentClaims(open: readonly AgentClaim[]): void
  /** Once, and now. One that ends before it can be written is not reported. */
  reportApprovalRequest(request: ApprovalRequest): void
  /** Writes now, without waiting for more to share a batch. */
  flush(): void
  /** Signs a gap record and makes it durable. */
  recordGap(gap: Gap, options: { signal: AbortSignal }): Promise<Batch>
  /**
   * Reports everything again after a gap record, because the directory never saw the dropped batches. A no-op unless
   * `recordGap` was called since.
   */
  reportAllAgain(): void
  /** Looks for work: the chain has begun, or the key works. */
  wake(): void
  /** Flushes. Resolves once everything reported so far is durable. */
  settled(options: { signal: AbortSignal }): Promise<void>
  readonly current: Current
  /** Resolves at the next change of what was observed, or once the signal is aborted. */
  nextObservation(options: { signal: AbortSignal }): Promise<void>
  run(options: { signal: AbortSignal }): Promise<void>
}

export interface Current extends Observed {
  readonly findings: readonly Finding[]
  readonly inventory: Inventory | undefined
}

export interface EvidenceBuilderComponents {
  readonly clock: Clock
  readonly log: Log
  readonly health: Health
  readonly spool: Spool
  readonly writer: ChainWriter
  readonly state: Pick<State, 'isFailing'>
}

export interface EvidenceBuilderInit extends ClaimsLedgerInit {
  /** Reports within this time share a batch, because a TPM signs slowly. */
  readonly coalesceMs?: number
}

const RETRY_MS = 5_000
const MAX_STOP_EVENTS = 1_000

export function createEvidenceBuilder(
  components: EvidenceBuilderComponents,
  init: EvidenceBuilderInit = {},
): EvidenceBuilder {
  return new Builder(components, init)
}

class Builder implements EvidenceBuilder {
  readonly #components: EvidenceBuilderComponents
  readonly #init: EvidenceBuilderInit
  readonly #sightings = new SightingsLedger()
  readonly #claims: ClaimsLedger
  readonly #observed = new WakeUp()
  #findings: readonly Finding[] | undefined
  #isPartial = true
  #inventory: Inventory | undefined
  #program: DaemonProgram | undefined
  #health: readonly HealthWarning[] = []
  #receipts: { readonly receipt: Receipt; readonly onDurable: () => void }[] = []
  readonly #stopEvents = new ReportedOnce<StopEvent>(LIMITS.stopEvents, MAX_STOP_EVENTS)
  readonly #tamperSigns = new ReportedOnce<TamperSign>(LIMITS.tamperSigns)
  readonly #logFaults = new ReportedOnce<LogFault>(LIMITS.logFaults)
  readonly #actions: WaitingActions
  #agentClaims: readonly AgentClaim[] = []
  readonly #approvalRequests: WaitingRequests
  /** Device and epoch of the chain that the ledgers describe. */
  #chainKey = ''
  #isGapRecorded = false
  /** The reports whose last call had an invalid item. */
  readonly #withInvalid = new Set<'findings' | Scope>()
  /** The code of the failure that was logged last. */
  #loggedFailure: ErrorCode | undefined
  #changed = Promise.withResolvers<void>()
  #rounds = Promise.withResolvers<void>()
  #flushed = Promise.withResolvers<void>()

  constructor(components: EvidenceBuilderComponents, init: EvidenceBuilderInit) {
    this.#components = components
    this.#init = init
    this.#claims = new ClaimsLedger(components, init)
    this.#actions = new WaitingActions(components)
    this.#approvalRequests = new WaitingRequests(components)
  }

  get current(): Current {
    return { ...this.#sightings.current, findings: this.#findings ?? [], inventory: this.#inventory }
  }

  reportFindings(findings: readonly Finding[], { partial = false } = {}): void {
    if (partial && !this.#isPartial) return
    this.#isPartial = partial
    const checked = checkedFindings(findings)
    this.#findings = checked.items
    this.#noteInvalid('findings', checked.refused)
    this.wake()
  }

  reportInventory(inventory: Inventory): void {
    this.#inventory = { ...inventory, ...(this.#program === undefined ? {} : { daemon: this.#program }) }
    this.wake()
  }

  reportProgram(program: DaemonProgram): void {
    this.#program = program
    if (this.#inventory !== undefined) this.reportInventory(this.#inventory)
  }

  reportObserved(scope: Scope, { sightings, sources }: Observed): void {
    const checked = checkedSightings(sightings)
    const read = checkedSources(sources)
    this.#sightings.observe(scope, { sightings: checked.items, sources: read.items })
    this.#noteInvalid(scope, [...checked.refused, ...read.refused])
    this.wake()
    this.#observed.wake()
  }

  reportFrozen(frozen: ReadonlyMap<string, FrozenBy[]>): void {
    if (!this.#sightings.markFrozen(frozen)) return
    this.wake()
    this.#observed.wake()
  }

  nextObservation(options: { signal: AbortSignal }): Promise<void> {
    return this.#observed.wait(options)
  }

  reportHealth(warnings: readonly HealthWarning[]): void {
    this.#health = warnings
    this.wake()
  }

  async reportReceipt(receipt: Receipt, { signal }: { signal: AbortSignal }): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#receipts.push({ receipt, onDurable: resolve })
    this.wake()
    await orAborted(promise, signal)
  }

  reportStopEvent(event: StopEvent): void {
    this.#stopEvents.add(event)
    this.flush()
  }

  reportTamperSign(sign: TamperSign, onDurable: () => void): void {
    this.#tamperSigns.add(sign, onDurable)
    this.flush()
  }

  reportLogFault(fault: LogFault, onDurable: () => void): void {
    this.#logFaults.add(fault, onDurable)
    this.flush()
  }

  reportAction(report: ActionReport): void {
    this.#actions.add(report)
    if (this.#actions.isDue) this.flush()
    else this.wake()
  }

  reportAgentClaims(open: readonly AgentClaim[]): void {
    this.#agentClaims = open
    if (this.#claims.newAgentClaims(open).length > 0) this.flush()
  }

  reportApprovalRequest(request: ApprovalRequest): void {
    this.#approvalRequests.add(request)
    this.flush()
  }

  async recordGap(gap: Gap, options: { signal: AbortSignal }): Promise<Batch> {
    const batch = await this.#components.writer.write({ gap }, options)
    this.#isGapRecorded = true
    return batch
  }

  reportAllAgain(): void {
    if (!this.#isGapRecorded) return
    this.#isGapRecorded = false
    this.#claims.reset()
    this.#sightings.reset()
    this.wake()
  }

  wake(): void {
    this.#changed.resolve()
  }

  flush(): void {
    this.#flushed.resolve()
    this.wake()
  }

  async settled({ signal }: { signal: AbortSignal }): Promise<void> {
    this.#actions.hurry()
    this.flush()
    while (!this.#hasChain() || this.#next() !== undefined) await orAborted(this.#rounds.promise, signal)
  }

  async run({ signal }: { signal: AbortSignal }): Promise<void> {
    const { clock } = this.#components
    while (!signal.aborted) {
      try {
        const changed = this.#changed.promise
        await (this.#hasChain() ? this.#actions.dueOr(changed, signal) : orAborted(changed, signal))
        this.#changed = Promise.withResolvers()
        await this.#coalesce(signal)
        while (this.#hasChain() && this.#next() !== undefined) await this.#round(signal)
        this.#rounds.resolve()
        this.#rounds = Promise.withResolvers()
      } catch (error) {
        if (signal.aborted) return
        this.#handleFailure(error)
        // Nothing is lost: claims count as reported only once they are durable.
        await clock.sleep(RETRY_MS, { signal }).catch(() => undefined)
        this.wake()
      }
    }
  }

  /** Waits for more reports to share a batch, until `flush` is called. */
  async #coalesce(signal: AbortSignal): Promise<void> {
    const flushed = new AbortController()
    void this.#flushed.promise.then(() => flushed.abort())
    const either = AbortSignal.any([signal, flushed.signal])
    await this.#components.clock.sleep(this.#init.coalesceMs ?? 150, { signal: either }).catch(() => undefined)
    signal.throwIfAborted()
    this.#flushed = Promise.withResolvers()
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { writer, health, state } = this.#components
    const next = this.#next()
    if (next === undefined) return
    const written = new Set<Receipt>()
    for (const claims of pack(next)) {
      const batch = await writer.write(claims, { signal })
      // Cleared only now, so that a batch with the warning is on disk.
      health.clear('SPOOL_FAILED')
      health.clear('EVIDENCE_FAILED')
      if (!state.isFailing) health.clear('STATE_UNAVAILABLE')
      this.#loggedFailure = undefined
      for (const receipt of claims.receipts ?? []) written.add(receipt)
      this.#claims.markReported(claims)
      this.#stopEvents.written(claims.stopEvents?.length ?? 0)
      this.#approvalRequests.written(claims.approvalRequests ?? [])
      this.#tamperSigns.written(claims.tamperSigns?.length ?? 0)
      this.#logFaults.written(claims.logFaults?.length ?? 0)
      this.#actions.written(claims)
      this.#receipts = this.#receipts.filter(({ receipt, onDurable }) => {
        if (!written.has(receipt)) return true
        onDurable()
        return false
      })
      this.#components.log.debug('evidence written', { sequence: batch.sequence, sizeBytes: batch.jws.length })
    }
    if (next.sightings === undefined) return
    this.#sightings.markReported(next.sightings)
    if (next.sightings.mode === 'full') this.#claims.markSnapshotReported()
  }

  /** Says whether the device is enrolled. Resets the ledgers for a new chain, in which nothing has been reported. */
  #hasChain(): boolean {
    const { chain } = this.#components.spool
    if (chain === undefined || chain.device === '') return false
    const key = `${chain.device}/${chain.epoch}`
    if (key !== this.#chainKey) {
      this.#chainKey = key
      this.#claims.reset()
      this.#sightings.reset()
    }
    return true
  }

  /** @returns everything that is not reported yet; undefined when there is nothing. */
  #next() {
    if (this.#claims.expire()) this.#sightings.requireFull()
    const findings = this.#newFindings()
    const inventory = this.#claims.ifChanged('inventory', this.#inventory)
    const health = this.#claims.ifChanged('health', [...this.#health])
    const receipts = this.#receipts.map(({ receipt }) => receipt)
    let sightings = this.#sightings.nextReport()
    if (sightings?.mode === 'delta' && !sourcesFit(sightings)) {
      this.#sightings.requireFull()
      sightings = this.#sightings.nextReport()
    }
    // The directory may still show warnings of an earlier run. An empty list goes along with other claims, never alone.
    const isHealthNews = health !== undefined && (health.length > 0 || this.#claims.isReported('health'))
    const isEmpty = !isHealthNews && [findings, inventory, sightings].every((part) => part === undefined)
    const [stopEvents, approvalRequests] = [this.#stopEvents.next, this.#approvalRequests.next]
    const [tamperSigns, logFaults] = [this.#tamperSigns.next, this.#logFaults.next]
    const agentClaims = this.#claims.newAgentClaims(this.#agentClaims)
    const once = [receipts, stopEvents, agentClaims, approvalRequests, tamperSigns, logFaults]
    if (isEmpty && once.every(({ length }) => length === 0) && !this.#actions.isDue) return undefined
    return {
      ...(findings === undefined ? {} : { findings: [...findings] }),
      ...(inventory === undefined ? {} : { inventory }),
      ...(health === undefined ? {} : { health }),
      receipts,
      stopEvents,
      agentClaims,
      approvalRequests,
      tamperSigns,
      logFaults,
      ...this.#actions.next,
      sightings,
      snapshot: randomBytes(16).toString('hex'),
    }
  }

  #newFindings(): readonly Finding[] | undefined {
    const findings = this.#findings
    if (findings === undefined) return undefined
    // After a restart, checks that are still running must not look as if they were not reported any more.
    if (this.#isPartial && this.#components.spool.chain?.posture !== CHAIN_START.hash) return undefined
    return this.#claims.ifChanged('findings', findings)
  }

  #handleFailure(error: unknown): void {
    const { health, log } = this.#components
    const code = codeOf(error)
    // The write is repeated every few seconds: the same failure is an error line once.
    const write = code !== undefined && code === this.#loggedFailure ? log.debug : log.error
    write('evidence could not be written', { code, reason: describeError(error) })
    this.#loggedFailure = code
    // Keys and spool have warnings of their own.
    if (!isKeyError(code) && code?.startsWith('STORE_') !== true)
      health.raise('EVIDENCE_FAILED', code && `Error ${code}.`)
  }

  #noteInvalid(by: 'findings' | Scope, reasons: Checked<unknown>['refused']): void {
    const { health, log } = this.#components
    // A full scan replaces what every other scan observed. A partial one says nothing about other parts.
    if (by === 'all') for (const scope of ['all', 'processes', 'part'] as const) this.#withInvalid.delete(scope)
    else if (by !== 'part') this.#withInvalid.delete(by)
    if (reasons.length > 0) {
      this.#withInvalid.add(by)
      log.error('items left out of evidence', { count: reasons.length, first: reasons[0] })
    }
    if (this.#withInvalid.size > 0) health.raise('ITEM_REFUSED')
    else health.clear('ITEM_REFUSED')
  }
}
