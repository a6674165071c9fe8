import { constants, createHash, sign } from 'node:crypto'
import { concatBytes } from '../../../src/base/bytes.ts'
import type { ErrorCode } from '../../../src/base/errors.ts'
import { ATTRIBUTE } from '../../../src/crypto/tpm/public-area.ts'
import { type QuoteToVerify, verifyQuote } from '../../../src/crypto/tpm/quote.ts'
import { sized, u16, u32 } from '../../../src/crypto/tpm/structures.ts'
import {
  AK_ATTRIBUTES,
  type AttestFields,
  forgeAttest,
  forgeKey,
  forgeRsaKey,
  forgeSelection,
  forgeSignature,
} from './forged-tpm.ts'

const SHA1 = 0x0004
const SHA256 = 0x000b
const BINDING = new Uint8Array(32).fill(3)
const PCRS: Readonly<Record<string, string>> = { 0: '00'.repeat(32), 7: '77'.repeat(32), 14: 'ee'.repeat(32) }
const REQUESTED = [14, 0, 7]
const DIGEST = createHash('sha256').update(Object.values(PCRS).join(''), 'hex').digest()
const ak = forgeKey()
const stranger = forgeKey()

const FIELDS: AttestFields = {
  magic: 0xff544347,
  type: 0x8018,
  extraData: BINDING,
  safe: 1,
  clock: 1_234_567n,
  body: concatBytes(forgeSelection(SHA256, REQUESTED), sized(DIGEST)),
}

function quote(fields: Partial<AttestFields> = {}, change: Partial<QuoteToVerify> = {}): QuoteToVerify {
  const attested = forgeAttest({ ...FIELDS, ...fields })
  return {
    attested,
    signature: forgeSignature(ak, attested),
    attestationPublic: ak.publicArea,
    binding: BINDING,
    pcrs: PCRS,
    requested: REQUESTED,
    ...change,
  }
}

const COUNTERS = { clock: 1_234_567, resetCount: 3, restartCount: 1, safe: true, firmwareVersion: '2019102300163636' }

test('returns the counters of a good quote, requested in any order', () => {
  expect(verifyQuote(quote())).toEqual(COUNTERS)
  expect(verifyQuote(quote({ safe: 0 }, { requested: [7, 14, 0, 0] }))).toEqual({ ...COUNTERS, safe: false })
})

test('accepts another bank with an empty selection', () => {
  const both = concatBytes(u32(2), forgeSelection(SHA1, []).slice(4), forgeSelection(SHA256, REQUESTED).slice(4))
  expect(verifyQuote(quote({ body: concatBytes(both, sized(DIGEST)) }))).toEqual(COUNTERS)
})

test('accepts one bank several times only if its PCRs ascend', () => {
  const named = (...sets: readonly (readonly number[])[]) =>
    concatBytes(u32(sets.length), ...sets.map((indices) => forgeSelection(SHA256, indices).slice(4)))
  expect(verifyQuote(quote({ body: concatBytes(named([0], [7, 14]), sized(DIGEST)) }))).toEqual(COUNTERS)
  // The answer of a TPM whose PCR 7 holds zeros, and whose PCR 0 holds the expected value of PCR 7.
  const exchanged = quote({ body: concatBytes(named([7], [0], [14]), sized(DIGEST)) })
  expect(() => verifyQuote(exchanged)).toThrow(expect.objectContaining({ code: 'ATTESTATION_PCR_MISMATCH' }))
})

test.each([
  ['rsassa', 0x0014, constants.RSA_PKCS1_PADDING],
  ['rsapss', 0x0016, constants.RSA_PKCS1_PSS_PADDING],
] as const)('verifies a quote signed with %s, and refuses it under another scheme', (kind, algorithm, padding) => {
  const key = forgeRsaKey({ kind, hash: 'sha256' })
  const { attested } = quote()
  const signature = sign('sha256', attested, { key: key.privateKey, padding, saltLength: 32 })
  const marked = (scheme: number) => concatBytes(u16(scheme), u16(SHA256), sized(signature))
  const with_ = (scheme: number) => quote({}, { signature: marked(scheme), attestationPublic: key.publicArea })
  expect(verifyQuote(with_(algorithm))).toEqual(COUNTERS)
  expect(() => verifyQuote(with_(algorithm ^ 2))).toThrow(
    expect.objectContaining({ code: 'ATTESTATION_QUOTE_INVALID' }),
  )
})

