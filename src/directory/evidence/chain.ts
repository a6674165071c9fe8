import type { Evidence, Gap } from '../../protocol/evidence.ts'

/** Where the chain of one epoch stands: highest contiguous sequence and the hash of that batch. */
export interface ChainHead {
  readonly sequence: number
  readonly head: string
}

/** What becomes of a batch that wants a place in the chain. */
export type Placement =
  | { readonly kind: 'append' }
  /** The same bytes as before. */
  | { readonly kind: 'again' }
  /** A gap record: the chain goes on behind what was dropped; `append` when the record itself is the next. */
  | { readonly kind: 'relink'; readonly to: ChainHead; readonly append: boolean; readonly gap: Gap }
  | { readonly kind: 'fork'; readonly held: string }
  | { readonly kind: 'out-of-order' }
  | { readonly kind: 'gap-unproven' }

/**
 * Finds the place of a batch. Pure.
 *
 * @param hashAt hash of the batch that is already kept at a sequence, also beyond the head (gap records wait there).
 */
export function placeInChain(
  chain: ChainHead,
  frame: { readonly evidence: Pick<Evidence, 'sequence' | 'previous' | 'gap'>; readonly hash: string },
  hashAt: (sequence: number) => string | undefined,
): Placement {
  const { sequence, previous, gap } = frame.evidence
  const held = sequence === chain.sequence ? chain.head : hashAt(sequence)
  // After a relink the head is the hash of a dropped batch: a late copy of it is as good as the same bytes.
  if (held !== undefined) return held === frame.hash ? { kind: 'again' } : { kind: 'fork', held }
  if (sequence === chain.sequence + 1) {
    return previous === chain.head ? { kind: 'append' } : { kind: 'fork', held: chain.head }
  }
  if (sequence <= chain.sequence || gap === undefined) return { kind: 'out-of-order' }
  return relink(chain, { sequence, previous }, gap)
}

function relink(chain: ChainHead, { sequence, previous }: { sequence: number; previous: string }, gap: Gap): Placement {
  const append = gap.lastSequence + 1 === sequence
  const proven =
    gap.firstSequence === chain.sequence + 1 &&
    gap.before === chain.head &&
    gap.lastSequence >= gap.firstSequence &&
    gap.lastSequence < sequence &&
    (!append || previous === gap.last)
  if (!proven) return { kind: 'gap-unproven' }
  return { kind: 'relink', to: { sequence: gap.lastSequence, head: gap.last }, append, gap }
}
