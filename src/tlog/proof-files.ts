import type { Bytes } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import { asObject } from '../base/json-object.ts'
import { fromBase64, MAX_PROOF_HASHES, parseDecimal, parseHashes, splitBody, toBase64 } from './lines.ts'
import { MAX_NOTE_LENGTH } from './notes.ts'

/** Files that verify offline: one entry with its proof, as C2SP tlog-proof, and many entries with one proof for all. */

/** A file that ends with `.tlog-proof`. */
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

const EXPORT_SCHEMA = 'surety/record-export@1'

/** The first line of an export of the record: which entries follow, one a line, and what proves them. */
export interface ExportHeader {
  /** Index of the first entry that follows. */
  readonly from: number
  /** Index behind the last one. */
  readonly to: number
  /** As `rangeProof` makes it for the size in the checkpoint. */
  readonly proof: readonly Bytes[]
  /** The signed checkpoint. */
  readonly checkpoint: string
}

/** Two of them for each power of two. */
const MAX_HASHES = 106
const HEADER_LIMITS = { maxBytes: 4 * MAX_NOTE_LENGTH, maxDepth: 2 }

/** One line without its newline. */
export function formatExportHeader({ from, to, proof, checkpoint }: ExportHeader): string {
  return JSON.stringify({ checkpoint, from, proof: proof.map(toBase64), schema: EXPORT_SCHEMA, to })
}

/** Reads it, and verifies nothing. @throws `INPUT_*`. */
export function parseExportHeader(line: string): ExportHeader {
  const { checkpoint, from, proof, schema, to, ...more } = asObject(parseJson(line, HEADER_LIMITS))
  const isWhole = Array.isArray(proof) && proof.length <= MAX_HASHES && proof.every((hash) => typeof hash === 'string')
  if (schema !== EXPORT_SCHEMA || typeof checkpoint !== 'string' || !isWhole || Object.keys(more).length > 0) {
    throw new SuretyError('INPUT_MALFORMED', `the first line is not the header of an export, ${EXPORT_SCHEMA}`)
  }
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
    throw new SuretyError('INPUT_MALFORMED', 'the header of the export does not say which entries follow')
  }
  return { from: Number(from), to: Number(to), proof: parseHashes(proof, 'the header'), checkpoint }
}
