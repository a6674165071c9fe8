import fc from 'fast-check'
import { toBase64Url } from '../../../src/base/bytes.ts'
import { codeOf } from '../../../src/base/errors.ts'
import { equalSecrets, sha256 } from '../../../src/crypto/hash.ts'
import { makeCredential } from '../../../src/crypto/tpm/make-credential.ts'
import { nameOf, spkiOf } from '../../../src/crypto/tpm/public-area.ts'
import { parseTrustAnchors } from '../../../src/crypto/x509/trust-anchors.ts'
import {
  appraiseEnrolment,
  type EnrolmentAppraisal,
  type EnrolmentAppraisalInput,
} from '../../../src/directory/appraisal/enrolment.ts'
import type { EnrolmentClaim } from '../../../src/protocol/frames.ts'
import { makeEndorsementCertificate, NOW } from '../../support/certificates.ts'
import { swtpmMissing } from '../../support/swtpm.ts'
import { testKey } from '../../support/test-keys.ts'
import { type ClaimingTpm, claimingTpm } from '../../support/tpm-claims.ts'

const BINDING = sha256('binding')
const PCRS = [0, 1, 2, 7]
const NONE = parseTrustAnchors([])

/** The generator of P-384: as good a public key as any. */
const P384_SPKI = new Uint8Array(
  Buffer.from(
    '3076301006072a8648ce3d020106052b8104002203620004aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
    'hex',
  ),
)

const bytesOf = (text: string | undefined) => new Uint8Array(Buffer.from(text ?? '', 'base64url'))

function refusalOf(input: EnrolmentAppraisalInput): string {
  try {
    appraiseEnrolment(input)
    return 'accepted'
  } catch (error) {
    return codeOf(error) ?? 'a failure without a code'
  }
}

const REFUSED = /^[A-Z_]+$/

describe('a software key', () => {
  const key = testKey('software device')
  const input = (applicationKey: Uint8Array, more: Partial<EnrolmentAppraisalInput> = {}): EnrolmentAppraisalInput => ({
    claim: { keyKind: 'software', applicationKey: toBase64Url(applicationKey) },
    ...{ binding: BINDING, pcrs: PCRS, anchors: NONE, minimumTier: 'software', now: NOW },
    ...more,
  })

  test('is of tier software', () => {
    const appraisal: EnrolmentAppraisal = { tier: 'software', applicationKey: key.spki, notes: [] }
    expect(appraiseEnrolment(input(key.spki))).toEqual(appraisal)
  })

  const offCurve = key.spki.map((byte, index) => (index === 90 ? byte ^ 1 : byte))
  const quote = { attested: 'AA', signature: 'AA', pcrs: {} }
  test.each([
    ['below the minimum', 'TIER_TOO_LOW', input(key.spki, { minimumTier: 'tpm' })],
    ['with a quote', 'ATTESTATION_QUOTE_INVALID', input(key.spki, { quote })],
    ['that is nothing', 'KEY_MALFORMED', input(new Uint8Array())],
    ['that is cut short', 'KEY_MALFORMED', input(key.spki.slice(0, -1))],
    ['with a byte more', 'KEY_MALFORMED', input(Uint8Array.from([...key.spki, 0]))],
    ['off the curve', 'KEY_MALFORMED', input(offCurve)],
    ['as a compressed point', 'KEY_MALFORMED', input(compressed(key.spki))],
    ['on another curve', 'KEY_UNSUPPORTED', input(P384_SPKI)],
  ])('%s is refused with %s', (_, code, refused) => expect(refusalOf(refused)).toBe(code))

  test('nothing that could be claimed fails without a code, or is accepted as a TPM', () => {
    const field = fc
      .oneof(fc.uint8Array({ maxLength: 80 }), fc.constant(key.spki), fc.constant(P384_SPKI))
      .map(toBase64Url)
    const attested = fc.record({ attested: field, signature: field })
    const claim = fc.record({
      ...{ keyKind: fc.constant('tpm' as const), applicationKey: field, applicationPublic: field },
      ...{ attestationPublic: field, endorsementPublic: field, endorsementCertificate: field },
      ...{ endorsementChain: fc.array(field, { maxLength: 4 }), certify: attested },
    })
    fc.assert(
      fc.property(claim, attested, (claimed, quoted) =>
        REFUSED.test(refusalOf({ ...input(key.spki), claim: claimed, quote: { ...quoted, pcrs: {} } })),
      ),
    )
  })

  test('with stray bits in its base64url is refused', () => {
    const text = toBase64Url(key.spki)
    const claim: EnrolmentClaim = { keyKind: 'software', applicationKey: `${text.slice(0, -1)}B` }
    expect(refusalOf({ ...input(key.spki), claim })).toBe('FRAME_MALFORMED')
  })
})

