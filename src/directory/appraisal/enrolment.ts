import { type Bytes, equalBytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { importP256 } from '../../crypto/jws.ts'
import type { TpmCounters } from '../../crypto/tpm/attest.ts'
import { verifyCertify } from '../../crypto/tpm/certify.ts'
import { requireApplicationKey, requireEndorsementKey } from '../../crypto/tpm/key-attributes.ts'
import { nameOf, parsePublic, spkiOf } from '../../crypto/tpm/public-area.ts'
import { verifyQuote } from '../../crypto/tpm/quote.ts'
import { type EndorsementVerdict, verifyEndorsementCertificate } from '../../crypto/x509/endorsement-certificate.ts'
import type { TrustAnchors } from '../../crypto/x509/trust-anchors.ts'
import type { EnrolmentClaim, QuoteClaim } from '../../protocol/messages/frames.ts'
import { type Tier, tierAtLeast } from '../../protocol/tier.ts'
import { decodeField } from './decode-field.ts'

export interface EnrolmentAppraisalInput {
  /** As its schema read it, from an attestation whose signature verified under `claim.applicationKey`. */
  readonly claim: EnrolmentClaim
  readonly quote?: QuoteClaim | undefined
  /** As the directory computed it. */
  readonly binding: Uint8Array
  /** PCRs that were asked for. */
  readonly pcrs: readonly number[]
  readonly anchors: TrustAnchors
  /** The token's. */
  readonly minimumTier: Tier
  readonly now: number
}

interface EndorsementAppraisal {
  /**
   * SHA-256 of the EK as SubjectPublicKeyInfo: one of these is one device. Not of its TPMT_PUBLIC, in which a device
   * could change a flag that nothing proves, and pass for a second one.
   */
  readonly publicHash: Bytes
  /** TPMT_PUBLIC. */
  readonly endorsementPublic: Bytes
  readonly attestationPublic: Bytes
  /** For `makeCredential`. */
  readonly attestationName: Bytes
  readonly maker?: string
  readonly model?: string
  readonly firmware?: string
  readonly certificateHash?: Bytes
}

/** What would be enrolled, once the credential activation has proven that EK and AK share a TPM. */
export interface EnrolmentAppraisal {
  readonly tier: Tier
  /** SubjectPublicKeyInfo. */
  readonly applicationKey: Bytes
  /** Absent for keys that are in no TPM. */
  readonly endorsement?: EndorsementAppraisal
  readonly counters?: TpmCounters
  readonly pcrs?: Readonly<Record<string, string>>
  /** What a person may want to know; nothing hangs on it. */
  readonly notes: readonly string[]
}

/**
 * Judges what a device says of its keys at enrolment.
 *
 * @throws a `SuretyError` with the code of the first thing that does not hold: `ATTESTATION_*`, `CERTIFICATE_*`,
 * `TPM_STRUCTURE_MALFORMED`, `KEY_MALFORMED`, `KEY_UNSUPPORTED`, `FRAME_MALFORMED`, `TIER_TOO_LOW`.
 */
export function appraiseEnrolment(input: EnrolmentAppraisalInput): EnrolmentAppraisal {
  const appraisal = input.claim.keyKind === 'tpm' ? appraiseTpm(input, input.claim) : appraiseSoftware(input)
  if (!tierAtLeast(appraisal.tier, input.minimumTier)) {
    throw new SuretyError('TIER_TOO_LOW', `the tier is ${appraisal.tier}, the token asks for ${input.minimumTier}`)
  }
  return appraisal
}

function appraiseSoftware({ claim, quote }: EnrolmentAppraisalInput): EnrolmentAppraisal {
  if (quote !== undefined) throw new SuretyError('ATTESTATION_QUOTE_INVALID', 'a key in no TPM comes with a quote')
  return { tier: 'software', applicationKey: readApplicationKey(claim.applicationKey), notes: [] }
}

type TpmClaim = Extract<EnrolmentClaim, { keyKind: 'tpm' }>

function appraiseTpm(input: EnrolmentAppraisalInput, claim: TpmClaim): EnrolmentAppraisal {
  const { quote, binding } = input
  if (quote === undefined) throw new SuretyError('ATTESTATION_QUOTE_INVALID', 'a TPM device that sends no quote')
  const applicationKey = readApplicationKey(claim.applicationKey)
  const [attestationPublic, subjectPublic] = [
    decodeField(claim.attestationPublic),
    decodeField(claim.applicationPublic),
  ]
  const endorsementPublic = decodeField(claim.endorsementPublic)

  requireEndorsementKey(parsePublic(endorsementPublic))
  requireApplicationKey(parsePublic(subjectPublic))
  if (!equalBytes(spkiOf(subjectPublic), applicationKey)) {
    throw new SuretyError('ATTESTATION_CERTIFY_INVALID', 'the certified key is not the application key')
  }
  const signed = { attestationPublic, binding }
  verifyCertify({ ...decodeAttested(claim.certify), ...signed, subjectPublic })
  const quoted = { ...decodeAttested(quote), pcrs: quote.pcrs, requested: input.pcrs }
  const counters = verifyQuote({ ...quoted, ...signed })
  const endorsementSpki = spkiOf(endorsementPublic)
  const maker = appraiseMaker(input, claim, endorsementSpki)

  return {
    tier: maker.tier,
    applicationKey,
    endorsement: {
      publicHash: sha256(endorsementSpki),
      endorsementPublic,
      attestationPublic,
      attestationName: nameOf(attestationPublic),
      ...maker.facts,
    },
    counters,
    pcrs: quote.pcrs,
    notes: counters.safe ? maker.notes : [...maker.notes, "the TPM's clock is not safe: it lost power"],
  }
}

interface Maker {
  readonly tier: Tier
  readonly facts: Pick<EndorsementAppraisal, 'maker' | 'model' | 'firmware' | 'certificateHash'>
  readonly notes: readonly string[]
}

function appraiseMaker(input: EnrolmentAppraisalInput, claim: TpmClaim, endorsementSpki: Uint8Array): Maker {
  if (claim.endorsementCertificate === undefined) {
    return { tier: 'tpm', facts: {}, notes: ['the TPM has no endorsement certificate: its maker is unknown'] }
  }
  const verdict = verifyEndorsementCertificate({
    certificate: decodeField(claim.endorsementCertificate),
    chain: claim.endorsementChain.map(decodeField),
    anchors: input.anchors,
    now: input.now,
  })
  if (!equalBytes(verdict.spki, endorsementSpki)) {
    throw new SuretyError('ATTESTATION_EK_MISMATCH', 'the certificate is that of another endorsement key')
  }
  const { spki: _, outcome, ...facts } = factsOf(verdict)
  if (verdict.outcome === 'unknown-maker') {
    return { tier: 'tpm', facts, notes: ['the endorsement certificate leads to no trust anchor: its maker is unknown'] }
  }
  const tier = verdict.set === 'makers' ? 'tpm-attested' : 'simulated'
  return { tier, facts, notes: [`endorsement certificate under the trust anchor ${verdict.anchorName}`] }
}

function factsOf(verdict: EndorsementVerdict) {
  if (verdict.outcome === 'unknown-maker') return verdict
  const { set: _, anchorName: __, ...facts } = verdict
  return facts
}

/** @throws `KEY_MALFORMED`, `KEY_UNSUPPORTED`: any key but P-256, and any second encoding of one. */
function readApplicationKey(text: string): Bytes {
  const spki = decodeField(text)
  importP256(spki)
  return spki
}

function decodeAttested(attested: { readonly attested: string; readonly signature: string }) {
  return { attested: decodeField(attested.attested), signature: decodeField(attested.signature) }
}
