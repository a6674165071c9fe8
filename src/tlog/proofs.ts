import type { Bytes } from '../base/bytes.ts'
import { EMPTY_ROOT, foldRight, requireIndex, requireSize } from './tree-hash.ts'
import { pathToLeaf, pathToOldTree, type Range } from './tree-paths.ts'

/** Making proofs: RFC 6962 sections 2.1.1 and 2.1.2. `check-proofs.ts` checks them. */

/** The complete tree over the entries from `index * 2 ** level` to before `(index + 1) * 2 ** level`. */
export interface Subtree {
  readonly level: number
  readonly index: number
}

/** Answers the hash of each subtree, in the order asked. One call for one proof, so that it may read each tile once. */
export type ReadSubtrees = (subtrees: readonly Subtree[]) => Promise<readonly Bytes[]>

/** The root of the first `size` entries. @returns 32 bytes. @throws `INPUT_MALFORMED`, and what `read` throws. */
export async function treeRoot(size: number, read: ReadSubtrees): Promise<Bytes> {
  requireSize(size)
  if (size === 0) return EMPTY_ROOT
  const [root = EMPTY_ROOT] = await hashRanges([{ from: 0, to: size }], read)
  return root
}

/**
 * Proves that the tree of `size` entries has the entry `index`. Hashes from the sibling of the leaf to the child of the root.
 * @throws `INPUT_MALFORMED`, and what `read` throws.
 */
export async function inclusionProof(index: number, size: number, read: ReadSubtrees): Promise<readonly Bytes[]> {
  requireIndex(index, size)
  return hashRanges(
    pathToLeaf(index, size).map(({ sibling }) => sibling),
    read,
  )
}

/**
 * Proves that the tree of `size` entries begins with the tree of `oldSize` entries. Empty if both sizes are the same, or the old
 * one is 0.
 * @throws `INPUT_MALFORMED`, also if `oldSize` is larger; what `read` throws.
 */
export async function consistencyProof(oldSize: number, size: number, read: ReadSubtrees): Promise<readonly Bytes[]> {
  const { base, steps } = pathToOldTree(oldSize, size)
  const siblings = steps.map(({ sibling }) => sibling)
  return hashRanges(base === undefined ? siblings : [base, ...siblings], read)
}

async function hashRanges(ranges: readonly Range[], read: ReadSubtrees): Promise<readonly Bytes[]> {
  const cut = ranges.map(alignedSubtrees)
  const all = cut.flat()
  const hashes = all.length === 0 ? [] : await read(all)
  let at = 0
  return cut.map(({ length }) => {
    at += length
    return foldRight(hashes.slice(at - length, at))
  })
}

/** The fewest complete subtrees over a range, left to right. */
export function alignedSubtrees({ from, to }: Range): readonly Subtree[] {
  const subtrees: Subtree[] = []
  for (let [at, level] = [from, 0]; at < to; ) {
    // Up while the subtree begins here and ends within, else down.
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level++
    while (at + 2 ** level > to) level--
    subtrees.push({ level, index: at / 2 ** level })
    at += 2 ** level
  }
  return subtrees
}
