import type { Socket } from 'node:net'

/**
 * Queues sockets for their TLS handshake, round robin by network. Each network has credit for some handshakes. One that ends in
 * authentication returns its credit; the others are limited to a rate.
 */
export interface HandshakeQueue {
  add(network: string, socket: Socket): void
  /** The oldest socket of the next network. Undefined if no network has one and credit for it. */
  next(): Socket | undefined
  /** A device of the network was authenticated. */
  authenticated(network: string): void
  /** True while sockets wait. */
  readonly waiting: boolean
}

export interface HandshakeQueueInit {
  /** Handshakes of one network before its rate applies. */
  readonly credit: number
  /** Credit that a network regains per second. */
  readonly perSecond: number
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
}

const MAX_NETWORKS = 65_536

interface Account {
  credit: number
  at: number
}

export function handshakeQueue({ credit, perSecond, now }: HandshakeQueueInit): HandshakeQueue {
  const queues = new Map<string, Socket[]>()
  // Networks without an entry have full credit.
  const accounts = new Map<string, Account>()

  const accountOf = (network: string): Account => {
    const at = now()
    const known = accounts.get(network)
    const earned = known === undefined ? credit : known.credit + ((at - known.at) * perSecond) / 1000
    return { credit: Math.min(credit, earned), at }
  }
  const store = (network: string, account: Account) => {
    accounts.delete(network)
    if (account.credit < credit) accounts.set(network, account)
    const oldest = accounts.size > MAX_NETWORKS ? accounts.keys().next().value : undefined
    if (oldest !== undefined) accounts.delete(oldest)
  }
  return {
    get waiting() {
      return queues.size > 0
    },
    add(network, socket) {
      const queue = queues.get(network)
      if (queue === undefined) queues.set(network, [socket])
      else queue.push(socket)
    },
    next() {
      for (const [network, queue] of queues) {
        while (queue[0]?.destroyed === true) queue.shift()
        const account = accountOf(network)
        if (queue.length > 0 && account.credit < 1) continue
        const socket = queue.shift()
        queues.delete(network)
        if (queue.length > 0) queues.set(network, queue) // to the end
        if (socket === undefined) continue
        store(network, { ...account, credit: account.credit - 1 })
        return socket
      }
      return undefined
    },
    authenticated(network) {
      const account = accountOf(network)
      store(network, { ...account, credit: Math.min(credit, account.credit + 1) })
    },
  }
}
