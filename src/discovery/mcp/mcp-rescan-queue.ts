import type { AgentSighting } from '../../protocol/sighting.ts'
import { MAX_USERS, PerUserRateLimit } from '../scheduling/per-user-rate-limit.ts'

/**
 * Which homes to read again: those of agents that run an MCP server which no entry of their configuration explains. Somebody
 * may have added it since we looked. Each server is a reason once.
 */
export class UnexplainedServers {
  /** That run now and were a reason, or were there when everything was read. */
  #known = new Set<string>()
  readonly #wanted = new Set<string>()
  readonly #pace = new PerUserRateLimit()

  /** @param agents all that run now. */
  see(agents: readonly AgentSighting[]): void {
    const present = new Set<string>()
    for (const { user, parts = [] } of agents) {
      for (const { role, server, pid, startTicks } of parts) {
        if (role !== 'mcp-server' || server !== undefined) continue
        const key = `${pid} ${startTicks}`
        present.add(key)
        if (!this.#known.has(key) && user !== undefined && this.#wanted.size < MAX_USERS) this.#wanted.add(user.id)
      }
    }
    this.#known = present
  }

  /** Every home was just read: what is still unexplained stays so. */
  allRead(agents: readonly AgentSighting[]): void {
    this.see(agents)
    this.#wanted.clear()
  }

  /** Whose homes are to be read now; these are then taken for read. */
  take(nowMs: number): ReadonlySet<string> {
    const due = new Set<string>()
    for (const userId of this.#wanted) {
      if (!this.#pace.isDue(userId, nowMs)) continue
      due.add(userId)
      this.#wanted.delete(userId)
      this.#pace.read(userId, nowMs)
    }
    return due
  }
}
