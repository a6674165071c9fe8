import { SuretyError } from '../../base/errors.ts'
import { openWitness } from '../../system/sqlite/commit-watermark.ts'
import type { Chain, ChainPosition } from './chain.ts'
import { chainOfRow } from './chain-row.ts'

/**
 * Where the chain stood, kept beside the spool: `spool.db-witness`. A spool whose log was cut off looks like one that
 * ended there; going on from it would sign other batches at places that the directory has, which is a fork.
 */
export interface ChainWitness extends Disposable {
  read(): Chain | undefined
  write(chain: Chain): void
  sync(): void
  /** @throws `STORE_FAILED`. */
  remove(): void
}

/** Instead of the empty name of a device that is not enrolled. */
const NOBODY = '-'

export function chainWitness(path: string): ChainWitness {
  const witness = openWitness(path)
  return {
    read() {
      const text = witness.read()
      return text === undefined ? undefined : parse(text)
    },
    write({ device, epoch, floor, head, acknowledged, posture }) {
      const places = [floor, head, acknowledged].flatMap(({ sequence, hash }) => [sequence, hash])
      witness.write([device === '' ? NOBODY : device, epoch, ...places, posture].join(' '))
    },
    sync: () => witness.sync(),
    remove: () => witness.remove(),
    [Symbol.dispose]: () => witness[Symbol.dispose](),
  }
}

/** Undefined when a newer program wrote it: nothing can be compared. */
function parse(text: string): Chain | undefined {
  const [device, epoch, floor, floorHash, head, headHash, acknowledged, acknowledgedHash, posture] = text.split(' ')
  try {
    return chainOfRow({
      device: device === NOBODY ? '' : device,
      epoch: Number(epoch),
      ...{ floorSequence: Number(floor), floorHash, headSequence: Number(head), headHash },
      ...{ acknowledgedSequence: Number(acknowledged), acknowledgedHash, posture },
    })
  } catch {
    return undefined
  }
}

/** @throws `STORE_CORRUPT` when the spool has lost what the witness saw in it. */
export function requireWitnessed(chain: Chain | undefined, said: Chain | undefined): void {
  if (said === undefined) return
  const same = chain !== undefined && chain.device === said.device && chain.epoch === said.epoch
  const agree = (ours: ChainPosition, theirs: ChainPosition) =>
    ours.sequence !== theirs.sequence || ours.hash === theirs.hash
  if (
    !same ||
    chain.head.sequence < said.head.sequence ||
    chain.acknowledged.sequence < said.acknowledged.sequence ||
    !agree(chain.head, said.head) ||
    !agree(chain.floor, said.floor) ||
    !agree(chain.acknowledged, said.acknowledged) ||
    (chain.head.sequence === said.head.sequence && chain.posture !== said.posture)
  ) {
    throw new SuretyError('STORE_CORRUPT', 'the spool has lost what it held')
  }
}

/** Of what was salvaged and what was seen, the chain to go on with. */
export function furthest(salvaged: Chain | undefined, said: Chain | undefined): Chain | undefined {
  if (salvaged === undefined || said === undefined) return said ?? salvaged
  const same = salvaged.device === said.device && salvaged.epoch === said.epoch
  // After a power cut the witness may lag behind.
  return same && salvaged.head.sequence > said.head.sequence ? salvaged : said
}
