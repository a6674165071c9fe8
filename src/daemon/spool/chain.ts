/** The evidence chain: batches in order, each with the hash of the one before. */

/** A batch's sequence number and the SHA-256 of its compact JWS, base64url. 0 and zeros before the first batch of an epoch. */
export interface ChainPosition {
  readonly sequence: number
  readonly hash: string
}

export const CHAIN_START: ChainPosition = { sequence: 0, hash: 'A'.repeat(43) }

/** The device and epoch that a chain belongs to. The device is '' before it is enrolled. */
export interface ChainOwner {
  readonly device: string
  readonly epoch: number
}

/**
 * What the spool knows of the chain; all of it is durable. The spool holds the batches after `floor` up to `head`. The
 * directory has those up to `acknowledged`. Where `acknowledged` is below `floor`, a full spool dropped the batches between.
 */
export interface Chain extends ChainOwner {
  readonly floor: ChainPosition
  readonly head: ChainPosition
  readonly acknowledged: ChainPosition
  /** SHA-256 of the JSON of the findings last put into a batch, base64url. Zeros before the first. */
  readonly posture: string
}

/** A signed batch. These bytes are sent unchanged, however often. */
export interface Batch extends ChainPosition {
  readonly epoch: number
  /** Hash of the batch before. */
  readonly previous: string
  readonly jws: string
  /** The dropped range, when the batch is a gap record. */
  readonly gap?: { readonly firstSequence: number; readonly lastSequence: number }
  /** The new posture digest, when the batch has findings. */
  readonly posture?: string
}
