import { SuretyError } from '../base/errors.ts'
import { requireSize } from './tree-hash.ts'

/** Which ranges of entries a proof covers, from the lowest to below the root: RFC 6962 sections 2.1.1 and 2.1.2. */

/** Entries from `from` to before `to`. Never empty. */
export interface Range {
  readonly from: number
  readonly to: number
}

export interface PathStep {
  readonly sibling: Range
  readonly side: 'left' | 'right'
}

/** From the leaf `index` up. Both numbers were checked. */
export function pathToLeaf(index: number, size: number): readonly PathStep[] {
  return descend({ from: 0, to: size }, ({ from, to }) => to - from > 1, index).steps
}

/**
 * From the last complete part of the old tree up.
 * @returns `base` is undefined if that part is all of the old tree, so that its hash is known already.
 * @throws `INPUT_MALFORMED`.
 */
export function pathToOldTree(
  oldSize: number,
  size: number,
): { readonly base: Range | undefined; readonly steps: readonly PathStep[] } {
  requireSize(oldSize)
  requireSize(size)
  if (oldSize > size) throw new SuretyError('INPUT_MALFORMED', `the old size, ${oldSize}, is larger than ${size}`)
  if (oldSize === 0 || oldSize === size) return { base: undefined, steps: [] }
  const { end, steps } = descend({ from: 0, to: size }, ({ to }) => to !== oldSize, oldSize - 1)
  return { base: end.from === 0 ? undefined : end, steps }
}

/** Goes towards the entry `index` while `further`. Steps are from the lowest up. */
function descend(
  whole: Range,
  further: (range: Range) => boolean,
  index: number,
): { readonly end: Range; readonly steps: readonly PathStep[] } {
  const steps: PathStep[] = []
  let end = whole
  let half = 2 ** 53
  while (further(end)) {
    const { from, to } = end
    while (half >= to - from) half /= 2
    const middle = from + half
    const [left, right] = [
      { from, to: middle },
      { from: middle, to },
    ]
    if (index < middle) {
      steps.unshift({ sibling: right, side: 'right' })
      end = left
    } else {
      steps.unshift({ sibling: left, side: 'left' })
      end = right
    }
  }
  return { end, steps }
}
