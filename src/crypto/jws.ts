import { createPublicKey, createVerify, type KeyObject } from 'node:crypto'
import { type Bytes, concatBytes, fromUtf8, toBase64Url, utf8 } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { JWS_HEADERS, type JwsKind } from '../protocol/messages/jws-types.ts'

/** The parts of a compact JWS (RFC 7515 section 3.1). Not verified. */
export interface CompactJws {
  readonly signingInput: string
  /** The JSON text of the payload. The reader of a kind checks that it is canonical. */
  readonly payload: string
  /** r then s, 64 bytes. */
  readonly signature: Bytes
}

/** Signs with ECDSA P-256 and SHA-256. @returns 64 bytes, r then s, like `DeviceKey.sign`. */
export type Es256Sign = (message: Uint8Array) => Promise<Uint8Array>

/**
 * Makes a compact JWS over the canonical JSON of `payload`.
 *
 * @returns ASCII text. Sign once, keep it, and always send the same bytes.
 */
export async function signJws(kind: JwsKind, payload: object, sign: Es256Sign): Promise<string> {
  const signingInput = `${JWS_HEADERS[kind]}.${toBase64Url(utf8(JSON.stringify(payload)))}`
  return `${signingInput}.${toBase64Url(await sign(utf8(signingInput)))}`
}

/**
 * Splits a compact JWS. Its protected header must be exactly the one of `kind`, so that no other algorithm, type or member is
 * possible.
 *
 * @throws `SIGNATURE_HEADER_REFUSED` for another header, `FRAME_MALFORMED` for text that is no compact JWS.
 */
export function splitJws(kind: JwsKind, compact: string): CompactJws {
  const first = compact.indexOf('.')
  const second = compact.indexOf('.', first + 1)
  if (first === -1 || second === -1 || compact.indexOf('.', second + 1) !== -1) {
    throw malformed(kind, 'not a compact JWS: expected three parts separated by dots')
  }
  if (compact.slice(0, first) !== JWS_HEADERS[kind]) {
    throw new SuretyError('SIGNATURE_HEADER_REFUSED', `the protected header is not the one of ${kind}`)
  }
  const payload = decodePayload(kind, compact.slice(first + 1, second))
  const signature = decodeStrict(compact.slice(second + 1))
  if (signature === undefined) throw malformed(kind, 'the signature is not base64url without padding')
  if (signature.length !== 64) throw malformed(kind, `the signature is ${signature.length} bytes, not 64`)
  return { signingInput: compact.slice(0, second), payload, signature }
}

/**
 * Verifies `jws` under a P-256 key.
 *
 * @returns the payload's JSON text.
 * @throws `SIGNATURE_INVALID`.
 */
export function verifyJws(jws: CompactJws, publicKey: KeyObject): string {
  if (!verifyEs256(jws.signingInput, jws.signature, publicKey)) {
    throw new SuretyError('SIGNATURE_INVALID', 'the signature does not verify')
  }
  return jws.payload
}

/** Whether the key signed this text as a message of `kind`, even if it cannot be parsed. Never throws. */
export function isSignedAs(kind: JwsKind, compact: string, publicKey: KeyObject): boolean {
  const end = compact.lastIndexOf('.')
  if (!compact.startsWith(`${JWS_HEADERS[kind]}.`)) return false
  const signature = decodeStrict(compact.slice(end + 1))
  return signature !== undefined && verifyEs256(compact.slice(0, end), signature, publicKey)
}

/**
 * @param message a string stands for its Latin-1 bytes.
 * @param signature r then s, 64 bytes. Any other length does not verify.
 */
export function verifyEs256(message: Uint8Array | string, signature: Uint8Array, publicKey: KeyObject): boolean {
  if (signature.length !== 64) return false
  const hashing = createVerify('sha256')
  // Faster than `crypto.verify`, which copies the message.
  if (typeof message === 'string') hashing.update(message, 'latin1')
  else hashing.update(message)
  return hashing.verify({ key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
}

/** The SubjectPublicKeyInfo of a P-256 key before x and y: named curve, uncompressed point. */
const P256_SPKI_START = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex')
const P256_SPKI_BYTES = 91

/** SubjectPublicKeyInfo of a point on P-256: x then y, each 32 bytes. @throws `KEY_MALFORMED` when it is not on the curve. */
export function p256Spki(coordinates: Uint8Array): Bytes {
  const spki = concatBytes(P256_SPKI_START, coordinates)
  importP256(spki)
  return spki
}

/**
 * Reads a P-256 SubjectPublicKeyInfo. Keep the result: parsing costs as much as verifying.
 *
 * @throws `KEY_MALFORMED` when it is no key (for example a point off the curve) or has another encoding (compressed, or the
 * point at infinity, for which anyone can forge signatures), `KEY_UNSUPPORTED` for another kind of key.
 */
export function importP256(spki: Uint8Array): KeyObject {
  let key: KeyObject
  try {
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch (cause) {
    throw new SuretyError('KEY_MALFORMED', 'not a SubjectPublicKeyInfo', { cause })
  }
  // The prefix implies P-256. Asking the key for its curve would take half as long as parsing it.
  if (spki.length === P256_SPKI_BYTES && P256_SPKI_START.equals(spki.subarray(0, P256_SPKI_START.length))) return key
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new SuretyError('KEY_UNSUPPORTED', 'only P-256 keys may sign messages')
  }
  // OpenSSL accepts unused bits and hybrid points. One key would then have many encodings, and many hashes.
  throw new SuretyError('KEY_MALFORMED', 'not the canonical encoding of a P-256 key')
}

/** Node's decoder is much faster than ours but lenient. Encoding the result again finds what it should have refused. */
function decodeStrict(text: string): Bytes | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** Reused for each payload: thousands of buffers a second would be garbage outside V8's heap. */
const SCRATCH = Buffer.allocUnsafeSlow(64 * 1024)

/** @throws `FRAME_MALFORMED`. */
function decodePayload(kind: JwsKind, text: string): string {
  const bytes = text.length > SCRATCH.length ? decodeStrict(text) : decodeIntoScratch(text)
  if (bytes === undefined) throw malformed(kind, 'the payload is not base64url without padding')
  try {
    return fromUtf8(bytes)
  } catch {
    throw malformed(kind, 'the payload is not UTF-8')
  }
}

/** Like `decodeStrict`. @returns bytes that the next call overwrites. */
function decodeIntoScratch(text: string): Uint8Array | undefined {
  const size = SCRATCH.write(text, 'base64url')
  return SCRATCH.toString('base64url', 0, size) === text ? SCRATCH.subarray(0, size) : undefined
}

function malformed(kind: JwsKind, reason: string): SuretyError {
  return new SuretyError('FRAME_MALFORMED', `${kind}: ${reason}`)
}
