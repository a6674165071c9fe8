/** The places of the evidence chain: which batch, and the hash of its bytes. */

/** A batch's sequence and the SHA-256 of its compact JWS, base64url; 0 and zeros before the first of an epoch. */
export interface ChainPosition {
  readonly sequence: number
  readonly hash: string
}

export const CHAIN_START: ChainPosition = { sequence: 0, hash: 'A'.repeat(43) }

/** Whose chain: one line of batches from sequence 1. The device is '' before it is enrolled. */
export interface Line {
  readonly device: string
  readonly epoch: number
}

/**
 * What the spool knows of the chain, all of it durable. Batches after `floor` up to `head` are held; those up to
 * `acknowledged` are at the directory. `acknowledged` below `floor` means that a full spool dropped what lies between.
 */
export interface Chain extends Line {
  readonly floor: ChainPosition
  readonly head: ChainPosition
  readonly acknowledged: ChainPosition
  /** SHA-256 of the JSON of the findings last put into a batch, base64url; zeros before the first. */
  readonly posture: string
}

/** A batch as it was signed, once: these bytes are sent for ever. */
export interface Batch extends ChainPosition {
  readonly epoch: number
  /** Hash of the batch before. */
  readonly previous: string
  readonly jws: string
  /** The range this batch's `gap` tells of, when it carries one. */
  readonly gap?: { readonly firstSequence: number; readonly lastSequence: number }
  /** The new posture digest, when it carries findings. */
  readonly posture?: string
}
