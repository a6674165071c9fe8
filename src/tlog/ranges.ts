import type { Bytes } from '../base/bytes.ts'
import { equalBytes } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { alignedSubtrees, type ReadSubtrees } from './proofs.ts'
import { foldRight, HASH_BYTES, nodeHash, requireSize } from './tree-hash.ts'

/** Proving many neighbouring entries at once: the hashes of the complete subtrees before them, then of those behind them. */

/** The entries from `from` to before `to` of a log of `size` entries. At least one. */
export interface EntryRange {
  readonly from: number
  readonly to: number
  readonly size: number
}

/** At most 106 hashes: for each power of two one before and one behind. @throws `INPUT_MALFORMED`, and what `read` throws. */
export async function rangeProof(range: EntryRange, read: ReadSubtrees): Promise<readonly Bytes[]> {
  const { before, behind } = outside(range)
  const asked = [...before, ...behind]
  return asked.length === 0 ? [] : read(asked)
}

/** Takes the leaf hashes of a range one after another, and keeps one hash for each power of two. */
export class RangeCheck {
  readonly #range: EntryRange
  readonly #proof: readonly Uint8Array[]
  readonly #levelsBehind: readonly number[]
  /** Complete subtrees, left to right, each higher than the next. */
  readonly #subtrees: { level: number; hash: Uint8Array }[]
  #taken = 0

  /** @throws `INPUT_MALFORMED` for an impossible range; `PROOF_INVALID` if the proof cannot be of this range. */
  constructor(range: EntryRange, proof: readonly Uint8Array[]) {
    const { before, behind } = outside(range)
    const expected = before.length + behind.length
    if (proof.length !== expected || proof.some(({ length }) => length !== HASH_BYTES)) {
      throw new SuretyError(
        'PROOF_INVALID',
        `the proof has ${proof.length} hashes; for these entries it has ${expected}`,
      )
    }
    this.#range = range
    this.#proof = proof
    this.#levelsBehind = behind.map(({ level }) => level)
    this.#subtrees = before.map(({ level }, at) => ({ level, hash: proof[at] ?? new Uint8Array() }))
  }

  /** @param leaf the hash of the next entry, 32 bytes. @throws `PROOF_INVALID` for more entries than the range has. */
  add(leaf: Uint8Array): void {
    const { from, to } = this.#range
    if (this.#taken === to - from) throw new SuretyError('PROOF_INVALID', `more entries than the ${to - from} proved`)
    this.#taken++
    this.#append(0, leaf)
  }

  /** @throws `PROOF_INVALID` unless all entries came, and lead with the proof to `root`. */
  finish(root: Uint8Array): void {
    const { from, to } = this.#range
    if (this.#taken !== to - from) {
      throw new SuretyError('PROOF_INVALID', `${this.#taken} entries, and ${to - from} are proved`)
    }
    const behind = this.#proof.slice(this.#proof.length - this.#levelsBehind.length)
    for (const [at, level] of this.#levelsBehind.entries()) this.#append(level, behind[at] ?? new Uint8Array())
    if (!equalBytes(foldRight(this.#subtrees.map(({ hash }) => hash)), root)) {
      throw new SuretyError('PROOF_INVALID', `the entries ${from} to ${to - 1} do not lead to the root of the log`)
    }
  }

  #append(level: number, hash: Uint8Array): void {
    let grown = { level, hash }
    for (let last = this.#subtrees.at(-1); last?.level === grown.level; last = this.#subtrees.at(-1)) {
      this.#subtrees.pop()
      grown = { level: grown.level + 1, hash: nodeHash(last.hash, grown.hash) }
    }
    this.#subtrees.push(grown)
  }
}

function outside({ from, to, size }: EntryRange) {
  for (const number of [from, to, size]) requireSize(number)
  if (from >= to || to > size) {
    throw new SuretyError('INPUT_MALFORMED', `a log of ${size} entries has no entries from ${from} to before ${to}`)
  }
  return {
    before: alignedSubtrees({ from: 0, to: from }),
    behind: alignedSubtrees({ from: to, to: size }),
  }
}
