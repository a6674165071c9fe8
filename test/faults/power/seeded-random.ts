/** Random numbers that a printed seed gives again (mulberry32). */
export interface SeededRandom {
  /** In [0, 1). */
  next(): number
  /** A whole number from 0 up to, not including, `bound`. */
  below(bound: number): number
  /** True once in a while: with probability `chance`. */
  happens(chance: number): boolean
  /** Letters that no compressor shortens. */
  text(length: number): string
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (bound: number) => Math.floor(next() * bound)
  return {
    next,
    below,
    happens: (chance) => next() < chance,
    text(length) {
      let text = ''
      for (let at = 0; at < length; at++) text += LETTERS[below(64)]
      return text
    },
  }
}
