import type { Database } from '../../system/sqlite/sqlite.ts'
import type { Batch, Chain, ChainPosition, Line } from './chain.ts'
import type { ChainWitness } from './chain-witness.ts'

/**
 * The durable, bounded spool of signed batches. Whatever returned is on disk.
 *
 * Bound: when held batches exceed `maxBytes`, the oldest are dropped, acknowledged ones first. What is dropped without
 * an acknowledgement leaves `acknowledged` below `floor`, and a signed gap record tells the directory:
 *
 * - The gap record is an ordinary batch at the head of the chain: its `previous` is the head's hash. Signed bytes at a
 *   place never change, so a dropped place is never filled again.
 * - Its `gap` is `{ firstSequence: a + 1, lastSequence: f, before: hash of a, last: hash of f }`, where `a` is what the
 *   welcome acknowledged and `f` the floor. After the welcome the device sends it first, out of order; then the batches
 *   after `f` in order, the gap record again at its own place, byte for byte the same.
 * - The directory takes a batch out of order only when its `gap` begins right after what it has
 *   (`firstSequence` = its head + 1, `before` = its head's hash, `lastSequence` < the record's own sequence). It keeps
 *   the record aside and next takes `lastSequence + 1` whose `previous` is `gap.last`. A gap record that comes in order
 *   (its range already closed by a later one) relinks nothing. At the record's place other bytes are a fork.
 * - A directory that was restored and has forgotten acknowledged batches that the device no longer holds is told the
 *   same way: its welcome says a smaller `a`.
 * - While the directory takes what is held (`drain`), nothing unacknowledged is dropped: an append waits for room. What
 *   follows a gap is everything anew; if that dropped what is on its way, one gap would lead to the next for ever.
 */
export interface Spool extends Disposable {
  /**
   * Undefined when the chain is not known: begin it, or adopt what the directory has. After a failure it may stand further
   * in the file than is said here, until the next call that reads or writes it.
   */
  readonly chain: Chain | undefined
  /** Begins the chain of a new device or epoch, forgetting older ones. Does nothing when it has begun already. */
  begin(line: Line): void
  /** Continues at the directory's place: only for a spool that lost its chain. */
  adopt(line: Line, position: ChainPosition): void
  /**
   * Durable when the promise resolves. Appends that wait together share one commit.
   *
   * @throws `CONFLICT` when the batch does not continue the chain, `INPUT_TOO_LARGE`, `STORE_FAILED`: whether it is in
   * the chain then, only the file knows, and the next append is refused with `CONFLICT` when it is.
   */
  append(batch: Batch): Promise<void>
  read(sequence: number): Batch | undefined
  readGap(range: { firstSequence: number; lastSequence: number }): Batch | undefined
  /**
   * Takes an acknowledgement; what it forgot of older ones counts for nothing.
   *
   * @throws `EVIDENCE_FORKED` when the directory has other bytes at that place, or a place we never signed.
   */
  acknowledge(position: ChainPosition, receipt?: string): void
  /** What we know of the batch at `sequence`; undefined when it was dropped or never was. */
  hashAt(sequence: number): string | undefined
  /** What is held is on its way, until this is disposed: appends wait for room. */
  drain(): Disposable
  /** Resolves once the head is above `sequence`. */
  waitBeyond(sequence: number, options: { signal: AbortSignal }): Promise<void>
  bytes(): number
  /** The newest acknowledgement of this chain as signed: what a restored directory has forgotten is proven with it. */
  receipt(): string | undefined
}

export interface SpoolComponents {
  /** Opens the database; called again after a failed commit, for a file descriptor that failed once is not trusted. */
  readonly open: () => Database
  /** The database is damaged: puts it aside, so that `open` makes a new one. */
  readonly setAside: () => void
  /** Says where the chain stood, when the database has forgotten. */
  readonly witness?: ChainWitness
  /** Each time it cannot be read or written. */
  readonly onFailed?: (error: unknown) => void
  /** The acknowledgement that it keeps was damaged and is gone; nothing else is. */
  readonly onReceiptDamaged?: () => void
  readonly onDropped?: (drop: { firstSequence: number; lastSequence: number }) => void
}
