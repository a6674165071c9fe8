import type { Evidence, Gap } from '../../protocol/messages/evidence.ts'

/** The end of one epoch's chain: the highest contiguous sequence and the hash of that batch. */
export interface ChainHead {
  readonly sequence: number
  readonly head: string
}

/** What to do with a batch. */
export type Placement =
  | { readonly kind: 'append' }
  /** The same bytes as before. */
  | { readonly kind: 'again' }
  /** A gap record: the chain continues after the dropped batches. `append`: the record itself comes next. */
  | { readonly kind: 'relink'; readonly to: ChainHead; readonly append: boolean; readonly gap: Gap }
  | { readonly kind: 'fork'; readonly held: string }
  | { readonly kind: 'out-of-order' }
  | { readonly kind: 'gap-unproven' }

/**
 * Finds the chain position of a batch. Pure.
 *
 * @param hashAt hash of the stored batch at a sequence. Gap records wait beyond the head.
 */
export function placeInChain(
  chain: ChainHead,
  frame: { readonly evidence: Pick<Evidence, 'sequence' | 'previous' | 'gap'>; readonly hash: string },
  hashAt: (sequence: number) => string | undefined,
): Placement {
  const { sequence, previous, gap } = frame.evidence
  const held = sequence === chain.sequence ? chain.head : hashAt(sequence)
  // After a relink the head is the hash of a dropped batch. A late copy of that batch counts as the same bytes.
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
