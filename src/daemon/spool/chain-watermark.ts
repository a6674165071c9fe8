import { SuretyError } from '../../base/errors.ts'
import { openWitness } from '../../system/sqlite/commit-watermark.ts'
import type { Chain, ChainPosition } from './chain.ts'
import { chainOfRow } from './chain-row.ts'

/**
 * The chain as of the last commit, in a small file beside the spool: `spool.db-witness`. SQLite takes a log that was cut off
 * for one that ended there. A spool that lost commits in this way would sign other batches at positions that the directory
 * already has, which is a fork. Comparing with this file finds the loss first.
 *
 * The file is written after each commit and not synced: after a power cut it may be behind the spool, never ahead of it.
 */
export interface ChainWatermark extends Disposable {
  /** @returns undefined when there is none, it is damaged, or another program version wrote it: nothing can be compared. */
  read(): Chain | undefined
  /** Never throws: a watermark that could not be written only finds less. */
  write(chain: Chain): void
  /** Never throws. */
  sync(): void
  /** Removes it, before the spool starts another chain. @throws `STORE_FAILED`. */
  remove(): void
}

/** Written in place of the empty name of a device that is not enrolled, since fields are separated by spaces. */
const NOT_ENROLLED = '-'

export function openChainWatermark(path: string): ChainWatermark {
  const file = openWitness(path)
  return {
    read() {
      const text = file.read()
      return text === undefined ? undefined : parse(text)
    },
    write({ device, epoch, floor, head, acknowledged, posture }) {
      const positions = [floor, head, acknowledged].flatMap(({ sequence, hash }) => [sequence, hash])
      file.write([device === '' ? NOT_ENROLLED : device, epoch, ...positions, posture].join(' '))
    },
    sync: () => file.sync(),
    remove: () => file.remove(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  }
}

function parse(text: string): Chain | undefined {
  const [device, epoch, floor, floorHash, head, headHash, acknowledged, acknowledgedHash, posture] = text.split(' ')
  try {
    return chainOfRow({
      device: device === NOT_ENROLLED ? '' : device,
      epoch: Number(epoch),
      floorSequence: Number(floor),
      floorHash,
      headSequence: Number(head),
      headHash,
      acknowledgedSequence: Number(acknowledged),
      acknowledgedHash,
      posture,
    })
  } catch {
    return undefined
  }
}

/** @throws `STORE_CORRUPT` when `chain` is behind its watermark, or differs from it at the same position. */
export function requireAtWatermark(chain: Chain | undefined, watermark: Chain | undefined): void {
  if (watermark === undefined) return
  if (
    chain === undefined ||
    !isSameOwner(chain, watermark) ||
    chain.head.sequence < watermark.head.sequence ||
    chain.acknowledged.sequence < watermark.acknowledged.sequence ||
    !agree(chain.head, watermark.head) ||
    !agree(chain.floor, watermark.floor) ||
    !agree(chain.acknowledged, watermark.acknowledged) ||
    (chain.head.sequence === watermark.head.sequence && chain.posture !== watermark.posture)
  ) {
    throw new SuretyError('STORE_CORRUPT', 'the spool has lost evidence that it held')
  }
}

/** The newer of the chain that a damaged spool still shows and its watermark, which may be behind after a power cut. */
export function newestChain(salvaged: Chain | undefined, watermark: Chain | undefined): Chain | undefined {
  if (salvaged === undefined || watermark === undefined) return watermark ?? salvaged
  return isSameOwner(salvaged, watermark) && salvaged.head.sequence > watermark.head.sequence ? salvaged : watermark
}

function isSameOwner(one: Chain, other: Chain): boolean {
  return one.device === other.device && one.epoch === other.epoch
}

/** Positions with different sequence numbers do not contradict each other. */
function agree(one: ChainPosition, other: ChainPosition): boolean {
  return one.sequence !== other.sequence || one.hash === other.hash
}
