import { readFileSync, writeFileSync } from 'node:fs'
import type { SeededRandom } from '../../power/seeded-random.ts'

/** What can become of a file at rest. */
export interface Damage {
  readonly name: string
  apply(path: string): void
}

export function truncations(): readonly Damage[] {
  const to = (name: string, size: (length: number) => number): Damage => ({
    name,
    apply(path) {
      const bytes = readFileSync(path)
      writeFileSync(path, bytes.subarray(0, size(bytes.length)))
    },
  })
  return [
    to('cut to nothing', () => 0),
    to('cut to half', (length) => Math.floor(length / 2)),
    to('cut by one byte', (length) => Math.max(0, length - 1)),
  ]
}

export function bitFlips(random: SeededRandom, count: number): readonly Damage[] {
  return Array.from({ length: count }, () => {
    const [at, bit] = [random.next(), random.below(8)]
    return {
      name: `bit ${bit} at ${at.toFixed(4)} flipped`,
      apply(path) {
        const bytes = readFileSync(path)
        const index = Math.floor(at * bytes.length)
        if (index < bytes.length) bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
        writeFileSync(path, bytes)
      },
    }
  })
}

/** One letter is another: `from` and `to` are equally long, and `from` must be there. */
export function changedText(from: string, to: string): Damage {
  return {
    name: `${from} -> ${to}`,
    apply(path) {
      const bytes = readFileSync(path)
      const places: number[] = []
      for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) places.push(at)
      if (places.length === 0) throw new Error(`${path} has no ${from}`)
      for (const at of places) bytes.write(to, at)
      writeFileSync(path, bytes)
    },
  }
}