const flip = (bytes: Uint8Array, at: number) => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))
const selecting = (bank: number, pcrs: readonly number[]) => concatBytes(forgeSelection(bank, pcrs), sized(DIGEST))
const weakened = (without: number) => ({
  attestationPublic: forgeKey({ attributes: AK_ATTRIBUTES & ~without }).publicArea,
})

const REFUSED: readonly (readonly [string, QuoteToVerify, ErrorCode])[] = [
  ['not made by a TPM', quote({ magic: 0xff544348 }), 'ATTESTATION_QUOTE_INVALID'],
  ['a certification', quote({ type: 0x8017 }), 'ATTESTATION_QUOTE_INVALID'],
  ['another binding', quote({ extraData: flip(BINDING, 31) }), 'ATTESTATION_BINDING_MISMATCH'],
  ['a longer binding', quote({ extraData: new Uint8Array([...BINDING, 0]) }), 'ATTESTATION_BINDING_MISMATCH'],
  ['no binding', quote({ extraData: new Uint8Array() }), 'ATTESTATION_BINDING_MISMATCH'],
  ['changed after signing', { ...quote(), attested: flip(quote().attested, 60) }, 'ATTESTATION_QUOTE_INVALID'],
  ['signed by another key', quote({}, { attestationPublic: stranger.publicArea }), 'ATTESTATION_QUOTE_INVALID'],
  ['fewer PCRs', quote({ body: selecting(SHA256, [0, 7]) }), 'ATTESTATION_PCR_MISMATCH'],
  ['more PCRs', quote({ body: selecting(SHA256, [0, 7, 14, 15]) }), 'ATTESTATION_PCR_MISMATCH'],
  ['the bank of SHA-1', quote({ body: selecting(SHA1, REQUESTED) }), 'ATTESTATION_PCR_MISMATCH'],
  ['another reported value', quote({}, { pcrs: { ...PCRS, 7: '00'.repeat(32) } }), 'ATTESTATION_PCR_MISMATCH'],
  ['one value too many', quote({}, { pcrs: { ...PCRS, 8: '00'.repeat(32) } }), 'ATTESTATION_PCR_MISMATCH'],
  ['a value missing', quote({}, { pcrs: { 0: '00'.repeat(32), 7: '77'.repeat(32) } }), 'ATTESTATION_PCR_MISMATCH'],
  ['a short value', quote({}, { pcrs: { ...PCRS, 7: '77' } }), 'ATTESTATION_PCR_MISMATCH'],
  ['other requested PCRs', quote({}, { requested: [0, 7, 13] }), 'ATTESTATION_PCR_MISMATCH'],
  ['a key that could leave its TPM', quote({}, weakened(ATTRIBUTE.fixedTpm)), 'ATTESTATION_KEY_ATTRIBUTES'],
  ['a key that signs anything', quote({}, weakened(ATTRIBUTE.restricted)), 'ATTESTATION_KEY_ATTRIBUTES'],
  ['a key created outside', quote({}, weakened(ATTRIBUTE.sensitiveDataOrigin)), 'ATTESTATION_KEY_ATTRIBUTES'],
  ['neither safe nor unsafe', quote({ safe: 2 }), 'TPM_STRUCTURE_MALFORMED'],
  ['a clock beyond numbers', quote({ clock: 1n << 60n }), 'TPM_STRUCTURE_MALFORMED'],
  ['trailing bytes', quote({ body: concatBytes(FIELDS.body, u16(0)) }), 'TPM_STRUCTURE_MALFORMED'],
  ['a signature with trailing bytes', withSignature((bytes) => concatBytes(bytes, u16(0))), 'TPM_STRUCTURE_MALFORMED'],
  ['half a signature', withSignature((bytes) => bytes.slice(0, 40)), 'TPM_STRUCTURE_MALFORMED'],
  ['a signature over SHA-1', withSignature((bytes) => bytes.with(3, SHA1)), 'KEY_UNSUPPORTED'],
  ['a signature of zeros', withSignature((bytes) => bytes.fill(0, 6, 38)), 'ATTESTATION_QUOTE_INVALID'],
]
test.each(REFUSED)('refused: %s', (_, refused, code) => {
  expect(() => verifyQuote(refused)).toThrow(expect.objectContaining({ code }))
})

function withSignature(change: (bytes: Uint8Array) => Uint8Array): QuoteToVerify {
  const good = quote()
  return { ...good, signature: change(good.signature) }
}
