import { networkOf } from '../../base/network-of.ts'

/** How far a socket has come. A good device takes the first three in one breath; its TPM may need long for the last. */
export type Step = 'connected' | 'greeted' | 'upgraded' | 'challenged'

export interface Admission {
  /** `drop` spends nothing on it, `refuse` tells why, which costs a TLS handshake. */
  readonly verdict: 'accept' | 'refuse' | 'drop'
  /** The socket that must go to make room. */
  readonly evict?: string
}

/**
 * Counts sockets whose device is not authenticated yet, in total and by network, and says who goes when there are too
 * many. Whoever holds many loses first; whoever stands still makes room for whoever comes from the same network; networks
 * in which devices have authenticated before come before those of which nobody knows anything.
 */
export interface PendingSockets {
  add(socket: string, address: string): Admission
  reached(socket: string, step: Step): void
  /** Its device was authenticated: its network is known from now on. */
  authenticated(socket: string): void
  /** It is gone. */
  remove(socket: string): void
  readonly size: number
}

export interface PendingSocketsInit {
  readonly total: number
  readonly perAddress: number
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
}

/** Beyond the limit so many more are told why, in total and of one address; the rest is cut off. */
const TOLD_WHY = 1.125
/** Who has not said hello after this time, while others wait for the place, makes room. */
const STILL_MS = 2_000
const MAX_KNOWN_NETWORKS = 65_536
const STEPS: readonly Step[] = ['connected', 'greeted', 'upgraded', 'challenged']

interface Pending {
  readonly name: string
  readonly network: string
  step: number
  since: number
}

export function pendingSockets({ total, perAddress, now }: PendingSocketsInit): PendingSockets {
  // Both in the order in which they came.
  const all = new Map<string, Pending>()
  const networks = new Map<string, Set<Pending>>()
  const known = new Set<string>()

  const remove = (name: string) => {
    const pending = all.get(name)
    if (pending === undefined) return undefined
    all.delete(name)
    const others = networks.get(pending.network)
    others?.delete(pending)
    if (others?.size === 0) networks.delete(pending.network)
    return pending
  }
  const standsStill = ({ step, since }: Pending) => step < STEPS.indexOf('challenged') && now() - since >= STILL_MS
  /** The one that has come least far; of several the oldest. */
  const weakest = (some: Iterable<Pending>) => {
    let found: Pending | undefined
    for (const one of some) if (found === undefined || one.step < found.step) found = one
    return found
  }
  const largest = (wanted: (network: string, size: number) => boolean) => {
    let found: Set<Pending> | undefined
    for (const [network, some] of networks) {
      if (some.size > (found?.size ?? 0) && wanted(network, some.size)) found = some
    }
    return found
  }
  const roomInNetwork = (network: string) => weakest((networks.get(network) ?? new Set()).values().filter(standsStill))
  const roomInTotal = (network: string, own: number) => {
    const mine = known.has(network)
    const strangers = largest((other, size) => !known.has(other) && (mine || size > own + 1))
    const many = strangers ?? largest((_, size) => size > own + 1)
    return weakest(many ?? all.values().filter(standsStill))
  }
  const judge = (size: number, limit: number) =>
    size < limit ? 'accept' : size < Math.ceil(limit * TOLD_WHY) + 1 ? 'refuse' : 'drop'

  return {
    get size() {
      return all.size
    },
    add(name, address) {
      const network = networkOf(address)
      const own = networks.get(network)?.size ?? 0
      const evicted =
        own >= perAddress ? roomInNetwork(network) : all.size >= total ? roomInTotal(network, own) : undefined
      if (evicted !== undefined) remove(evicted.name)
      const verdicts = evicted === undefined ? [judge(all.size, total), judge(own, perAddress)] : []
      if (verdicts.includes('drop')) return { verdict: 'drop' }
      const pending = { name, network, step: 0, since: now() }
      all.set(name, pending)
      networks.set(network, (networks.get(network) ?? new Set()).add(pending))
      const evict = evicted === undefined ? {} : { evict: evicted.name }
      return { verdict: verdicts.includes('refuse') ? 'refuse' : 'accept', ...evict }
    },
    reached(name, step) {
      const pending = all.get(name)
      if (pending === undefined) return
      pending.step = STEPS.indexOf(step)
      pending.since = now()
    },
    authenticated(name) {
      const pending = remove(name)
      if (pending === undefined) return
      known.delete(pending.network)
      known.add(pending.network)
      const oldest = known.size > MAX_KNOWN_NETWORKS ? known.values().next().value : undefined
      if (oldest !== undefined) known.delete(oldest)
    },
    remove: (name) => void remove(name),
  }
}
