import { SuretyError } from '../../base/errors.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Batch, Chain, ChainPosition } from './chain.ts'
import type { SpoolStore } from './spool-store.ts'

/** What may be added to a chain, and what a full spool drops. */

export interface SpoolBound {
  readonly maxBytes: number
  /** Acknowledged batches kept for a directory that is restored from a backup. */
  readonly keepAcknowledgedBytes?: number
}

/** A full spool makes room for a while, so that it does not drop one batch for each that comes. */
const ROOM = 0.9

/** How much of `sizes`, from the first on, has room beside `unacknowledgedBytes` without dropping any of those. */
export function countWithRoom(sizes: readonly number[], unacknowledgedBytes: number, { maxBytes }: SpoolBound): number {
  let bytes = unacknowledgedBytes
  const tooMuch = sizes.findIndex((size) => {
    const alone = bytes === 0
    bytes += size
    return !alone && bytes > maxBytes * ROOM
  })
  return tooMuch === -1 ? sizes.length : tooMuch
}

/** Drops the oldest: acknowledged ones above what is kept of them, then any while the spool is too large. */
export function prune(
  store: SpoolStore,
  { chain, bytes: held }: { readonly chain: Chain; readonly bytes: number },
  { maxBytes, keepAcknowledgedBytes = maxBytes / 16 }: SpoolBound,
): { chain: Chain; bytes: number; acknowledgedBytes: number } {
  let bytes = held
  let acknowledgedBytes = store.bytesUpTo(chain.acknowledged.sequence)
  let floor = chain.floor
  const target = bytes > maxBytes ? maxBytes * ROOM : maxBytes
  for (let oldest = store.oldest(); oldest !== undefined; oldest = store.oldest()) {
    const acknowledged = oldest.sequence <= chain.acknowledged.sequence
    const surplus = acknowledged && acknowledgedBytes > keepAcknowledgedBytes
    // The newest batch always stays: nothing is signed only to be thrown away.
    if (oldest.sequence === chain.head.sequence || (!surplus && bytes <= target)) break
    store.remove(oldest.sequence)
    bytes -= oldest.bytes
    if (acknowledged) acknowledgedBytes -= oldest.bytes
    floor = { sequence: oldest.sequence, hash: oldest.hash }
  }
  return { chain: { ...chain, floor }, bytes, acknowledgedBytes }
}

/** What `prune` dropped of one chain before it was acknowledged. */
export function droppedBetween(
  before: Chain | undefined,
  after: Chain | undefined,
): { readonly firstSequence: number; readonly lastSequence: number } | undefined {
  if (before === undefined || after === undefined) return undefined
  if (before.device !== after.device || before.epoch !== after.epoch) return undefined
  const firstSequence = Math.max(before.floor.sequence, after.acknowledged.sequence) + 1
  return firstSequence > after.floor.sequence ? undefined : { firstSequence, lastSequence: after.floor.sequence }
}

/** @throws `INPUT_TOO_LARGE`; `CONFLICT` when the batch does not continue the chain. */
export function extendChain(chain: Chain | undefined, batch: Batch): Chain {
  if (batch.jws.length > LIMITS.frameBytes) {
    throw new SuretyError('INPUT_TOO_LARGE', `a batch of ${batch.jws.length} bytes is more than a frame`)
  }
  if (
    chain === undefined ||
    batch.epoch !== chain.epoch ||
    batch.sequence !== chain.head.sequence + 1 ||
    batch.previous !== chain.head.hash
  ) {
    throw new SuretyError('CONFLICT', `batch ${batch.sequence} does not continue the chain`)
  }
  const head = { sequence: batch.sequence, hash: batch.hash }
  return { ...chain, head, posture: batch.posture ?? chain.posture }
}

/** A file from which rows are missing would fork the chain: it is no better than a damaged one. */
export function checkHeld(store: SpoolStore, { floor, head, acknowledged }: Chain): void {
  const oldest = store.oldest()
  const newest = oldest === undefined ? floor : store.read(head.sequence)
  const { batches, counted } = store.held()
  const whole = counted && batches === head.sequence - floor.sequence && newest?.hash === head.hash
  const first = oldest === undefined ? head.sequence + 1 : oldest.sequence
  const known = store.read(acknowledged.sequence)?.hash ?? acknowledged.hash
  const possible = acknowledged.sequence <= head.sequence && known === acknowledged.hash
  if (!whole || !possible || first !== floor.sequence + 1) {
    throw new SuretyError('STORE_CORRUPT', 'the spool does not hold what its chain says')
  }
}

/** A damaged one is taken away: no reason to set evidence aside that is whole, and the next one takes its place. */
export function soundReceipt(store: SpoolStore, onDamaged: (() => void) | undefined): string | undefined {
  const { ack, damaged } = store.readReceipt()
  if (damaged) store.writeReceipt(undefined)
  if (damaged) onDamaged?.()
  return ack
}

/** What the chain itself says of a place. */
export function hashIn(chain: Chain | undefined, sequence: number): string | undefined {
  return [chain?.head, chain?.floor, chain?.acknowledged].find((position) => position?.sequence === sequence)?.hash
}

export function forked(position: ChainPosition): SuretyError {
  return new SuretyError(
    'EVIDENCE_FORKED',
    `the directory has other bytes at sequence ${position.sequence} than we signed`,
  )
}
