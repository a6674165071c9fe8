import { createPublicKey, type KeyObject } from 'node:crypto'
import { type Bytes, concatBytes, equalBytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { derSequence, readTlv } from './der.ts'

/** AlgorithmIdentifier of rsaEncryption, with its NULL. */
const RSA_ENCRYPTION = Uint8Array.of(0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 0x05, 0)
/** OBJECT IDENTIFIER id-RSAES-OAEP. */
const RSAES_OAEP = Uint8Array.of(0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 7)

/**
 * Re-encodes a SubjectPublicKeyInfo so that equal keys have equal bytes. Some vendors mark RSA endorsement keys as
 * id-RSAES-OAEP (RFC 4055). OpenSSL reads them only with the algorithm rsaEncryption.
 *
 * @throws `KEY_MALFORMED` when it is no key, for example a point off the curve.
 */
export function canonicalSpki(spki: Uint8Array): Bytes {
  try {
    const key = createPublicKey({ key: Buffer.from(asRsaEncryption(spki)), format: 'der', type: 'spki' })
    return new Uint8Array(withUncompressedPoint(key).export({ type: 'spki', format: 'der' }))
  } catch (cause) {
    throw new SuretyError('KEY_MALFORMED', 'not a SubjectPublicKeyInfo', { cause })
  }
}

/** Curves that Node exports as JWK, where a point has one form. */
const JWK_CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1', 'secp256k1']

/** OpenSSL keeps the form in which it read a point, so compressed and hybrid points must be converted. */
function withUncompressedPoint(key: KeyObject): KeyObject {
  if (!JWK_CURVES.includes(key.asymmetricKeyDetails?.namedCurve)) return key
  return createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' })
}

function asRsaEncryption(spki: Uint8Array): Uint8Array {
  const outer = readTlv(spki, 0)
  const algorithm = outer && readTlv(spki, outer.start)
  const oid = algorithm && readTlv(spki, algorithm.start)
  if (outer === undefined || algorithm === undefined || oid === undefined) return spki
  if (!equalBytes(spki.subarray(algorithm.start, oid.end), RSAES_OAEP)) return spki
  return derSequence(concatBytes(RSA_ENCRYPTION, spki.subarray(algorithm.end, outer.end)))
}
