import fc from 'fast-check'
import { type Bytes, concatBytes } from '../../../src/base/bytes.ts'
import { codeOf, SuretyError } from '../../../src/base/errors.ts'
import { parseCertify, parseQuote } from '../../../src/crypto/tpm/attest.ts'
import { verifyCertify } from '../../../src/crypto/tpm/certify.ts'
import { makeCredential } from '../../../src/crypto/tpm/make-credential.ts'
import { ATTRIBUTE, marshalPublic, nameOf, parsePublic, spkiOf } from '../../../src/crypto/tpm/public-area.ts'
import { verifyQuote } from '../../../src/crypto/tpm/quote.ts'
import { parseSignature, verifyTpmSignature } from '../../../src/crypto/tpm/signature.ts'
import { sized, u16 } from '../../../src/crypto/tpm/structures.ts'
import { AK_ATTRIBUTES, forgeAttest, forgeKey, forgeRsaKey, forgeSelection, forgeSignature } from './forged-tpm.ts'

const ecc = forgeKey()
const rsa = forgeRsaKey({ kind: 'rsassa', hash: 'sha256' })
const { sign, decrypt } = ATTRIBUTE
const ek = forgeKey({ attributes: (AK_ATTRIBUTES & ~sign) | decrypt, scheme: undefined, symmetricBits: 128 })
const attest = (type: number, body: Bytes) =>
  forgeAttest({ magic: 0xff544347, type, extraData: new Uint8Array(32), safe: 1, clock: 1n, body })
const quoted = attest(0x8018, concatBytes(forgeSelection(0x000b, [0]), sized(new Uint8Array(32))))
const certified = attest(0x8017, concatBytes(sized(nameOf(ecc.publicArea)), sized(nameOf(ecc.publicArea))))
const signature = forgeSignature(ecc, quoted)
const ANY = new Uint8Array(32)

/** Every decoder, with a good example of its input. */
const DECODERS: readonly (readonly [string, Bytes, (bytes: Uint8Array) => unknown])[] = [
  ['parsePublic (P-256)', ecc.publicArea, parsePublic],
  ['parsePublic (RSA)', rsa.publicArea, parsePublic],
  ['nameOf', ecc.publicArea, nameOf],
  ['spkiOf', ecc.publicArea, spkiOf],
  ['spkiOf (RSA)', rsa.publicArea, spkiOf],
  ['parseQuote', quoted, parseQuote],
  ['parseCertify', certified, parseCertify],
  ['parseSignature', signature, parseSignature],
  [
    'verifyTpmSignature',
    signature,
    (bytes) => verifyTpmSignature(parsePublic(ecc.publicArea), quoted, parseSignature(bytes)),
  ],
  [
    'makeCredential',
    ek.publicArea,
    (endorsementPublic) => makeCredential({ endorsementPublic, name: ANY, secret: ANY }),
  ],
]

test.each(DECODERS)('%s reads its example, and refuses each truncation and each trailing byte', (_, good, decode) => {
  decode(good)
  const changed = [...good.keys()].map((length) => good.slice(0, length))
  const codes = [...changed, concatBytes(good, ANY.slice(0, 1))].map(refusal(decode))
  expect(new Set(codes)).toEqual(new Set(['TPM_STRUCTURE_MALFORMED']))
})

test.each(DECODERS)('%s throws only SuretyErrors', (_, good, decode) => {
  const anything = fc.uint8Array({ maxLength: 600 })
  const mutated = fc
    .tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length - 1), fc.nat(255))
    .map(([at, byte, at2, byte2]) => good.with(at, byte).with(at2, byte2))
  fc.assert(
    fc.property(fc.oneof(anything, mutated), (bytes) => onlyOurs(() => decode(bytes))),
    { numRuns: 400 },
  )
})

test('the verifiers throw only SuretyErrors for any input', () => {
  const bytes = (good: Bytes) => fc.oneof(fc.constant(good), fc.uint8Array({ maxLength: 400 }))
  const pcrs = fc.dictionary(
    fc.oneof(fc.constant('0'), fc.string()),
    fc.oneof(fc.constant('00'.repeat(32)), fc.string()),
  )
  const fields = fc.tuple(bytes(quoted), bytes(signature), bytes(ecc.publicArea), bytes(ecc.publicArea), pcrs)
  fc.assert(
    fc.property(fields, ([attested, signed, attestationPublic, subjectPublic, values]) => {
      const common = { attested, signature: signed, attestationPublic, binding: ANY }
      return (
        onlyOurs(() => verifyQuote({ ...common, pcrs: values, requested: [0] })) &&
        onlyOurs(() => verifyCertify({ ...common, subjectPublic }))
      )
    }),
    { numRuns: 500 },
  )
})

test('writes a public area as it was read', () => {
  for (const { publicArea } of [ecc, rsa, ek]) expect(marshalPublic(parsePublic(publicArea))).toEqual(publicArea)
})

test.each([
  ['a keyed hash', ecc.publicArea.with(1, 0x08), 'KEY_UNSUPPORTED'],
  ['a name by SHA-1', ecc.publicArea.with(3, 0x04), 'KEY_UNSUPPORTED'],
  [
    'a policy of the wrong size',
    concatBytes(ecc.publicArea.slice(0, 8), sized(u16(1)), ecc.publicArea.slice(10)),
    'TPM_STRUCTURE_MALFORMED',
  ],
  ['another curve', ecc.publicArea.with(17, 0x05), 'KEY_UNSUPPORTED'],
  ['an anonymous scheme', ecc.publicArea.with(13, 0x1a), 'KEY_UNSUPPORTED'],
  ['a small RSA key', rsa.publicArea.with(16, 0x04), 'KEY_UNSUPPORTED'],
  ['another RSA exponent', rsa.publicArea.with(21, 3), 'KEY_UNSUPPORTED'],
])('%s is refused', (_, bytes, code) => {
  expect(refusal(parsePublic)(bytes)).toBe(code)
})

test('refuses a point off the curve: KEY_MALFORMED', () => {
  const last = ecc.publicArea.length - 1
  expect(refusal(spkiOf)(ecc.publicArea.with(last, (ecc.publicArea[last] ?? 0) ^ 1))).toBe('KEY_MALFORMED')
})

function refusal(decode: (bytes: Uint8Array) => unknown): (bytes: Uint8Array) => unknown {
  return (bytes) => {
    try {
      decode(bytes)
      return 'accepted'
    } catch (error) {
      return codeOf(error) ?? error
    }
  }
}

function onlyOurs(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch (error) {
    return error instanceof SuretyError
  }
}
