import type { Database } from '../../system/sqlite/sqlite.ts'
import type { Batch, Chain, ChainOwner, ChainPosition } from './chain.ts'
import type { ChainWatermark } from './chain-watermark.ts'

/**
 * The durable, bounded spool of signed batches. What a call returned for is on disk.
 *
 * When the batches exceed `maxBytes`, the oldest are dropped, acknowledged ones first. Dropped batches that were not
 * acknowledged leave `acknowledged` below `floor`, and a signed gap record reports them to the directory:
 *
 * - The gap record is an ordinary batch at the head of the chain: its `previous` is the hash of the head. The bytes at a
 *   position never change, so that a dropped position is never filled again.
 * - Its `gap` is `{ firstSequence: a + 1, lastSequence: f, before: hash of a, last: hash of f }`, where `a` is the position
 *   that the welcome acknowledged and `f` is the floor. After the welcome, the device sends the gap record first, out of
 *   order. Then it sends the batches after `f` in order, with the same bytes of the gap record again at its own position.
 * - The directory takes a batch out of order only when its `gap` begins right after what it has: `firstSequence` is its head
 *   plus 1, `before` its head's hash, and `lastSequence` is below the record's own sequence. It keeps the record aside, and
 *   takes `lastSequence + 1` next, whose `previous` is `gap.last`. A gap record in order, whose range a later one has closed
 *   already, relinks nothing. Other bytes at the record's position are a fork.
 * - A restored directory may have forgotten acknowledged batches that the device no longer holds. Its welcome then names a
 *   smaller `a`, and the same gap record reports them.
 * - While the spool is sent (`drain`), nothing unacknowledged is dropped: an append waits for room. After a gap everything is
 *   reported again. If that dropped batches on their way, one gap would lead to the next for ever.
 */
export interface Spool extends Disposable {
  /**
   * Undefined when the chain is not known: `begin` it, or `adopt` the directory's position. After a failed commit the file
   * may be ahead of this value until the next call that reads or writes it.
   */
  readonly chain: Chain | undefined
  /** Starts the chain of a new device or epoch and drops the earlier one. Does nothing when it has started already. */
  begin(owner: ChainOwner): void
  /** Continues at the directory's position. Only for a spool that lost its chain. */
  adopt(owner: ChainOwner, position: ChainPosition): void
  /**
   * Durable when the promise resolves. Appends that wait together share one commit.
   *
   * @throws `CONFLICT` when the batch does not continue the chain; `INPUT_TOO_LARGE`; `STORE_FAILED`: the batch may be in the
   * file nevertheless, and the next append then fails with `CONFLICT`.
   */
  append(batch: Batch): Promise<void>
  read(sequence: number): Batch | undefined
  readGap(range: { firstSequence: number; lastSequence: number }): Batch | undefined
  /**
   * Takes an acknowledgement. An older one changes nothing.
   *
   * @param jws the acknowledgement as signed; absent for a welcome.
   * @throws `EVIDENCE_FORKED` when the directory has other bytes at that position, or a position that was never signed.
   */
  acknowledge(position: ChainPosition, jws?: string): void
  /** The hash of the batch at `sequence`. Undefined when it was dropped or never existed. */
  hashAt(sequence: number): string | undefined
  /** Keeps unacknowledged batches until the result is disposed of: appends wait for room. */
  drain(): Disposable
  /** Resolves once the head is above `sequence`. */
  waitBeyond(sequence: number, options: { signal: AbortSignal }): Promise<void>
  bytes(): number
  /** The newest acknowledgement of this chain, as signed. It proves to a restored directory what it has forgotten. */
  acknowledgement(): string | undefined
}

export interface SpoolComponents {
  /** Opens the database. Called again after a failed commit: a connection that failed once is not trusted. */
  readonly open: () => Database
  /** Moves the damaged database aside, so that `open` makes a new one. */
  readonly setAside: () => void
  readonly watermark?: ChainWatermark
  /** Called for each read or write that fails. */
  readonly onFailed?: (error: unknown) => void
  /** The stored acknowledgement was damaged and has been removed. The batches are whole. */
  readonly onAcknowledgementDamaged?: () => void
  readonly onDropped?: (drop: { firstSequence: number; lastSequence: number }) => void
}
