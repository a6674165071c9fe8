import type { Bytes } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { parseDecimal, parseHashes, toBase64 } from './lines.ts'
import { cosignatureTime, type NoteKey, requireKeyName } from './note-keys.ts'
import { openNote, parseNote } from './notes.ts'
import { type VerifyEd25519, verifyEd25519 } from './primitives.ts'
import { requireSize } from './tree-hash.ts'

/** What a log signs about itself: C2SP tlog-checkpoint. */

export interface Checkpoint {
  /** Which log it is, such as `directory.example.org/record`. */
  readonly origin: string
  /** How many entries it has. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Bytes
}

/** The text to sign. @throws `INPUT_MALFORMED`. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  requireKeyName(origin)
  requireSize(size)
  const text = `${origin}\n${size}\n${toBase64(root)}\n`
  parseCheckpoint(text)
  return text
}

/** Extension lines are allowed and ignored. @throws `INPUT_MALFORMED`. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', digits = '', hash = '', ...more] = text.split('\n')
  const size = parseDecimal(digits)
  if (origin === '' || more.pop() !== '' || more.includes('')) {
    throw new SuretyError('INPUT_MALFORMED', 'not a checkpoint: it has an origin, a size and a root, a line each')
  }
  if (size === undefined)
    throw new SuretyError('INPUT_MALFORMED', 'the size in the checkpoint is not a number under 2^53')
  const [root] = parseHashes([hash], 'the checkpoint')
  if (root === undefined) throw new SuretyError('INPUT_MALFORMED', 'the checkpoint has no root')
  return { origin, size, root }
}

/** Reads which log a signed checkpoint is of, and verifies nothing: to find its keys. @throws `INPUT_*`. */
export function originOf(note: string): string {
  return parseCheckpoint(parseNote(note).text).origin
}

export interface Trusted {
  /** Of the log that is expected. */
  readonly origin: string
  /** Any of them may have signed. Of type `note`. */
  readonly logKeys: readonly NoteKey[]
  readonly witnessKeys?: readonly NoteKey[]
}

export interface OpenedCheckpoint extends Checkpoint {
  /** The text that was signed. */
  readonly text: string
  /** By known witnesses, each verified. `time` is in seconds since 1970, by the clock of the witness. */
  readonly cosignatures: readonly { readonly key: NoteKey; readonly time: number }[]
}

/**
 * Verifies a signed checkpoint: its log's signature, and those of known witnesses.
 * @throws `INPUT_*`; `LOG_UNKNOWN` for another origin; `SIGNATURE_INVALID` without a signature by a key of the log, or if one by
 * a known key does not verify.
 */
export async function openCheckpoint(
  note: string,
  { origin, logKeys, witnessKeys = [] }: Trusted,
  verify: VerifyEd25519 = verifyEd25519,
): Promise<OpenedCheckpoint> {
  const found = originOf(note)
  if (found !== origin) {
    throw new SuretyError('LOG_UNKNOWN', `the checkpoint is of the log ${JSON.stringify(found)}, not of ${origin}`)
  }
  const { text, verified } = await openNote(note, [...logKeys, ...witnessKeys], verify)
  if (!verified.some(({ key }) => logKeys.includes(key))) {
    throw new SuretyError('SIGNATURE_INVALID', `the checkpoint has no signature by a known key of ${origin}`)
  }
  const cosignatures = verified.flatMap(({ key, signature }) => {
    const time = witnessKeys.includes(key) ? cosignatureTime(signature) : undefined
    return time === undefined ? [] : [{ key, time }]
  })
  return { ...parseCheckpoint(text), text, cosignatures }
}