/** The same P-256 key in its other encoding. */
function compressed(spki: Uint8Array): Uint8Array {
  const prefix = 2 + ((spki[90] ?? 0) & 1)
  const header = Uint8Array.from(spki.slice(0, 26))
  header.set([0x30, 57], 0)
  header.set([0x03, 34], 23)
  return Uint8Array.from([...header, prefix, ...spki.slice(27, 59)])
}

const missing = swtpmMissing()
if (missing !== undefined) test.skip(`a TPM enrols: ${missing}`, () => undefined)

;(missing === undefined ? describe : describe.skip)('a TPM', () => {
  let tpm: ClaimingTpm
  let other: ClaimingTpm
  let input: EnrolmentAppraisalInput

  beforeAll(async () => {
    const challenge = { binding: BINDING, pcrs: PCRS }
    ;[tpm, other] = [await claimingTpm('rsa2048', challenge), await claimingTpm('p256', challenge)]
    input = inputOf(tpm)
  })
  afterAll(async () => {
    await tpm[Symbol.asyncDispose]()
    await other[Symbol.asyncDispose]()
  })

  function inputOf({ claim, quote, anchors }: ClaimingTpm): EnrolmentAppraisalInput {
    const judged = { anchors: anchors('makers'), minimumTier: 'tpm-attested', now: Date.now() } as const
    return { claim, quote, binding: BINDING, pcrs: PCRS, ...judged }
  }
  const changed = (change: Partial<ClaimingTpm['claim']>) => ({ ...input, claim: { ...tpm.claim, ...change } })
  const withoutCertificate = () => {
    const { endorsementCertificate: _, ...claim } = tpm.claim
    return { ...input, claim }
  }

  test('of a known maker is of tier tpm-attested, and all that is enrolled comes from what was verified', () => {
    const attestationPublic = bytesOf(tpm.claim.attestationPublic)
    const endorsementPublic = bytesOf(tpm.claim.endorsementPublic)
    expect(appraiseEnrolment(input)).toEqual({
      tier: 'tpm-attested',
      applicationKey: bytesOf(tpm.claim.applicationKey),
      endorsement: {
        publicHash: sha256(spkiOf(endorsementPublic)),
        endorsementPublic,
        attestationPublic,
        attestationName: nameOf(attestationPublic),
        maker: 'id:00001014',
        model: 'swtpm',
        firmware: expect.stringMatching(/^id:/),
        certificateHash: sha256(bytesOf(tpm.claim.endorsementCertificate)),
      },
      counters: expect.objectContaining({ restartCount: 0 }),
      pcrs: tpm.quote.pcrs,
      notes: [expect.stringMatching(/trust anchor/)],
    })
  })

  test('with an EK on P-256 likewise', () => expect(appraiseEnrolment(inputOf(other)).tier).toBe('tpm-attested'))

  test('whose anchor is in the simulated set is of tier simulated, never more', () => {
    const simulated = { ...input, anchors: tpm.anchors('simulated') }
    expect(appraiseEnrolment({ ...simulated, minimumTier: 'simulated' }).tier).toBe('simulated')
    expect(refusalOf({ ...simulated, minimumTier: 'software' })).toBe('TIER_TOO_LOW')
  })

  test('of an unknown maker, or without a certificate, is of tier tpm where the token allows it', () => {
    for (const unknown of [{ ...input, anchors: NONE }, withoutCertificate()]) {
      expect(appraiseEnrolment({ ...unknown, minimumTier: 'tpm' }).tier).toBe('tpm')
      expect(refusalOf(unknown)).toBe('TIER_TOO_LOW')
    }
  })

  test('that is appraised activates the credential made for it, and no other TPM does', async () => {
    const { endorsement } = appraiseEnrolment(input)
    if (endorsement === undefined) throw new TypeError('no endorsement')
    const secret = sha256('secret')
    const { endorsementPublic, attestationName: name } = endorsement
    const credential = makeCredential({ endorsementPublic, name, secret })
    expect(equalSecrets(await tpm.attestor.activateCredential(credential), secret)).toBe(true)
    const elsewhere = makeCredential({
      endorsementPublic,
      name: nameOf(bytesOf(other.claim.attestationPublic)),
      secret,
    })
    await expect(tpm.attestor.activateCredential(elsewhere)).rejects.toMatchObject({ code: 'TPM_IDENTITY_LOST' })
  })

  test.each<[string, string, () => EnrolmentAppraisalInput]>([
    ['without a quote', 'ATTESTATION_QUOTE_INVALID', () => ({ ...input, quote: undefined })],
    ['bound to another challenge', 'ATTESTATION_BINDING_MISMATCH', () => ({ ...input, binding: sha256('other') })],
    [
      'whose quote is the certification',
      'ATTESTATION_QUOTE_INVALID',
      () => ({ ...input, quote: { ...tpm.quote, ...tpm.claim.certify } }),
    ],
    ['whose certification is the quote', 'ATTESTATION_CERTIFY_INVALID', () => changed({ certify: tpm.quote })],
    ['asked for a PCR more', 'ATTESTATION_PCR_MISMATCH', () => ({ ...input, pcrs: [...PCRS, 8] })],
    ['asked for a PCR fewer', 'ATTESTATION_PCR_MISMATCH', () => ({ ...input, pcrs: PCRS.slice(1) })],
    ['asked for other PCRs', 'ATTESTATION_PCR_MISMATCH', () => ({ ...input, pcrs: [0, 1, 2, 3] })],
    ['that tells no PCR values', 'ATTESTATION_PCR_MISMATCH', () => ({ ...input, quote: { ...tpm.quote, pcrs: {} } })],
    [
      'that tells another PCR value',
      'ATTESTATION_PCR_MISMATCH',
      () => ({ ...input, quote: { ...tpm.quote, pcrs: { ...tpm.quote.pcrs, 7: 'ab'.repeat(32) } } }),
    ],
    [
      "with another TPM's application key",
      'ATTESTATION_CERTIFY_INVALID',
      () => changed({ applicationKey: other.claim.applicationKey }),
    ],
    [
      "with another TPM's application key and public area",
      'ATTESTATION_CERTIFY_INVALID',
      () => changed({ applicationKey: other.claim.applicationKey, applicationPublic: other.claim.applicationPublic }),
    ],
    [
      "with another TPM's attestation key",
      'ATTESTATION_CERTIFY_INVALID',
      () => changed({ attestationPublic: other.claim.attestationPublic }),
    ],
    [
      "with another TPM's certification",
      'ATTESTATION_CERTIFY_INVALID',
      () => changed({ certify: other.claim.certify }),
    ],
    ["with another TPM's quote", 'ATTESTATION_QUOTE_INVALID', () => ({ ...input, quote: other.quote })],
    [
      "with another TPM's endorsement key",
      'ATTESTATION_EK_MISMATCH',
      () => changed({ endorsementPublic: other.claim.endorsementPublic }),
    ],
    [
      "with another TPM's certificate",
      'ATTESTATION_EK_MISMATCH',
      () => ({
        ...changed({ endorsementCertificate: other.claim.endorsementCertificate ?? '' }),
        anchors: NONE,
        minimumTier: 'tpm',
      }),
    ],
    [
      'with a software key beside it',
      'ATTESTATION_CERTIFY_INVALID',
      () => changed({ applicationKey: toBase64Url(testKey('software').spki) }),
    ],
    [
      'whose application key is its attestation key',
      'ATTESTATION_KEY_ATTRIBUTES',
      () => changed({ applicationPublic: tpm.claim.attestationPublic }),
    ],
    [
      'whose attestation key is its application key',
      'ATTESTATION_KEY_ATTRIBUTES',
      () => changed({ attestationPublic: tpm.claim.applicationPublic }),
    ],
    [
      'whose endorsement key is its attestation key',
      'ATTESTATION_KEY_ATTRIBUTES',
      () => changed({ endorsementPublic: tpm.claim.attestationPublic }),
    ],
    ['whose certificate is no certificate', 'CERTIFICATE_MALFORMED', () => changed({ endorsementCertificate: 'AAAA' })],
    ['with an intermediate that is none', 'CERTIFICATE_MALFORMED', () => changed({ endorsementChain: ['AAAA'] })],
    ['before its certificate began', 'CERTIFICATE_EXPIRED', () => ({ ...input, now: 0 })],
    ['with an empty application key', 'KEY_MALFORMED', () => changed({ applicationKey: '' })],
    ['with an empty public area', 'TPM_STRUCTURE_MALFORMED', () => changed({ endorsementPublic: '' })],
  ])('%s is refused with %s', (_, code, make) => expect(refusalOf(make())).toBe(code))

  test("with a certificate for somebody else's key under a known maker is refused", async () => {
    const maker = testKey('somebody')
    const der = await makeEndorsementCertificate({ issuer: 'CN=Maker', signer: maker, publicKey: maker.spki })
    const stolen = changed({ endorsementCertificate: toBase64Url(der) })
    expect(refusalOf({ ...stolen, now: NOW, minimumTier: 'tpm' })).toBe('ATTESTATION_EK_MISMATCH')
  })

  /** Everything that is signed over: no bit of it may change. */
  const SIGNED = ['applicationKey', 'applicationPublic', 'endorsementCertificate'] as const

  test.each(SIGNED)('no byte of %s can be changed', (field) => {
    const refusals = mutations(tpm.claim[field]).map((text) => refusalOf(changed({ [field]: text })))
    expect(refusals.filter((code) => !REFUSED.test(code))).toEqual([])
  })

  test.each(['attested', 'signature'] as const)(
    'no byte of %s of the certification and of the quote can be changed',
    (field) => {
      const { certify } = tpm.claim
      const claims = mutations(certify[field]).map((text) => changed({ certify: { ...certify, [field]: text } }))
      const quotes = mutations(tpm.quote[field]).map((text) => ({ ...input, quote: { ...tpm.quote, [field]: text } }))
      expect([...claims, ...quotes].map(refusalOf).filter((code) => !REFUSED.test(code))).toEqual([])
    },
  )

  test('a changed attestation key that passes has another name, for which no credential is activated', () => {
    const name = nameOf(bytesOf(tpm.claim.attestationPublic))
    const passing = mutations(tpm.claim.attestationPublic)
      .map((text) => changed({ attestationPublic: text }))
      .filter((each) => refusalOf(each) === 'accepted')
      .map((each) => appraiseEnrolment(each).endorsement?.attestationName)
    expect(passing.filter((each) => Buffer.from(each ?? []).equals(name))).toEqual([])
  })

  test('a changed endorsement public area never makes a second device of one TPM', () => {
    const device = toBase64Url(sha256(spkiOf(bytesOf(tpm.claim.endorsementPublic))))
    const devices = mutations(tpm.claim.endorsementPublic)
      .map((text) => changed({ endorsementPublic: text }))
      .filter((each) => refusalOf(each) === 'accepted')
      .map((each) => toBase64Url(appraiseEnrolment(each).endorsement?.publicHash ?? new Uint8Array()))
    expect(new Set(devices)).toEqual(new Set([device]))
  })
})

/** One bit changed in each byte, in turn its lowest and its highest; a byte fewer; a byte more. */
function mutations(text: string | undefined): readonly string[] {
  const bytes = bytesOf(text)
  const flipped = [...bytes.keys()].map((at) =>
    bytes.map((byte, index) => (index === at ? byte ^ (at % 2 === 0 ? 0x01 : 0x80) : byte)),
  )
  return [...flipped, bytes.slice(0, -1), Uint8Array.from([...bytes, 1])].map(toBase64Url)
}
