import type { AgentSighting } from '../../protocol/sighting.ts'

/** A server that nobody is configured with would have its home read for ever: not before so long after the last time. */
const READ_EVERY_MS = 60_000
const MAX_OWNERS = 4_096

/**
 * Which homes to read again: those of agents that run an MCP server which no entry of their configuration explains. Somebody
 * may have added it since we looked. Each server is a reason once.
 */
export class UnexplainedServers {
  /** That run now and were a reason, or were there when everything was read. */
  #known = new Set<string>()
  readonly #wanted = new Set<number>()
  readonly #readAt = new Map<number, number>()

  /** @param agents all that run now. */
  see(agents: readonly AgentSighting[]): void {
    const present = new Set<string>()
    for (const { user, parts = [] } of agents) {
      for (const { role, server, pid, startTicks } of parts) {
        if (role !== 'mcp-server' || server !== undefined) continue
        const key = `${pid} ${startTicks}`
        present.add(key)
        if (!this.#known.has(key) && user !== undefined && this.#wanted.size < MAX_OWNERS) this.#wanted.add(user.uid)
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
  take(nowMs: number): ReadonlySet<number> {
    const due = new Set<number>()
    for (const uid of this.#wanted) {
      if (nowMs - (this.#readAt.get(uid) ?? Number.NEGATIVE_INFINITY) < READ_EVERY_MS) continue
      due.add(uid)
      this.#wanted.delete(uid)
      this.#readAt.delete(uid)
      this.#readAt.set(uid, nowMs)
    }
    for (const uid of this.#readAt.keys()) if (this.#readAt.size > MAX_OWNERS) this.#readAt.delete(uid)
    return due
  }
}
