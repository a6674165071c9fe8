import type { Clock } from '../../base/clock.ts'
import type { AgentClaim } from '../../protocol/agent-claim.ts'
import type { Claims } from './batch-content.ts'

export interface ClaimsLedgerComponents {
  readonly clock: Pick<Clock, 'now'>
}

export interface ClaimsLedgerInit {
  readonly findingsEveryMs?: number
  readonly snapshotEveryMs?: number
}

const HOUR_MS = 3_600_000

type Part = 'findings' | 'inventory' | 'health'

/** Remembers the findings, inventory and warnings last reported in this chain, and when they are due again. */
export class ClaimsLedger {
  readonly #clock: ClaimsLedgerComponents['clock']
  readonly #init: ClaimsLedgerInit
  /** As JSON. */
  #reported: Partial<Record<Part, string>> = {}
  /** Ids of the agent claims that were reported. */
  #agentClaims = new Set<string>()
  #findingsAt = Number.NEGATIVE_INFINITY
  #snapshotAt = Number.NEGATIVE_INFINITY

  constructor({ clock }: ClaimsLedgerComponents, init: ClaimsLedgerInit) {
    this.#clock = clock
    this.#init = init
  }

  /** @returns `value` when it differs from what was reported last. */
  ifChanged<T>(part: Part, value: T | undefined): T | undefined {
    return value === undefined || JSON.stringify(value) === this.#reported[part] ? undefined : value
  }

  /** @returns those of `open` that were not reported. Forgets the others, so that they are reported again if they come back. */
  newAgentClaims(open: readonly AgentClaim[]): readonly AgentClaim[] {
    this.#agentClaims = this.#agentClaims.intersection(new Set(open.map(({ id }) => id)))
    return open.filter(({ id }) => !this.#agentClaims.has(id))
  }

  isReported(part: Part): boolean {
    return this.#reported[part] !== undefined
  }

  /** Records that `claims` are durable. */
  markReported({ findings, inventory, health, agentClaims = [] }: Claims): void {
    if (findings !== undefined) {
      this.#reported.findings = JSON.stringify(findings)
      this.#findingsAt = this.#clock.now()
    }
    for (const { id } of agentClaims) this.#agentClaims.add(id)
    if (inventory !== undefined) this.#reported.inventory = JSON.stringify(inventory)
    if (health !== undefined) this.#reported.health = JSON.stringify(health)
  }

  /** Records that a full snapshot of the sightings is durable. */
  markSnapshotReported(): void {
    this.#snapshotAt = this.#clock.now()
  }

  /**
   * Forgets what was reported too long ago, so that it is reported again and the directory's view does not depend on one batch
   * for ever.
   *
   * @returns whether a full snapshot of the sightings is due as well.
   */
  expire(): boolean {
    const now = this.#clock.now()
    const snapshotDue = elapsed(now, this.#snapshotAt) >= (this.#init.snapshotEveryMs ?? 6 * HOUR_MS)
    if (snapshotDue) {
      this.#snapshotAt = now
      this.reset()
    }
    if (elapsed(now, this.#findingsAt) >= (this.#init.findingsEveryMs ?? HOUR_MS)) delete this.#reported.findings
    return snapshotDue
  }

  /** Forgets everything that was reported. */
  reset(): void {
    this.#reported = {}
    this.#agentClaims.clear()
  }
}

/** A clock that was set back counts as elapsed time: reporting once too often does no harm. */
function elapsed(now: number, since: number): number {
  return Math.abs(now - since)
}
