import type { SocketAddress } from '../../system/processes/process-details.ts'
import type { FamilyTree } from './family-tree.ts'
import { OTHER_SERVICES } from './model-endpoint.ts'
import type { Reason } from './signals.ts'
import type { Suspect } from './suspects.ts'

/** A remote address, with the start of the latest tool when it was first and last seen connected. */
export interface SeenPeer {
  readonly words: string
  readonly first: number
  readonly last: number
}

const MAX_PEERS = 8
const WEIGHT = 15
/** First uid of human users; see login.defs(5). */
const FIRST_PERSON_UID = 1000
const HTTPS = 443

/** Adds the current connections to the known peers. @param lastTool start of the latest tool. */
export function withPeers(
  seen: ReadonlyMap<string, SeenPeer>,
  connected: readonly SocketAddress[],
  lastTool: number,
): ReadonlyMap<string, SeenPeer> {
  const peers = new Map(seen)
  for (const peer of connected) {
    if (OTHER_SERVICES.has(peer.port)) continue
    // Large services have many addresses.
    const key = !peer.loopback && peer.port === HTTPS ? String(HTTPS) : `${peer.address} ${peer.port}`
    const words = `port ${peer.port} of ${peer.loopback ? 'this' : 'another'} machine`
    const before = peers.get(key)
    if (before !== undefined || peers.size < MAX_PEERS) {
      peers.set(key, { words, first: before?.first ?? lastTool, last: lastTool })
    }
  }
  return peers
}

/** The program is connected to the same peer between consecutive tools, as an agent that calls its model. */
export function askedBetweenReason(peers: ReadonlyMap<string, SeenPeer>): Reason | undefined {
  for (const { words, first, last } of peers.values()) {
    if (first < last) {
      return { name: 'asks-between', weight: WEIGHT, detail: `speaks to ${words} before one tool and before the next` }
    }
  }
  return undefined
}

/** System services, such as cloud and management agents, run commands that they receive from a server. */
export function isSystemService(tree: FamilyTree, { origin }: Suspect): boolean {
  const { userId, ttyNumber, parentPid } = origin
  return Number(userId) < FIRST_PERSON_UID && ttyNumber === 0 && parentPid === 1 && tree.parentOf(origin)?.pid === 1
}
