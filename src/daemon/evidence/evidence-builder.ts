import { randomBytes } from 'node:crypto'
import { type Clock, orAborted } from '../../base/clock.ts'
import { codeOf, describeError, type ErrorCode } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { WakeUp } from '../../base/wake-up.ts'
import type { Gap, HealthWarning, Inventory, Receipt } from '../../protocol/evidence.ts'
import type { Finding } from '../../protocol/finding.ts'
import type { Health } from '../health/health.ts'
import { isKeyError } from '../health/key-health.ts'
import { type Batch, CHAIN_START } from '../spool/chain.ts'
import type { Spool } from '../spool/spool.ts'
import type { State } from '../state/state.ts'
import type { ChainWriter } from './chain-writer.ts'
import { type Checked, checkedFindings, checkedSightings, checkedSources } from './claims.ts'
import { ClaimsLedger, type ClaimsLedgerInit } from './claims-ledger.ts'
import { pack, sourcesFit } from './pack.ts'
import { type Observed, type Scope, SightingsLedger } from './sightings-ledger.ts'

/** Turns what was found into evidence: only what is new, coalesced, in batches that are durable one after the other. */
export interface EvidenceBuilder {
  /** `partial`: some checks still run; told only where no findings were told before. */
  reportFindings(findings: readonly Finding[], options?: { partial?: boolean }): void
  reportInventory(inventory: Inventory): void
  reportObserved(scope: Scope, observed: Observed): void
  reportHealth(warnings: readonly HealthWarning[]): void
  /** Resolves once the receipt is in the spool. */
  reportReceipt(receipt: Receipt, options: { signal: AbortSignal }): Promise<void>
  /** What was reported is told now, and waits for nothing to share a batch with. */
  hurry(): void
  tellGap(gap: Gap, options: { signal: AbortSignal }): Promise<Batch>
  /** What was told in the batches of a gap the directory does not know. Does nothing unless one was signed since. */
  tellAnew(): void
  /** Something about the chain changed: it was begun, or the key is there. */
  wake(): void
  /** Resolves once all that was reported up to now is durable; no longer waits for more to share a batch with it. */
  settled(options: { signal: AbortSignal }): Promise<void>
  readonly current: Current
  /** Resolves when something was observed, or once the signal is aborted. */
  observed(options: { signal: AbortSignal }): Promise<void>
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
  /** What comes within this time shares a batch: a TPM takes long to sign. */
  readonly coalesceMs?: number
}

export function createEvidenceBuilder(
  components: EvidenceBuilderComponents,
  init: EvidenceBuilderInit = {},
): EvidenceBuilder {
  return new Builder(components, init)
}

interface PendingReceipt {
  readonly receipt: Receipt
  readonly done: () => void
}

class Builder implements EvidenceBuilder {
  readonly #components: EvidenceBuilderComponents
  readonly #init: EvidenceBuilderInit
  readonly #sightings = new SightingsLedger()
  readonly #claims: ClaimsLedger
  readonly #observed = new WakeUp()
  #findings: readonly Finding[] | undefined
  #partial = true
  #inventory: Inventory | undefined
  #health: readonly HealthWarning[] = []
  #receipts: PendingReceipt[] = []
  #line = ''
  #gapTold = false
  /** Whose last report had something that could not be told. */
  readonly #refusing = new Set<'findings' | Scope>()
  #failing: ErrorCode | undefined
  #changed = Promise.withResolvers<void>()
  #rounds = Promise.withResolvers<void>()
  #hurry = Promise.withResolvers<void>()

  constructor(components: EvidenceBuilderComponents, init: EvidenceBuilderInit) {
    this.#components = components
    this.#init = init
    this.#claims = new ClaimsLedger(components, init)
  }

