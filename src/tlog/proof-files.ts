import type { Bytes } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { fromBase64, MAX_PROOF_HASHES, parseDecimal, parseHashes, splitBody, toBase64 } from './lines.ts'
import { MAX_NOTE_LENGTH } from './notes.ts'

/** A proof that verifies offline: C2SP tlog-proof, files that end with `.tlog-proof`. */

export interface ProofFile {
  readonly index: number
  /** From the sibling of the leaf to the child of the root; 32 bytes each. */
  readonly proof: readonly Bytes[]
  /** The signed checkpoint. */
  readonly checkpoint: string
  /** What the proof itself does not cover. Here: the entry. */
  readonly extra?: Bytes | undefined
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1'
/** Base64 of the longest entry, 63 hashes, the checkpoint. In characters. */
export const MAX_PROOF_LENGTH = 88_000 + MAX_PROOF_HASHES * 45 + MAX_NOTE_LENGTH

export function formatProof({ index, proof, checkpoint, extra }: ProofFile): string {
  const lines = [
    FIRST_LINE,
    ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]),
    `index ${index}`,
    ...proof.map(toBase64),
  ]
  return `${lines.join('\n')}\n\n${checkpoint}`
}

/** Reads it, and verifies nothing. @throws `INPUT_TOO_LARGE`, `INPUT_MALFORMED`. */
export function parseProof(text: string): ProofFile {
  if (text.length > MAX_PROOF_LENGTH) {
    throw new SuretyError('INPUT_TOO_LARGE', `a proof has at most ${MAX_PROOF_LENGTH} characters`)
  }
  const { lines, rest } = splitBody(text, 3 + MAX_PROOF_HASHES, 'the proof')
  if (lines.shift() !== FIRST_LINE) throw malformed(`does not begin with ${FIRST_LINE}`)
  const extraLine = lines[0]?.startsWith('extra ') ? lines.shift() : undefined
  const extra = extraLine === undefined ? undefined : fromBase64(extraLine.slice('extra '.length))
  if (extraLine !== undefined && extra === undefined) throw malformed('has extra data that is not base64')
  const index = parseDecimal(/^index (.+)$/.exec(lines.shift() ?? '')?.[1] ?? '')
  if (index === undefined) throw malformed('has no line with the index of the entry')
  return { index, proof: parseHashes(lines, 'the proof'), checkpoint: rest, extra }
}

function malformed(how: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `the proof ${how}`)
}
