import type { SeededRandom } from './seeded-random.ts'

/** A file as it was synced, and what was done to it since. */
export interface FileContents {
  synced: Buffer
  changes: ContentChange[]
  /** Nobody sees what is written into it. */
  readonly unknown: boolean
}

type ContentChange =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly size: number }

/** What programs read. */
export function wholeContents({ synced, changes }: FileContents): Buffer {
  return contentsAfter({ synced, changes }, { blockBytes: largest(synced, changes), kept: () => changes.length })
}

/**
 * What a disk may hold: each block, and the size, as they were after any of the changes since the sync, the last one with
 * `chance`; where the file grew over a block that was not written, zeros.
 */
export function tornContents(
  { synced, changes, unknown }: FileContents,
  { random, blockBytes, chance }: { random: SeededRandom; blockBytes: number; chance: number },
): Buffer {
  if (unknown) return Buffer.alloc(32_768, 0xa5)
  if (changes.length === 0) return synced
  const kept = () => (random.happens(chance) ? changes.length : random.below(changes.length))
  return contentsAfter({ synced, changes }, { blockBytes, kept })
}

/** Each block, and the size, after as many of the changes as `kept` says of each. */
function contentsAfter(
  { synced, changes }: Pick<FileContents, 'synced' | 'changes'>,
  { blockBytes, kept }: { blockBytes: number; kept: () => number },
): Buffer {
  const bytes = Buffer.alloc(largest(synced, changes))
  synced.copy(bytes)
  const ofBlock = Array.from({ length: Math.ceil(bytes.length / blockBytes) }, kept)
  for (const [index, change] of changes.entries()) {
    const from = change.kind === 'write' ? change.at : change.size
    const to = change.kind === 'write' ? change.at + change.bytes.length : bytes.length
    for (let block = Math.floor(from / blockBytes); block * blockBytes < to; block++) {
      if ((ofBlock[block] ?? 0) <= index) continue
      const begin = Math.max(from, block * blockBytes)
      const end = Math.min(to, (block + 1) * blockBytes)
      if (change.kind === 'write') change.bytes.copy(bytes, begin, begin - from, end - from)
      else bytes.fill(0, begin, end)
    }
  }
  return bytes.subarray(0, sizeAfter(synced, changes.slice(0, kept())))
}

function sizeAfter(synced: Buffer, changes: readonly ContentChange[]): number {
  return changes.reduce(
    (size, change) => (change.kind === 'write' ? Math.max(size, change.at + change.bytes.length) : change.size),
    synced.length,
  )
}

function largest(synced: Buffer, changes: readonly ContentChange[]): number {
  return changes.reduce(
    (size, change) => Math.max(size, change.kind === 'write' ? change.at + change.bytes.length : change.size),
    Math.max(1, synced.length),
  )
}
