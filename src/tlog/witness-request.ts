import type { Bytes } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { MAX_PROOF_HASHES, parseDecimal, parseHashes, splitBody, toBase64 } from './lines.ts'

/** What a witness is asked with: C2SP tlog-witness, `add-checkpoint`. */
export interface AddCheckpoint {
  /** Of the checkpoint that the witness saw last, 0 for none. */
  readonly oldSize: number
  /** That the log still begins with the old one. */
  readonly proof: readonly Bytes[]
  readonly checkpoint: string
}

export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  return `${[`old ${oldSize}`, ...proof.map(toBase64)].join('\n')}\n\n${checkpoint}`
}

/** @throws `INPUT_TOO_LARGE`, `INPUT_MALFORMED`. */
export function parseAddCheckpoint(text: string): AddCheckpoint {
  const { lines, rest } = splitBody(text, 1 + MAX_PROOF_HASHES, 'the request')
  const oldSize = parseDecimal(/^old (.+)$/.exec(lines.shift() ?? '')?.[1] ?? '')
  if (oldSize === undefined) throw new SuretyError('INPUT_MALFORMED', 'the request has no line with the old size')
  return { oldSize, proof: parseHashes(lines, 'the request'), checkpoint: rest }
}
