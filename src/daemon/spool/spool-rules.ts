import { SuretyError } from '../../base/errors.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Batch, Chain, ChainPosition } from './chain.ts'
import type { SpoolStore } from './spool-store.ts'

/** Which batches may be appended, which ones a full spool drops, and what a sound spool looks like. */

export interface SpoolBound {
  readonly maxBytes: number
  /** Acknowledged batches that are kept for a directory that is restored from a backup. */
  readonly keepAcknowledgedBytes?: number
}

/** A full spool is cut down to this part of its size, so that it does not drop a batch for each new one. */
const PRUNED_SHARE = 0.9

/** How many of `sizes`, from the first on, fit beside `unacknowledgedBytes` without dropping any of those. */
export function countFitting(sizes: readonly number[], unacknowledgedBytes: number, { maxBytes }: SpoolBound): number {
  let bytes = unacknowledgedBytes
  const tooMuch = sizes.findIndex((size) => {
    // A batch that is larger than the spool still fits when it is alone.
    const isAlone = bytes === 0
    bytes += size
    return !isAlone && bytes > maxBytes * PRUNED_SHARE
  })
  return tooMuch === -1 ? sizes.length : tooMuch
}

/** Drops the oldest batches: first surplus acknowledged ones, then any while the spool is too large. */
export function prune(
  store: SpoolStore,
  { chain, bytes: held }: { readonly chain: Chain; readonly bytes: number },
  { maxBytes, keepAcknowledgedBytes = maxBytes / 16 }: SpoolBound,
): { chain: Chain; bytes: number; acknowledgedBytes: number } {
  let bytes = held
  let acknowledgedBytes = store.bytesUpTo(chain.acknowledged.sequence)
  let floor = chain.floor
  const target = bytes > maxBytes ? maxBytes * PRUNED_SHARE : maxBytes
  for (let oldest = store.oldest(); oldest !== undefined; oldest = store.oldest()) {
    const isAcknowledged = oldest.sequence <= chain.acknowledged.sequence
    const isSurplus = isAcknowledged && acknowledgedBytes > keepAcknowledgedBytes
    // The newest batch always stays: it would have been signed for nothing.
    if (oldest.sequence === chain.head.sequence || (!isSurplus && bytes <= target)) break
    store.remove(oldest.sequence)
    bytes -= oldest.bytes
    if (isAcknowledged) acknowledgedBytes -= oldest.bytes
    floor = { sequence: oldest.sequence, hash: oldest.hash }
  }
  return { chain: { ...chain, floor }, bytes, acknowledgedBytes }
}

/** The unacknowledged batches of one chain that were dropped between two states of it. */
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
    throw new SuretyError('INPUT_TOO_LARGE', `a batch of ${batch.jws.length} bytes is larger than a frame`)
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

/**
 * Requires that the store holds exactly the batches that the chain names. Missing rows would fork the chain.
 *
 * @throws `STORE_CORRUPT`.
 */
export function requireComplete(store: SpoolStore, { floor, head, acknowledged }: Chain): void {
  const oldest = store.oldest()
  const newest = oldest === undefined ? floor : store.read(head.sequence)
  const { batches, sizesMatch } = store.held()
  const isComplete = sizesMatch && batches === head.sequence - floor.sequence && newest?.hash === head.hash
  const first = oldest === undefined ? head.sequence + 1 : oldest.sequence
  const acknowledgedHash = store.read(acknowledged.sequence)?.hash ?? acknowledged.hash
  const isPossible = acknowledged.sequence <= head.sequence && acknowledgedHash === acknowledged.hash
  if (!isComplete || !isPossible || first !== floor.sequence + 1) {
    throw new SuretyError('STORE_CORRUPT', 'the spool does not hold the batches that its chain names')
  }
}

/** Reads the stored acknowledgement and removes a damaged one. The evidence beside it is whole, and a new one will come. */
export function readAcknowledgement(store: SpoolStore, onDamaged: (() => void) | undefined): string | undefined {
  const { jws, isDamaged } = store.readAcknowledgement()
  if (isDamaged) {
    store.writeAcknowledgement(undefined)
    onDamaged?.()
  }
  return jws
}

/** The hash at `sequence`, where the chain itself names it. */
export function hashInChain(chain: Chain | undefined, sequence: number): string | undefined {
  return [chain?.head, chain?.floor, chain?.acknowledged].find((position) => position?.sequence === sequence)?.hash
}

export function forkError({ sequence }: ChainPosition): SuretyError {
  return new SuretyError(
    'EVIDENCE_FORKED',
    `the directory has other bytes at sequence ${sequence} than this device signed`,
  )
}