  get current(): Current {
    return { ...this.#sightings.current, findings: this.#findings ?? [], inventory: this.#inventory }
  }

  reportFindings(findings: readonly Finding[], { partial = false } = {}): void {
    if (partial && !this.#partial) return
    this.#partial = partial
    const checked = checkedFindings(findings)
    this.#findings = checked.items
    this.#refused('findings', checked.refused)
    this.wake()
  }

  reportInventory(inventory: Inventory): void {
    this.#inventory = inventory
    this.wake()
  }

  reportObserved(scope: Scope, { sightings, sources }: Observed): void {
    const seen = checkedSightings(sightings)
    const read = checkedSources(sources)
    this.#sightings.observe(scope, { sightings: seen.items, sources: read.items })
    this.#refused(scope, [...seen.refused, ...read.refused])
    this.wake()
    this.#observed.wake()
  }

  observed(options: { signal: AbortSignal }): Promise<void> {
    return this.#observed.wait(options)
  }

  reportHealth(warnings: readonly HealthWarning[]): void {
    this.#health = warnings
    this.wake()
  }

  async reportReceipt(receipt: Receipt, { signal }: { signal: AbortSignal }): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#receipts.push({ receipt, done: resolve })
    this.wake()
    await orAborted(promise, signal)
  }

  async tellGap(gap: Gap, options: { signal: AbortSignal }): Promise<Batch> {
    const batch = await this.#components.writer.write({ gap }, options)
    this.#gapTold = true
    return batch
  }

  tellAnew(): void {
    if (!this.#gapTold) return
    this.#gapTold = false
    this.#claims.forget()
    this.#sightings.forget()
    this.wake()
  }

  wake(): void {
    this.#changed.resolve()
  }

  hurry(): void {
    this.#hurry.resolve()
    this.wake()
  }

  async settled({ signal }: { signal: AbortSignal }): Promise<void> {
    this.#hurry.resolve()
    this.wake()
    while (!this.#ready() || this.#next() !== undefined) await orAborted(this.#rounds.promise, signal)
  }

  async run({ signal }: { signal: AbortSignal }): Promise<void> {
    const { clock } = this.#components
    while (!signal.aborted) {
      try {
        await orAborted(this.#changed.promise, signal)
        this.#changed = Promise.withResolvers()
        await this.#gather(signal)
        while (this.#ready() && this.#next() !== undefined) await this.#round(signal)
        this.#rounds.resolve()
        this.#rounds = Promise.withResolvers()
      } catch (error) {
        if (signal.aborted) return
        this.#failed(error)
        // What could not be told is still pending: nothing is told before it is durable.
        await clock.sleep(RETRY_MS, { signal }).catch(() => undefined)
        this.wake()
      }
    }
  }

  /** Lets more come, unless somebody waits. */
  async #gather(signal: AbortSignal): Promise<void> {
    const enough = new AbortController()
    void this.#hurry.promise.then(() => enough.abort())
    const either = AbortSignal.any([signal, enough.signal])
    await this.#components.clock.sleep(this.#init.coalesceMs ?? 150, { signal: either }).catch(() => undefined)
    signal.throwIfAborted()
    this.#hurry = Promise.withResolvers()
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { writer, health, state } = this.#components
    const next = this.#next()
    if (next === undefined) return
    const told = new Set<Receipt>()
    for (const claims of pack(next)) {
      const batch = await writer.write(claims, { signal })
      // Cleared only now, so that the batch that tells of it is on disk.
      health.clear('SPOOL_FAILED')
      health.clear('EVIDENCE_FAILED')
      if (!state.isFailing) health.clear('STATE_UNAVAILABLE')
      this.#failing = undefined
      for (const receipt of claims.receipts ?? []) told.add(receipt)
      this.#claims.tell(claims)
      this.#receipts = this.#receipts.filter(({ receipt, done }) => {
        if (!told.has(receipt)) return true
        done()
        return false
      })
      this.#components.log.debug('evidence written', { sequence: batch.sequence, sizeBytes: batch.jws.length })
    }
    if (next.sightings === undefined) return
    this.#sightings.tell(next.sightings)
    if (next.sightings.mode === 'full') this.#claims.tellSnapshot()
  }

  /** Is there a chain? In another one nothing has been told yet. */
  #ready(): boolean {
    const { chain } = this.#components.spool
    if (chain === undefined || chain.device === '') return false
    const line = `${chain.device}/${chain.epoch}`
    if (line !== this.#line) {
      this.#line = line
      this.#claims.forget()
      this.#sightings.forget()
    }
    return true
  }

  #next() {
    if (this.#claims.askAgain()) this.#sightings.askFull()
    const findings = this.#newFindings()
    const inventory = this.#claims.news('inventory', this.#inventory)
    const health = this.#claims.news('health', [...this.#health])
    const receipts = this.#receipts.map(({ receipt }) => receipt)
    let sightings = this.#sightings.next()
    if (sightings?.mode === 'delta' && !sourcesFit(sightings)) {
      this.#sightings.askFull()
      sightings = this.#sightings.next()
    }
    // Warnings of an earlier run may stand in the register. That there are none goes along with whatever is told first.
    const warned = health !== undefined && (health.length > 0 || this.#claims.isTold('health'))
    const nothing = !warned && [findings, inventory, sightings].every((part) => part === undefined)
    if (nothing && receipts.length === 0) return undefined
    return {
      ...(findings === undefined ? {} : { findings: [...findings] }),
      ...(inventory === undefined ? {} : { inventory }),
      ...(health === undefined ? {} : { health }),
      receipts,
      sightings,
      snapshot: randomBytes(16).toString('hex'),
    }
  }

  #newFindings(): readonly Finding[] | undefined {
    const findings = this.#findings
    if (findings === undefined) return undefined
    // After a restart, checks that still run must not look as if they were no longer reported.
    if (this.#partial && this.#components.spool.chain?.posture !== CHAIN_START.hash) return undefined
    return this.#claims.news('findings', findings)
  }

  #failed(error: unknown): void {
    const { health, log } = this.#components
    const code = codeOf(error)
    // It is tried again every few seconds: one line for each reason will do.
    const write = code !== undefined && code === this.#failing ? log.debug : log.error
    write('evidence could not be written', { code, reason: describeError(error) })
    this.#failing = code
    // Whoever keeps the keys tells of them, and the spool of itself.
    if (!isKeyError(code) && code?.startsWith('STORE_') !== true)
      health.raise('EVIDENCE_FAILED', code && `Error ${code}.`)
  }

  #refused(by: 'findings' | Scope, reasons: Checked<unknown>['refused']): void {
    const { health, log } = this.#components
    // A whole look tells of all that others saw; a look at a part says nothing of the other parts.
    if (by === 'all') for (const scope of ['all', 'processes', 'part'] as const) this.#refusing.delete(scope)
    else if (by !== 'part') this.#refusing.delete(by)
    if (reasons.length > 0) {
      this.#refusing.add(by)
      log.error('items left out of evidence', { count: reasons.length, first: reasons[0] })
    }
    if (this.#refusing.size > 0) health.raise('ITEM_REFUSED')
    else health.clear('ITEM_REFUSED')
  }
}

const RETRY_MS = 5_000
