import { type Bytes, equalBytes } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { fromBase64, toBase64 } from './lines.ts'
import { type NoteKey, type NoteSigner, requireKeyName, signedBy } from './note-keys.ts'
import { type VerifyEd25519, verifyEd25519 } from './primitives.ts'

/** Texts with signatures: C2SP signed-note. Nothing of a note is to be used before `openNote` has returned it. */

/** In characters. Sixteen signatures of the largest kind fit. */
export const MAX_NOTE_LENGTH = 131_072
const MAX_SIGNATURES = 100

export interface NoteSignature {
  readonly name: string
  /** 4 bytes. */
  readonly keyId: Bytes
  /** What the kind of key makes of it: 64 bytes for Ed25519, 72 for a cosignature. */
  readonly signature: Bytes
}

export interface ParsedNote {
  /** Ends with a newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** Splits a note, and verifies nothing. @throws `INPUT_TOO_LARGE`, `INPUT_MALFORMED`. */
export function parseNote(note: string): ParsedNote {
  if (note.length > MAX_NOTE_LENGTH) {
    throw new SuretyError('INPUT_TOO_LARGE', `a note has at most ${MAX_NOTE_LENGTH} characters`)
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a note must not have
  if (!note.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(note)) {
    throw malformed('has characters that a note must not have')
  }
  const end = note.lastIndexOf('\n\n')
  if (end === -1) throw malformed('has no empty line before its signatures')
  if (!note.endsWith('\n') || note.length === end + 2) throw malformed('does not end with a signature and a newline')
  return { text: note.slice(0, end + 1), signatures: parseSignatures(note.slice(end + 2)) }
}

/** Lines as a witness answers with. @throws `INPUT_TOO_LARGE`, `INPUT_MALFORMED`. */
export function parseSignatures(lines: string): readonly NoteSignature[] {
  const split = lines.split('\n', MAX_SIGNATURES + 2)
  if (split.length === MAX_SIGNATURES + 2) {
    throw new SuretyError('INPUT_TOO_LARGE', `a note has at most ${MAX_SIGNATURES} signatures`)
  }
  if (split.pop() !== '') throw malformed('does not end with a newline')
  return split.map((line) => {
    const [dash, name, encoded, ...rest] = line.split(' ', 4)
    const bytes = fromBase64(encoded ?? '')
    if (dash !== '—' || name === undefined || bytes === undefined || bytes.length < 5 || rest.length > 0) {
      throw malformed('has a line that is not a signature')
    }
    requireKeyName(name)
    return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) }
  })
}

/** One line with its newline. */
export function signatureLine({ name, keyId, signature }: NoteSignature): string {
  return `— ${name} ${toBase64(new Uint8Array([...keyId, ...signature]))}\n`
}

export interface OpenedNote {
  readonly text: string
  /** Those of known keys, each verified, at most one of each key. */
  readonly verified: readonly { readonly key: NoteKey; readonly signature: Bytes }[]
}

/**
 * Verifies every signature by one of `keys`, and ignores all others.
 * @throws `INPUT_*`; `SIGNATURE_INVALID` if one by a known key does not verify, or there is none.
 */
export async function openNote(
  note: string,
  keys: readonly NoteKey[],
  verify: VerifyEd25519 = verifyEd25519,
): Promise<OpenedNote> {
  const { text, signatures } = parseNote(note)
  const verified = new Map<NoteKey, Bytes>()
  for (const { name, keyId, signature } of signatures) {
    const key = keys.find((known) => known.name === name && equalBytes(known.keyId, keyId))
    if (key === undefined || verified.has(key)) continue
    const signed = signedBy(key.type, text, signature)
    if (signed === undefined || !(await verify(key.publicKey, signed.message, signed.signature))) {
      throw new SuretyError('SIGNATURE_INVALID', `the signature of ${name} does not verify`)
    }
    verified.set(key, signature)
  }
  if (verified.size === 0) throw new SuretyError('SIGNATURE_INVALID', 'the note has no signature by a known key')
  return { text, verified: [...verified].map(([key, signature]) => ({ key, signature })) }
}

/** @returns the note: `text`, an empty line, one signature. @throws `INPUT_MALFORMED`; what `sign` throws. */
export async function signNote(text: string, signer: NoteSigner): Promise<string> {
  if (!text.endsWith('\n')) throw malformed('does not end with a newline')
  const { name, keyId, sign } = signer
  const note = `${text}\n${signatureLine({ name, keyId, signature: await sign(text) })}`
  parseNote(note)
  return note
}

function malformed(how: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `the note ${how}`)
}
