import { concatBytes } from '../../../src/base/bytes.ts'
import type { ErrorCode } from '../../../src/base/errors.ts'
import { type CertifyToVerify, verifyCertify } from '../../../src/crypto/tpm/certify.ts'
import {
  requireApplicationKey,
  requireAttestationKey,
  requireEndorsementKey,
} from '../../../src/crypto/tpm/key-attributes.ts'
import { ATTRIBUTE, nameOf, type PublicArea, parsePublic } from '../../../src/crypto/tpm/public-area.ts'
import { sized } from '../../../src/crypto/tpm/structures.ts'
import {
  AK_ATTRIBUTES,
  APPLICATION_ATTRIBUTES,
  type AttestFields,
  forgeAttest,
  forgeKey,
  forgeRsaKey,
  forgeSignature,
} from './forged-tpm.ts'

const BINDING = new Uint8Array(32).fill(3)
const ak = forgeKey()
const application = forgeKey({ attributes: APPLICATION_ATTRIBUTES })
const other = forgeKey({ attributes: APPLICATION_ATTRIBUTES })
const bodyOf = (name: Uint8Array) => concatBytes(sized(name), sized(name))

function certification(fields: Partial<AttestFields> = {}, change: Partial<CertifyToVerify> = {}): CertifyToVerify {
  const attested = forgeAttest({
    magic: 0xff544347,
    type: 0x8017,
    extraData: BINDING,
    safe: 1,
    clock: 5n,
    body: bodyOf(nameOf(application.publicArea)),
    ...fields,
  })
  return {
    attested,
    signature: forgeSignature(ak, attested),
    attestationPublic: ak.publicArea,
    subjectPublic: application.publicArea,
    binding: BINDING,
    ...change,
  }
}

test('returns the counters of a good certification', () => {
  expect(verifyCertify(certification())).toEqual({
    clock: 5,
    resetCount: 3,
    restartCount: 1,
    safe: true,
    firmwareVersion: '2019102300163636',
  })
})

const REFUSED: readonly (readonly [string, CertifyToVerify, ErrorCode])[] = [
  ['not made by a TPM', certification({ magic: 0 }), 'ATTESTATION_CERTIFY_INVALID'],
  ['a quote', certification({ type: 0x8018 }), 'ATTESTATION_CERTIFY_INVALID'],
  ['another binding', certification({ extraData: new Uint8Array(32) }), 'ATTESTATION_BINDING_MISMATCH'],
  ['another key', certification({ body: bodyOf(nameOf(other.publicArea)) }), 'ATTESTATION_CERTIFY_INVALID'],
  ['another reported key', certification({}, { subjectPublic: other.publicArea }), 'ATTESTATION_CERTIFY_INVALID'],
  ['no name', certification({ body: bodyOf(new Uint8Array()) }), 'ATTESTATION_CERTIFY_INVALID'],
  [
    'signed by another key',
    certification({}, { attestationPublic: forgeKey().publicArea }),
    'ATTESTATION_CERTIFY_INVALID',
  ],
  ['signed by the subject itself', signedByApplication(), 'ATTESTATION_KEY_ATTRIBUTES'],
  ['an empty subject', certification({}, { subjectPublic: new Uint8Array(1) }), 'TPM_STRUCTURE_MALFORMED'],
  [
    'trailing bytes',
    certification({ body: concatBytes(bodyOf(nameOf(application.publicArea)), BINDING) }),
    'TPM_STRUCTURE_MALFORMED',
  ],
]
test.each(REFUSED)('refused: %s', (_, refused, code) => {
  expect(() => verifyCertify(refused)).toThrow(expect.objectContaining({ code }))
})

function signedByApplication(): CertifyToVerify {
  const good = certification()
  const signature = forgeSignature(application, good.attested)
  return { ...good, signature, attestationPublic: application.publicArea }
}

test('refuses attributes changed after the certification, because the name changes', () => {
  const changed = application.publicArea.slice()
  changed[7] = (changed[7] ?? 0) ^ ATTRIBUTE.fixedTpm
  expect(() => verifyCertify(certification({}, { subjectPublic: changed }))).toThrow(
    expect.objectContaining({ code: 'ATTESTATION_CERTIFY_INVALID' }),
  )
})

