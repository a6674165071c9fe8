import { type Bytes, equalBytes } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { EMPTY_ROOT, HASH_BYTES, nodeHash, requireIndex } from './tree-hash.ts'
import { pathToLeaf, pathToOldTree } from './tree-paths.ts'

/** Checking proofs. The same rules as RFC 9162 sections 2.1.3.2 and 2.1.4.2. All hashes have 32 bytes. */

export interface Inclusion {
  readonly leaf: Uint8Array
  /** Counted from 0. */
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
  /** From the sibling of the leaf to the child of the root. */
  readonly proof: readonly Uint8Array[]
}

/** @throws `PROOF_INVALID` unless the proof leads from the leaf to the root; `INPUT_MALFORMED` for an impossible index or size. */
export function checkInclusion({ leaf, index, size, root, proof }: Inclusion): void {
  requireIndex(index, size)
  const steps = pathToLeaf(index, size)
  requireHashes([leaf, root, ...proof])
  requireLength(proof, steps.length)
  const computed = steps.reduce((hash, { side }, at) => {
    const sibling = proof[at] ?? EMPTY_ROOT
    return side === 'left' ? nodeHash(sibling, hash) : nodeHash(hash, sibling)
  }, leaf)
  if (!equalBytes(computed, root)) {
    throw new SuretyError('PROOF_INVALID', `the proof of entry ${index} does not lead to the root of the log`)
  }
}

export interface Consistency {
  readonly oldSize: number
  readonly oldRoot: Uint8Array
  readonly size: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * @throws `PROOF_INVALID` unless the new tree begins with the old one; `INPUT_MALFORMED` for an impossible size, or an old size
 * that is larger.
 */
export function checkConsistency({ oldSize, oldRoot, size, root, proof }: Consistency): void {
  const { base, steps } = pathToOldTree(oldSize, size)
  requireHashes([oldRoot, root, ...proof])
  if (oldSize === 0 && !equalBytes(oldRoot, EMPTY_ROOT)) throw inconsistent(oldSize, size)
  if (size === 0 && !equalBytes(root, EMPTY_ROOT)) throw inconsistent(oldSize, size)
  const siblings = base === undefined ? proof : proof.slice(1)
  requireLength(proof, steps.length + (base === undefined ? 0 : 1))
  if (oldSize === 0) return
  let before = base === undefined ? oldRoot : (proof[0] ?? EMPTY_ROOT)
  let now = before
  for (const [at, { side }] of steps.entries()) {
    const sibling: Bytes | Uint8Array = siblings[at] ?? EMPTY_ROOT
    if (side === 'left') before = nodeHash(sibling, before)
    now = side === 'left' ? nodeHash(sibling, now) : nodeHash(now, sibling)
  }
  if (!equalBytes(before, oldRoot) || !equalBytes(now, root)) throw inconsistent(oldSize, size)
}

function inconsistent(oldSize: number, size: number): SuretyError {
  return new SuretyError(
    'PROOF_INVALID',
    `the log of ${size} entries does not begin with the log of ${oldSize} entries`,
  )
}

function requireHashes(hashes: readonly Uint8Array[]): void {
  if (hashes.some(({ length }) => length !== HASH_BYTES)) {
    throw new SuretyError('PROOF_INVALID', `a hash does not have ${HASH_BYTES} bytes`)
  }
}

function requireLength({ length }: readonly Uint8Array[], expected: number): void {
  if (length !== expected) {
    throw new SuretyError('PROOF_INVALID', `the proof has ${length} hashes; for this log it has ${expected}`)
  }
}
