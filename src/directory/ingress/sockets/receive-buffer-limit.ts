/** A connection that holds received bytes in memory: partial frames, and complete ones that are not taken yet. */
export interface BufferHolder {
  /** All connections together hold too much and this one holds most. It must free its memory. */
  makeRoom(): void
}

/** Bounds the received bytes that all connections hold together. */
export interface ReceiveBufferLimit {
  /** Sets how many bytes the holder has now. */
  holds(holder: BufferHolder, bytes: number): void
  readonly bytes: number
}

/** Room for sixty frames of the largest size. */
const MOST_BYTES = 64 * 1024 * 1024

/** Beyond the limit, the connection that holds most is ended. Its device sends again what was not acknowledged. */
export function receiveBufferLimit({
  mostBytes = MOST_BYTES,
}: {
  readonly mostBytes?: number
} = {}): ReceiveBufferLimit {
  const held = new Map<BufferHolder, number>()
  let total = 0
  const set = (holder: BufferHolder, bytes: number) => {
    total += bytes - (held.get(holder) ?? 0)
    if (bytes === 0) held.delete(holder)
    else held.set(holder, bytes)
  }
  const most = () => {
    let found: BufferHolder | undefined
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
