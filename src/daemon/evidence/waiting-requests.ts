import type { Clock } from '../../base/clock.ts'
import type { ApprovalRequest } from '../../protocol/gate/action.ts'

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
