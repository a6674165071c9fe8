import { networkOf } from '../../../base/text/network-of.ts'

/** Progress of a socket. A good device passes the first three steps at once. Its TPM may take long after `challenged`. */
export type Step = 'connected' | 'greeted' | 'upgraded' | 'challenged'

export interface Admission {
  /** `refuse` sends the reason, which costs a TLS handshake. `drop` costs nothing. */
  readonly verdict: 'accept' | 'refuse' | 'drop'
  /** The socket to close to make room. */
  readonly evict?: string
}

/**
 * Counts sockets whose device is not authenticated yet, in total and by network, and chooses which to close when there are too
 * many. Networks with many sockets lose first. Within a network, idle sockets make room for new ones. Networks in which devices
 * have authenticated before take precedence over unknown ones.
 */
export interface PendingSockets {
  /** Counts a socket that arrived, or one that was removed and waits again. */
  add(socket: string, address: string): Admission
  reached(socket: string, step: Step): void
  /** The device was authenticated, so its network is known from now on. */
  authenticated(socket: string): void
  /** The socket closed, or is counted elsewhere. */
  remove(socket: string): void
  readonly size: number
}

export interface PendingSocketsInit {
  readonly total: number
  readonly perAddress: number
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
}

/** Sockets up to this multiple of a limit receive a refusal. Further ones are dropped. */
const REFUSED_FACTOR = 1.125
/** A socket without a hello after this time may be closed to make room. */
const IDLE_MS = 2_000
const MAX_KNOWN_NETWORKS = 65_536
const STEPS: readonly Step[] = ['connected', 'greeted', 'upgraded', 'challenged']

interface Pending {
  readonly name: string
  readonly network: string
  step: number
  since: number
}

export function pendingSockets({ total, perAddress, now }: PendingSocketsInit): PendingSockets {
  // Both in order of arrival.
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
  const isIdle = ({ step, since }: Pending) => step < STEPS.indexOf('challenged') && now() - since >= IDLE_MS
  /** The socket with the least progress, the oldest of several. */
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
  const roomInNetwork = (network: string) => weakest((networks.get(network) ?? new Set()).values().filter(isIdle))
  const roomInTotal = (network: string, own: number) => {
    const mine = known.has(network)
    const strangers = largest((other, size) => !known.has(other) && (mine || size > own + 1))
    const many = strangers ?? largest((_, size) => size > own + 1)
    return weakest(many ?? all.values().filter(isIdle))
  }
  const judge = (size: number, limit: number) =>
    size < limit ? 'accept' : size < Math.ceil(limit * REFUSED_FACTOR) + 1 ? 'refuse' : 'drop'

  return {
    get size() {
      return all.size
    },
    add(name, address) {
      remove(name)
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
