/** Something that holds bytes of a device in memory: frames that are not whole, and whole ones that were not taken yet. */
export interface Holder {
  /** All hold too much together, and this one holds most. It must let go of it. */
  makeRoom(): void
}

/** What all connections hold together. */
export interface Backlog {
  /** How much the holder has now. Bytes. */
  holds(holder: Holder, bytes: number): void
  readonly bytes: number
}

/** Devices are read while they send, so a frame of each may lie here: this is sixty of the largest. */
const MOST_BYTES = 64 * 1024 * 1024

/** When there is too much, the connection with the most is ended: its device sends again what was not acknowledged. */
export function backlog({ mostBytes = MOST_BYTES }: { readonly mostBytes?: number } = {}): Backlog {
  const held = new Map<Holder, number>()
  let total = 0
  const set = (holder: Holder, bytes: number) => {
    total += bytes - (held.get(holder) ?? 0)
    if (bytes === 0) held.delete(holder)
    else held.set(holder, bytes)
  }
  const most = () => {
    let found: Holder | undefined
    for (const [holder, bytes] of held) if (found === undefined || bytes > (held.get(found) ?? 0)) found = holder
    return found
  }
  return {
    get bytes() {
      return total
    },
    holds(holder, bytes) {
      set(holder, bytes)
      while (total > mostBytes) {
        const largest = most()
        if (largest === undefined) return
        set(largest, 0)
        largest.makeRoom()
      }
    },
  }
}
