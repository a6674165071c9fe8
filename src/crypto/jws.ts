import { createPublicKey, createVerify, type KeyObject } from 'node:crypto'
import { type Bytes, fromUtf8, toBase64Url, utf8 } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { JWS_HEADERS, type JwsKind } from '../protocol/jws-types.ts'

/** A compact JWS (RFC 7515 section 3.1) taken apart, not yet verified. */
export interface CompactJws {
  readonly signingInput: string
  /** The payload's JSON text: canonical JSON is checked by whoever reads it. */
  readonly payload: string
  /** r then s, 64 bytes. */
  readonly signature: Bytes
}

/** Signs with ECDSA P-256 and SHA-256: 64 bytes, r then s (what `DeviceKey.sign` gives). */
export type Es256Sign = (message: Uint8Array) => Promise<Uint8Array>

/**
 * Makes a compact JWS over the canonical JSON of `payload`.
 *
 * @returns ASCII text; sign once, keep it, send these bytes for ever.
 */
export async function signJws(kind: JwsKind, payload: object, sign: Es256Sign): Promise<string> {
  const signingInput = `${JWS_HEADERS[kind]}.${toBase64Url(utf8(JSON.stringify(payload)))}`
  return `${signingInput}.${toBase64Url(await sign(utf8(signingInput)))}`
}

/**
 * Splits a compact JWS whose protected header is exactly the one fixed for `kind`: no other algorithm, type or member
 * can be asked for.
 *
 * @throws `SIGNATURE_HEADER_REFUSED` for any other header, `FRAME_MALFORMED` for anything that is no compact JWS.
 */
export function splitJws(kind: JwsKind, compact: string): CompactJws {
  const first = compact.indexOf('.')
  const second = compact.indexOf('.', first + 1)
  if (first === -1 || second === -1 || compact.indexOf('.', second + 1) !== -1) {
    throw malformed(kind, 'not a compact JWS, which is three parts with a dot between each two')
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

/** Did the key sign this as a message of that kind, even when it cannot be read as one? Never throws. */
export function isSignedAs(kind: JwsKind, compact: string, publicKey: KeyObject): boolean {
  const end = compact.lastIndexOf('.')
  if (!compact.startsWith(`${JWS_HEADERS[kind]}.`)) return false
  const signature = decodeStrict(compact.slice(end + 1))
  return signature !== undefined && verifyEs256(compact.slice(0, end), signature, publicKey)
}

/**
 * @param message of text, its Latin-1 bytes.
 * @param signature r then s, 64 bytes; anything else does not verify.
 */
export function verifyEs256(message: Uint8Array | string, signature: Uint8Array, publicKey: KeyObject): boolean {
  if (signature.length !== 64) return false
  const hashing = createVerify('sha256')
  // Faster than `verify`, which copies the message first.
  if (typeof message === 'string') hashing.update(message, 'latin1')
  else hashing.update(message)
  return hashing.verify({ key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
}

/** How the SubjectPublicKeyInfo of a P-256 key begins, as a named curve and an uncompressed point; x and y follow. */
const P256_SPKI_START = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex')
const P256_SPKI_BYTES = 91

/**
 * Reads a P-256 SubjectPublicKeyInfo. Keep the result: parsing costs as much as verifying.
 *
 * @throws `KEY_MALFORMED` when it is no key (a point off the curve included) or spelled in another way (compressed, or
 * the point at infinity, under which anybody can sign), `KEY_UNSUPPORTED` when it is another kind.
 */
export function importP256(spki: Uint8Array): KeyObject {
  let key: KeyObject
  try {
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch (cause) {
    throw new SuretyError('KEY_MALFORMED', 'not a SubjectPublicKeyInfo', { cause })
  }
  // Says P-256 too: nobody need ask the key for its curve, which takes as long as half of reading it.
  if (spki.length === P256_SPKI_BYTES && P256_SPKI_START.equals(spki.subarray(0, P256_SPKI_START.length))) return key
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new SuretyError('KEY_UNSUPPORTED', 'only P-256 keys sign messages here')
  }
  // OpenSSL forgives unused bits and hybrid points: a key would have many spellings, and as many hashes.
  throw new SuretyError('KEY_MALFORMED', 'not the usual encoding of a P-256 key')
}

/** Node's decoder is many times faster than ours but lenient; encoding the result again finds what it let pass. */
function decodeStrict(text: string): Bytes | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** Holds the bytes of a payload until they are text: thousands of buffers a second would be garbage outside V8's heap. */
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

/** As `decodeStrict`. @returns bytes that the next call overwrites. */
function decodeIntoScratch(text: string): Uint8Array | undefined {
  const size = SCRATCH.write(text, 'base64url')
  return SCRATCH.toString('base64url', 0, size) === text ? SCRATCH.subarray(0, size) : undefined
}

function malformed(kind: JwsKind, reason: string): SuretyError {
  return new SuretyError('FRAME_MALFORMED', `${kind}: ${reason}`)
}
