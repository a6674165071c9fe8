/** Counts sockets whose device is not authenticated yet, in total and by address. */
export interface PendingSockets {
  /** @returns what to do with one more: `drop` spends nothing on it, `refuse` tells why, which costs a TLS handshake. */
  add(socket: string, address: string): 'accept' | 'refuse' | 'drop'
  /** It was authenticated or is gone. */
  remove(socket: string): void
  readonly size: number
}

/** Beyond the limit so many more are told why, in total and of one address; the rest is cut off. */
const TOLD_WHY = 1.125

export function pendingSockets(limits: { readonly total: number; readonly perAddress: number }): PendingSockets {
  const addressOf = new Map<string, string>()
  const counts = new Map<string, number>()
  const judge = (size: number, limit: number) =>
    size < limit ? 'accept' : size < Math.ceil(limit * TOLD_WHY) + 1 ? 'refuse' : 'drop'
  return {
    get size() {
      return addressOf.size
    },
    add(socket, address) {
      const count = counts.get(address) ?? 0
      const verdicts = [judge(addressOf.size, limits.total), judge(count, limits.perAddress)]
      if (verdicts.includes('drop')) return 'drop'
      addressOf.set(socket, address)
      counts.set(address, count + 1)
      return verdicts.includes('refuse') ? 'refuse' : 'accept'
    },
    remove(socket) {
      const address = addressOf.get(socket)
      if (address === undefined) return
      addressOf.delete(socket)
      const count = (counts.get(address) ?? 1) - 1
      if (count > 0) counts.set(address, count)
      else counts.delete(address)
    },
  }
}
