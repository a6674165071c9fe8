import { toBase64Url } from '../../../src/base/bytes.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import type { Batch, Chain, ChainPosition } from '../../../src/daemon/spool/chain.ts'

/** A batch for the spool alone, which looks at no signature. */
export function unsignedBatch(chain: Pick<Chain, 'epoch' | 'head'>, text: string): Batch {
  return batchAfter(chain.epoch, chain.head, text)
}

export function batchAfter(epoch: number, head: ChainPosition, text: string): Batch {
  return {
    epoch,
    sequence: head.sequence + 1,
    previous: head.hash,
    jws: text,
    hash: toBase64Url(sha256(text)),
  }
}