describe('attributes', () => {
  const { decrypt, restricted, sign, fixedTpm, fixedParent, sensitiveDataOrigin } = ATTRIBUTE
  const areaOf = (change: Partial<PublicArea>) => parsePublic(forgeKey(change).publicArea)
  const ekAttributes = (AK_ATTRIBUTES & ~sign) | decrypt

  test('accepts good attributes', () => {
    requireAttestationKey(areaOf({}))
    requireAttestationKey(parsePublic(forgeRsaKey({ kind: 'rsassa', hash: 'sha256' }).publicArea))
    requireApplicationKey(areaOf({ attributes: APPLICATION_ATTRIBUTES }))
    requireApplicationKey(areaOf({ attributes: APPLICATION_ATTRIBUTES, scheme: undefined }))
    requireEndorsementKey(areaOf({ attributes: ekAttributes, scheme: undefined, symmetricBits: 128 }))
  })

  test.each([
    ['not fixedTpm', AK_ATTRIBUTES & ~fixedTpm],
    ['not fixedParent', AK_ATTRIBUTES & ~fixedParent],
    ['not sensitiveDataOrigin', AK_ATTRIBUTES & ~sensitiveDataOrigin],
    ['not restricted', AK_ATTRIBUTES & ~restricted],
    ['not sign', AK_ATTRIBUTES & ~sign],
    ['decrypt', AK_ATTRIBUTES | decrypt],
  ])('refuses an attestation key that is %s', (word, attributes) => {
    const message = `attestation key is ${word}`
    const refusal = expect.objectContaining({ code: 'ATTESTATION_KEY_ATTRIBUTES', message })
    expect(() => requireAttestationKey(areaOf({ attributes }))).toThrow(refusal)
  })

  test.each([
    ['not fixedTpm', APPLICATION_ATTRIBUTES & ~fixedTpm],
    ['not fixedParent', APPLICATION_ATTRIBUTES & ~fixedParent],
    ['not sensitiveDataOrigin', APPLICATION_ATTRIBUTES & ~sensitiveDataOrigin],
    ['not sign', APPLICATION_ATTRIBUTES & ~sign],
    ['restricted', APPLICATION_ATTRIBUTES | restricted],
    ['decrypt', APPLICATION_ATTRIBUTES | decrypt],
  ])('refuses an application key that is %s', (word, attributes) => {
    const message = `application key is ${word}`
    const refusal = expect.objectContaining({ code: 'ATTESTATION_KEY_ATTRIBUTES', message })
    expect(() => requireApplicationKey(areaOf({ attributes }))).toThrow(refusal)
  })

  test.each([
    ['not fixedTpm', ekAttributes & ~fixedTpm],
    ['not fixedParent', ekAttributes & ~fixedParent],
    ['not sensitiveDataOrigin', ekAttributes & ~sensitiveDataOrigin],
    ['not restricted', ekAttributes & ~restricted],
    ['not decrypt', ekAttributes & ~decrypt],
    ['sign', ekAttributes | sign],
  ])('refuses an endorsement key that is %s', (word, attributes) => {
    const message = `endorsement key is ${word}`
    const refusal = expect.objectContaining({ code: 'ATTESTATION_KEY_ATTRIBUTES', message })
    expect(() => requireEndorsementKey(areaOf({ attributes, scheme: undefined, symmetricBits: 128 }))).toThrow(refusal)
  })

  test('refuses keys of the wrong kind: KEY_UNSUPPORTED', () => {
    const unsupported = expect.objectContaining({ code: 'KEY_UNSUPPORTED' })
    expect(() => requireAttestationKey(areaOf({ scheme: undefined }))).toThrow(unsupported)
    expect(() => requireEndorsementKey(areaOf({ attributes: ekAttributes }))).toThrow(unsupported)
    const sha384 = { attributes: APPLICATION_ATTRIBUTES, scheme: { kind: 'ecdsa', hash: 'sha384' } } as const
    expect(() => requireApplicationKey(areaOf(sha384))).toThrow(unsupported)
    const rsa = { ...parsePublic(forgeRsaKey(undefined).publicArea), attributes: APPLICATION_ATTRIBUTES }
    expect(() => requireApplicationKey(rsa)).toThrow(unsupported)
  })
})
