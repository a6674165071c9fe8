import { type Bytes, concatBytes, equalBytes, fromHex, toHex, u64, utf8 } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { fromBase64, toBase64 } from './lines.ts'
import { sha256 } from './primitives.ts'

/** Keys of notes and what they sign: C2SP signed-note "Verifier keys", tlog-cosignature "Ed25519 signed message". */

/** `note` signs the text as it is. `cosignature` signs it with the time: C2SP cosignature/v1. */
export type SignatureType = 'note' | 'cosignature'

const TYPE_BYTES: Readonly<Record<SignatureType, number>> = { note: 0x01, cosignature: 0x04 }
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
const TIME_BYTES = 8
const MAX_NAME_LENGTH = 255

export interface NoteKey {
  readonly name: string
  /** 4 bytes. */
  readonly keyId: Bytes
  readonly type: SignatureType
  /** Ed25519, 32 bytes. */
  readonly publicKey: Bytes
}

/** @throws `INPUT_MALFORMED` for a name that a note cannot have, or a key that does not have 32 bytes. */
export function noteKey(type: SignatureType, name: string, publicKey: Uint8Array): NoteKey {
  requireKeyName(name)
  if (publicKey.length !== KEY_BYTES) {
    throw new SuretyError('INPUT_MALFORMED', `an Ed25519 key has ${KEY_BYTES} bytes, not ${publicKey.length}`)
  }
  const hashed = sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(TYPE_BYTES[type]), publicKey))
  return { name, keyId: hashed.slice(0, 4), type, publicKey: new Uint8Array(publicKey) }
}

/** The key as one line of text, a "vkey": `log.example.org+1a2b3c4d+AX...`. */
export function formatNoteKey({ name, keyId, type, publicKey }: NoteKey): string {
  return `${name}+${toHex(keyId)}+${toBase64(concatBytes(Uint8Array.of(TYPE_BYTES[type]), publicKey))}`
}

/** Reads a vkey. @throws `INPUT_MALFORMED`, also for a kind of signature that is not `SignatureType`. */
export function parseNoteKey(text: string): NoteKey {
  const [name = '', id = '', encoded = '', ...rest] = text.length > 4096 ? [] : splitKey(text)
  const bytes = fromBase64(encoded)
  const keyId = fromHex(id)
  if (bytes === undefined || bytes.length < 2 || keyId?.length !== 4 || rest.length > 0) {
    throw new SuretyError('INPUT_MALFORMED', 'not a public key of the form NAME+ID+KEY')
  }
  const type = bytes[0] === TYPE_BYTES.note ? 'note' : bytes[0] === TYPE_BYTES.cosignature ? 'cosignature' : undefined
  if (type === undefined) {
    throw new SuretyError('INPUT_MALFORMED', `the key of ${name} is of type ${bytes[0]}; types 1 and 4 are supported`)
  }
  const key = noteKey(type, name, bytes.subarray(1))
  if (!equalBytes(key.keyId, keyId)) {
    throw new SuretyError('INPUT_MALFORMED', `the key of ${name} does not have the id ${id}: a character was changed`)
  }
  return key
}

/** The key may have a plus too, as base64 has. */
function splitKey(text: string): readonly string[] {
  const [name = '', id = '', ...key] = text.split('+')
  return [name, id, key.join('+')]
}

/** @throws `INPUT_MALFORMED` for a name that is empty, long, or has white space or a plus. */
export function requireKeyName(name: string): void {
  if (name === '' || name.length > MAX_NAME_LENGTH || /[\s+\p{White_Space}\p{Cc}]/u.test(name)) {
    throw new SuretyError('INPUT_MALFORMED', 'the name of a key is empty, too long, or has a space or a plus')
  }
}

/**
 * What a key of `type` signed for `text` if `signature` (as in the note, without the key id) is by it.
 * @returns undefined if `signature` cannot be of this type.
 */
export function signedBy(
  type: SignatureType,
  text: string,
  signature: Uint8Array,
): { readonly message: Bytes; readonly signature: Uint8Array } | undefined {
  if (type === 'note') return signature.length === SIGNATURE_BYTES ? { message: utf8(text), signature } : undefined
  const time = cosignatureTime(signature)
  if (time === undefined) return undefined
  return { message: cosignedMessage(text, time), signature: signature.subarray(TIME_BYTES) }
}

/** In seconds since 1970. @returns undefined unless it has the form of a cosignature. */
export function cosignatureTime(signature: Uint8Array): number | undefined {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined
  const time = new DataView(signature.buffer, signature.byteOffset, TIME_BYTES).getBigUint64(0)
  return time > 0n && time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : undefined
}

function cosignedMessage(text: string, time: number): Bytes {
  return utf8(`cosignature/v1\ntime ${time}\n${text}`)
}

export interface NoteSigner {
  readonly name: string
  readonly keyId: Bytes
  /** Signs the text of a note. @returns what its line has after the key id. */
  readonly sign: (text: string) => Promise<Bytes>
}

/** Answers an Ed25519 signature, 64 bytes. */
export type SignEd25519 = (message: Uint8Array) => Uint8Array | Promise<Uint8Array>

export function noteSigner({ name, keyId, type }: NoteKey, sign: SignEd25519, now: () => number): NoteSigner {
  if (type === 'note') return { name, keyId, sign: async (text) => new Uint8Array(await sign(utf8(text))) }
  return {
    name,
    keyId,
    sign: async (text) => {
      const time = Math.floor(now() / 1000)
      return concatBytes(u64(time), await sign(cosignedMessage(text, time)))
    },
  }
}
