import type { Clock } from '../../base/clock.ts'
import type { Claims } from './claims.ts'

export interface ClaimsLedgerComponents {
  readonly clock: Pick<Clock, 'now'>
}

export interface ClaimsLedgerInit {
  readonly findingsEveryMs?: number
  readonly snapshotEveryMs?: number
}

const HOUR_MS = 3_600_000

type Part = 'findings' | 'inventory' | 'health'

/** Keeps what was last told of this device in this chain, beside its sightings, and when it is due again. */
export class ClaimsLedger {
  readonly #clock: ClaimsLedgerComponents['clock']
  readonly #init: ClaimsLedgerInit
  /** As JSON. */
  #told: Partial<Record<Part, string>> = {}
  #findingsAt = Number.NEGATIVE_INFINITY
  #snapshotAt = Number.NEGATIVE_INFINITY

  constructor({ clock }: ClaimsLedgerComponents, init: ClaimsLedgerInit) {
    this.#clock = clock
    this.#init = init
  }

  /** @returns undefined when that is what was told last. */
  news<T>(part: Part, value: T | undefined): T | undefined {
    return value === undefined || JSON.stringify(value) === this.#told[part] ? undefined : value
  }

  isTold(part: Part): boolean {
    return this.#told[part] !== undefined
  }

  /** `claims` are durable. */
  tell({ findings, inventory, health }: Claims): void {
    if (findings !== undefined) {
      this.#told.findings = JSON.stringify(findings)
      this.#findingsAt = this.#clock.now()
    }
    if (inventory !== undefined) this.#told.inventory = JSON.stringify(inventory)
    if (health !== undefined) this.#told.health = JSON.stringify(health)
  }

  /** A full snapshot of the sightings is durable. */
  tellSnapshot(): void {
    this.#snapshotAt = this.#clock.now()
  }

  /**
   * Every few hours everything is told again, so that nothing hangs on one batch for ever.
   *
   * @returns whether the sightings are due as well.
   */
  askAgain(): boolean {
    const now = this.#clock.now()
    const snapshotDue = elapsed(now, this.#snapshotAt) >= (this.#init.snapshotEveryMs ?? 6 * HOUR_MS)
    if (snapshotDue) {
      this.#snapshotAt = now
      this.forget()
    }
    if (elapsed(now, this.#findingsAt) >= (this.#init.findingsEveryMs ?? HOUR_MS)) delete this.#told.findings
    return snapshotDue
  }

  /** Nothing counts as told. */
  forget(): void {
    this.#told = {}
  }
}

/** A clock that was put back counts as time that passed: telling once too often does no harm. */
function elapsed(now: number, since: number): number {
  return Math.abs(now - since)
}
