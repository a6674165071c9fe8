import fc from 'fast-check'
import { toBase64Url } from '../../../src/base/bytes.ts'
import {
  appraiseEnrolment,
  type EnrolmentAppraisal,
  type EnrolmentAppraisalInput,
} from '../../../src/directory/appraisal/enrolment.ts'
import type { EnrolmentClaim } from '../../../src/protocol/messages/frames.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { NOW } from '../../support/tpm/certificates.ts'
import { BINDING, NONE, PCRS, REFUSED, refusalOf } from './enrolment-refusals.ts'

/** The generator of P-384: as good a public key as any. */
const P384_SPKI = new Uint8Array(
  Buffer.from(
    '3076301006072a8648ce3d020106052b8104002203620004aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
    'hex',
  ),
)

describe('a software key', () => {
  const key = testKey('software device')
  const input = (applicationKey: Uint8Array, more: Partial<EnrolmentAppraisalInput> = {}): EnrolmentAppraisalInput => ({
    claim: { keyKind: 'software', applicationKey: toBase64Url(applicationKey) },
    binding: BINDING,
    pcrs: PCRS,
    anchors: NONE,
    minimumTier: 'software',
    now: NOW,
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
      keyKind: fc.constant('tpm' as const),
      applicationKey: field,
      applicationPublic: field,
      attestationPublic: field,
      endorsementPublic: field,
      endorsementCertificate: field,
      endorsementChain: fc.array(field, { maxLength: 4 }),
      certify: attested,
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
