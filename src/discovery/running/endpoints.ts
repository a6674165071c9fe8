import type { AgentSighting } from '../../protocol/sighting.ts'
import type { ProcessSockets } from '../../system/processes/process-details.ts'

type Endpoint = NonNullable<AgentSighting['endpoints']>[number]

const MAX_ADDRESSES = 8
const MAX_ENDPOINTS = 16
const MAX_AGENTS = 1_000
/** Looking for sockets costs milliseconds. */
const LOOK_EVERY_MS = 10_000

/**
 * Where running agents were seen to reach models. Addresses are kept for as long as an agent runs: those of large
 * services change with every connection, and each change would have to be told.
 */
export class SeenEndpoints {
  readonly #addresses = new Map<string, { readonly found: Set<string>; lookedAt: number }>()

  /** Is it time to look again? */
  isDue(id: string, nowMs: number): boolean {
    const seen = this.#addresses.get(id)
    return seen === undefined || nowMs - seen.lookedAt >= LOOK_EVERY_MS
  }

  /** @param modelPorts of the loopback address: another program there is none of our business. */
  note(
    id: string,
    sockets: readonly ProcessSockets[],
    modelPorts: Pick<ReadonlySet<number>, 'has'>,
    nowMs: number,
  ): void {
    const seen = this.#addresses.get(id) ?? { found: new Set<string>(), lookedAt: nowMs }
    seen.lookedAt = nowMs
    for (const { address, port, loopback } of sockets.flatMap(({ connected }) => connected)) {
      if (loopback && !modelPorts.has(port)) continue
      if (seen.found.size < MAX_ADDRESSES)
        seen.found.add(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)
    }
    if (this.#addresses.size < MAX_AGENTS || this.#addresses.has(id)) this.#addresses.set(id, seen)
  }

  /** What has ended is forgotten. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#addresses.keys()) if (!ids.has(id)) this.#addresses.delete(id)
  }

  of(id: string, variables: readonly string[]): Endpoint[] {
    const byName = variables.map((name): Endpoint => ({ by: 'environment', name }))
    const bySocket = [...(this.#addresses.get(id)?.found ?? [])]
      .sort()
      .map((address): Endpoint => ({ by: 'socket', address }))
    return [...byName, ...bySocket].slice(0, MAX_ENDPOINTS)
  }
}
