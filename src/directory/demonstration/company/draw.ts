/** Draws by chance that the same words repeat. Not for secrets. */
export interface Draw {
  /** At least 0, less than 1. */
  part(): number
  /** True in this share of cases. */
  chance(share: number): boolean
  /** A whole number, both ends included. */
  between(lowest: number, highest: number): number
  /** @throws `RangeError` for an empty list. */
  pick<T>(items: readonly T[]): T
  /** By the weight of each item. */
  weighted<T extends { readonly weight: number }>(items: readonly T[]): T
  bytes(count: number): Uint8Array<ArrayBuffer>
  hex(digits: number): string
}

/** Mulberry32, begun with the words. */
export function drawOf(...words: readonly (string | number)[]): Draw {
  let state = hashOf(words.join(' '))
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const part = () => next() / 2 ** 32
  const between = (lowest: number, highest: number) => lowest + Math.floor(part() * (highest - lowest + 1))
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => next() & 0xff)
  return {
    part,
    chance: (share) => part() < share,
    between,
    pick: (items) => there(items[between(0, items.length - 1)]),
    weighted(items) {
      let left = part() * items.reduce((sum, { weight }) => sum + weight, 0)
      for (const item of items) {
        left -= item.weight
        if (left < 0) return item
      }
      return there(items[0])
    },
    bytes,
    hex: (digits) =>
      Buffer.from(bytes(Math.ceil(digits / 2)))
        .toString('hex')
        .slice(0, digits),
  }
}

function there<T>(item: T | undefined): T {
  if (item === undefined) throw new RangeError('nothing to draw from')
  return item
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
