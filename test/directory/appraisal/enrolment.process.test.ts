import { toBase64Url } from '../../../src/base/bytes.ts'
import { equalSecrets, sha256 } from '../../../src/crypto/hash.ts'
import { makeCredential } from '../../../src/crypto/tpm/make-credential.ts'
import { nameOf, spkiOf } from '../../../src/crypto/tpm/public-area.ts'
import { appraiseEnrolment, type EnrolmentAppraisalInput } from '../../../src/directory/appraisal/enrolment.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { makeEndorsementCertificate, NOW } from '../../support/tpm/certificates.ts'
import { swtpmMissing } from '../../support/tpm/swtpm.ts'
import { type ClaimingTpm, claimingTpm } from '../../support/tpm/tpm-claims.ts'
import { BINDING, NONE, PCRS, REFUSED, refusalOf } from './enrolment-refusals.ts'

const bytesOf = (text: string | undefined) => new Uint8Array(Buffer.from(text ?? '', 'base64url'))

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

  test('of a known maker is tpm-attested, and enrols only what was verified', () => {
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

  test('of an unknown maker, or without a certificate, is of tier tpm where allowed', () => {
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

  test('with a certificate for another key under a known maker is refused', async () => {
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

  test('a changed attestation key that passes has a name no credential activates for', () => {
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
