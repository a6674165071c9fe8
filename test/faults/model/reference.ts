import type { Batch, ChainPosition } from '../../../src/daemon/spool/chain.ts'
import { CHAIN_START } from '../../../src/daemon/spool/chain.ts'
import type { HeldBatch } from './directory-side.ts'

/** What must be true of an honest device and its directory, told in sets and maps: nothing of it is on a disk. */
export class Reference {
  /** Everything that the device was told is on its disk, by sequence. */
  readonly #produced = new Map<number, Batch>()
  /** What the device said it dropped before it was acknowledged. */
  readonly #dropped = new Set<number>()
  /** What a restored directory no longer knows. */
  readonly #forgotten = new Set<number>()
  readonly #wrong: string[] = []
  #acknowledged = 0
  #restored = false

  get head(): ChainPosition {
    return this.#produced.get(this.#produced.size) ?? CHAIN_START
  }

  fail(what: string): void {
    this.#wrong.push(what)
  }

  kept(batch: Batch): void {
    const { head } = this
    if (batch.sequence !== head.sequence + 1 || batch.previous !== head.hash)
      this.fail(`${batch.sequence} was kept after ${head.sequence}`)
    this.#produced.set(batch.sequence, batch)
  }

  dropped({ firstSequence, lastSequence }: { firstSequence: number; lastSequence: number }): void {
    for (let sequence = firstSequence; sequence <= lastSequence; sequence++) this.#dropped.add(sequence)
  }

  acknowledged({ sequence, hash }: ChainPosition): void {
    if (sequence > 0 && this.#produced.get(sequence)?.hash !== hash) this.fail(`acknowledged and not ours: ${sequence}`)
    this.#acknowledged = Math.max(this.#acknowledged, sequence)
  }

  deviceReopened(head: ChainPosition): void {
    if (head.hash !== this.head.hash) this.fail(`the spool came back at ${head.sequence}, not at ${this.head.sequence}`)
  }

  directoryForgets(held: readonly HeldBatch[]): void {
    for (const { sequence } of held) this.#forgotten.add(sequence)
    this.#restored = true
  }

  /** The device showed what was acknowledged to it last: the directory must find exactly what it does not have of that. */
  proven(acknowledged: number, at: number, told: readonly { firstSequence: number; lastSequence: number }[]): void {
    if (acknowledged > this.#acknowledged) this.fail(`kept an acknowledgement of ${acknowledged} that never came`)
    const expected = acknowledged > at ? [{ firstSequence: at + 1, lastSequence: acknowledged }] : []
    if (JSON.stringify(told) !== JSON.stringify(expected)) this.fail(`forgotten: ${JSON.stringify(told)}`)
  }

  /** @returns what is wrong now. */
  check(
    chain: { readonly sequence: number; readonly head: string },
    held: readonly HeldBatch[],
    forked: boolean,
  ): readonly string[] {
    if (forked) this.fail('the directory sees a fork')
    if (chain.head !== this.#hashAt(chain.sequence))
      this.fail(`the directory stands at ${chain.sequence} of another chain`)
    if (!this.#restored && this.#acknowledged > chain.sequence)
      this.fail(`acknowledged and not there: ${this.#acknowledged}`)
    const there = new Set<number>()
    for (const batch of held) this.#checkHeld(batch, there, chain.sequence)
    for (let sequence = 1; sequence <= chain.sequence; sequence++) {
      if (!there.has(sequence)) this.#checkMissing(sequence, held)
    }
    return this.#wrong
  }

  /** @returns what is wrong when everything has come to rest. */
  checkDrained(chain: { readonly sequence: number }): readonly string[] {
    if (chain.sequence !== this.head.sequence) this.fail(`drained to ${chain.sequence} of ${this.head.sequence}`)
    return this.#wrong
  }

  #checkHeld({ sequence, hash, previous, jws }: HeldBatch, there: Set<number>, at: number): void {
    const ours = this.#produced.get(sequence)
    if (ours?.jws !== jws || ours.hash !== hash || ours.previous !== previous)
      this.fail(`held and not ours: ${sequence}`)
    if (there.has(sequence)) this.fail(`held twice: ${sequence}`)
    if (sequence > at && ours?.gap === undefined) this.fail(`held beyond the chain: ${sequence}`)
    there.add(sequence)
  }

  #checkMissing(sequence: number, held: readonly HeldBatch[]): void {
    if (!this.#dropped.has(sequence) && !this.#forgotten.has(sequence)) this.fail(`lost: ${sequence}`)
    const told = held.some((each) => {
      const gap = this.#produced.get(each.sequence)?.gap
      return gap !== undefined && gap.firstSequence <= sequence && sequence <= gap.lastSequence
    })
    if (!told) this.fail(`missing and no gap tells of it: ${sequence}`)
  }

  #hashAt(sequence: number): string | undefined {
    return sequence === 0 ? CHAIN_START.hash : this.#produced.get(sequence)?.hash
  }
}
