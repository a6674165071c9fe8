import type { SocketAddress } from '../../system/processes/process-details.ts'
import type { FamilyTree } from './family-tree.ts'
import { OTHER_SERVICES } from './model-endpoint.ts'
import type { Reason } from './signals.ts'
import type { Suspect } from './suspects.ts'

/** One other end of connections, and which tool had been started last when it was seen first and last. */
export interface SeenPeer {
  readonly words: string
  readonly first: number
  readonly last: number
}

const MAX_PEERS = 8
const WEIGHT = 15
/** See login.defs(5): the accounts of people begin there. */
const FIRST_PERSON_UID = 1000
const HTTPS = 443

/** Where it was seen connected to, with what is connected now. @param lastTool when its last tool was started. */
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

/** It asks, runs one thing, and asks again at the same place: of a program whose tools come one after another. */
export function askedBetweenReason(peers: ReadonlyMap<string, SeenPeer>): Reason | undefined {
  for (const { words, first, last } of peers.values()) {
    if (first < last) {
      return { name: 'asks-between', weight: WEIGHT, detail: `speaks to ${words} before one tool and before the next` }
    }
  }
  return undefined
}

/** What the system starts for itself, as agents of clouds and of management are, runs commands that it is sent. */
export function isSystemService(tree: FamilyTree, { origin }: Suspect): boolean {
  const { userId, ttyNumber, parentPid } = origin
  return Number(userId) < FIRST_PERSON_UID && ttyNumber === 0 && parentPid === 1 && tree.parentOf(origin)?.pid === 1
}
