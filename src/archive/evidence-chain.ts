import type { Gap } from '../protocol/messages/evidence.ts'

/** A batch whose signature verified. */
export interface ArchivedBatch {
  readonly line: number
  readonly sequence: number
  readonly previous: string
  readonly hash: string
  readonly gap: Gap | undefined
  /** Seconds since 1970, by the device's clock. */
  readonly iat: number
}

/** Batches that a full spool dropped, as the device signed it. */
export interface ArchivedGap {
  readonly firstSequence: number
  readonly lastSequence: number
  /** Sequence of the batch with the record. */
  readonly signedIn: number
}

export interface WalkedChain {
  /** Batches in the chain. */
  readonly chained: number
  /** Genuine batches inside a gap: their place cannot be proven. */
  readonly unplaced: number
  readonly gaps: ArchivedGap[]
  readonly problems: readonly { readonly line?: number; readonly message: string }[]
}

/** 32 zero bytes: what the first batch of an epoch names. */
const BEFORE_FIRST = Buffer.alloc(32).toString('base64url')

/** Follows the chain of one epoch from its first batch. Pure. @param batches in the order of their sequences. */
export function walkChain(batches: readonly ArchivedBatch[]): WalkedChain {
  const records = batches.filter(({ gap }) => gap !== undefined)
  const hashes = new Map([[0, BEFORE_FIRST]])
  const gaps: ArchivedGap[] = []
  const problems: { line?: number; message: string }[] = []
  let [next, dropped, chained, unplaced, linked] = [1, 0, 0, 0, true]
  for (const batch of batches) {
    while (batch.sequence > next) {
      const record = records.findLast(
        ({ gap }) =>
          gap !== undefined &&
          gap.firstSequence <= next &&
          next <= gap.lastSequence &&
          hashes.get(gap.firstSequence - 1) === gap.before,
      )
      if (record?.gap === undefined) {
        problems.push({ message: missingWords(next, batch.sequence - 1) })
        next = batch.sequence
        linked = false
        break
      }
      gaps.push({ firstSequence: next, lastSequence: record.gap.lastSequence, signedIn: record.sequence })
      dropped = record.gap.lastSequence
      hashes.set(dropped, record.gap.last)
      next = dropped + 1
    }
    if (batch.sequence <= dropped) {
      unplaced++
      continue
    }
    if (batch.sequence < next) {
      problems.push({ line: batch.line, message: `a second batch has sequence ${batch.sequence}` })
      continue
    }
    if (linked && batch.previous !== hashes.get(next - 1)) {
      problems.push({ line: batch.line, message: `batch ${batch.sequence} does not follow the batch before it` })
    }
    linked = true
    hashes.set(next++, batch.hash)
    chained++
  }
  return { chained, unplaced, gaps, problems }
}

function missingWords(first: number, last: number): string {
  return first === last ? `batch ${first} is missing` : `batches ${first} to ${last} are missing`
}
