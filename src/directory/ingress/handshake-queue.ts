import type { Socket } from 'node:net'

/**
 * Whose turn it is to speak TLS: one of each network after the other, and those whose devices keep failing to
 * authenticate only so often. A network is trusted with some unproven handshakes; each that is proven is given back.
 */
export interface Turns {
  add(network: string, socket: Socket): void
  /** The one that waits longest, of the network whose turn it is; undefined when nobody may come in now. */
  next(): Socket | undefined
  /** A device of that network was authenticated. */
  proven(network: string): void
  /** Somebody waits, though not for now. */
  readonly waiting: boolean
}

export interface TurnsInit {
  /** Unproven handshakes of one network at once, before it is held to its rate. */
  readonly credit: number
  /** And so many more a second. */
  readonly perSecond: number
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
}

const MAX_NETWORKS = 65_536

interface Account {
  credit: number
  at: number
}

export function turns({ credit, perSecond, now }: TurnsInit): Turns {
  const queues = new Map<string, Socket[]>()
  // Whoever is not here has all of its credit.
  const accounts = new Map<string, Account>()

  const accountOf = (network: string): Account => {
    const at = now()
    const known = accounts.get(network)
    const earned = known === undefined ? credit : known.credit + ((at - known.at) * perSecond) / 1000
    return { credit: Math.min(credit, earned), at }
  }
  const keep = (network: string, account: Account) => {
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
        if (queue.length > 0) queues.set(network, queue) // behind all others
        if (socket === undefined) continue
        keep(network, { ...account, credit: account.credit - 1 })
        return socket
      }
      return undefined
    },
    proven(network) {
      const account = accountOf(network)
      keep(network, { ...account, credit: Math.min(credit, account.credit + 1) })
    },
  }
}
