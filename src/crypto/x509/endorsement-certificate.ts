import { type Bytes, equalBytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { sha256 } from '../hash.ts'
import { type Certificate, parseCertificate, type TpmDescription } from './certificate.ts'
import type { AnchorSet, TrustAnchor, TrustAnchors } from './trust-anchors.ts'

export interface EndorsementInput {
  /** DER of the EK certificate, as stored in the TPM. */
  readonly certificate: Uint8Array
  /** DER of the intermediates that the device sent, in any order. */
  readonly chain: readonly Uint8Array[]
  readonly anchors: TrustAnchors
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What a valid EK certificate says. */
interface EndorsementFacts extends TpmDescription {
  readonly spki: Bytes
  readonly certificateHash: Bytes
}

export type EndorsementVerdict = EndorsementFacts &
  (
    | { readonly outcome: 'trusted'; readonly set: AnchorSet; readonly anchorName: string }
    | { readonly outcome: 'unknown-maker' }
  )

/** tcg-kp-EKCertificate. */
const EK_CERTIFICATE = '2.23.133.8.1'
const ANY_USAGE = '2.5.29.37.0'
const MAX_CHAIN = 8

/**
 * Builds and verifies the chain of an endorsement key's certificate (RFC 5280 without revocation and name constraints; a
 * critical name constraint is refused).
 *
 * @throws `CERTIFICATE_MALFORMED`, `CERTIFICATE_EXPIRED`, `CERTIFICATE_CHAIN_INVALID` for a wrong chain. A chain without a
 * known anchor is no error but the outcome `unknown-maker`.
 */
export function verifyEndorsementCertificate(input: EndorsementInput): EndorsementVerdict {
  if (input.chain.length > MAX_CHAIN) throw invalid(`more than ${MAX_CHAIN} intermediates`)
  const leaf = parseCertificate(input.certificate)
  const intermediates = input.chain.map(parseCertificate)
  checkLeaf(leaf, input.now)
  const facts = { ...leaf.tpm, spki: leaf.spki, certificateHash: sha256(leaf.der) }
  const anchor = findAnchor(leaf, intermediates, input)
  return anchor === undefined
    ? { ...facts, outcome: 'unknown-maker' }
    : { ...facts, outcome: 'trusted', set: anchor.set, anchorName: anchor.name }
}

function findAnchor(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  { anchors, now }: EndorsementInput,
): TrustAnchor | undefined {
  const unused = new Set(intermediates)
  let hasAnchorName = false
  let below = leaf
  for (let depth = 0; depth <= MAX_CHAIN; depth++) {
    const named = anchors.bySubject.get(below.issuer) ?? []
    const anchor = chooseAnchor(named, below, { depth, now })
    if (anchor !== undefined) return anchor
    hasAnchorName ||= named.length > 0
    const issuer = findIssuer(below, unused)
    if (issuer === undefined) break
    checkIntermediate(issuer, { depth, now })
    unused.delete(issuer)
    below = issuer
  }
  // A vendor may have two keys under one name, so a received intermediate may resolve this. Nothing else may.
  if (hasAnchorName) throw invalid('its issuer has the name of a trust anchor that did not sign it')
  return undefined
}

/** @throws `CERTIFICATE_EXPIRED`, `CERTIFICATE_CHAIN_INVALID` when the anchor that signed `below` was not allowed to. */
function chooseAnchor(
  named: readonly TrustAnchor[],
  below: Certificate,
  position: { depth: number; now: number },
): TrustAnchor | undefined {
  const signers = named.filter(({ certificate }) => signedBy(below, certificate))
  let refused: unknown
  // A CA in both sets counts as simulated.
  for (const anchor of signers.toSorted((a, b) => Number(b.set === 'simulated') - Number(a.set === 'simulated'))) {
    try {
      checkAuthority(anchor.certificate, position)
      return anchor
    } catch (error) {
      refused ??= error
    }
  }
  if (refused !== undefined) throw refused
  return undefined
}

/** @throws `CERTIFICATE_CHAIN_INVALID` when certificates have the issuer's name and none of them signed `below`. */
function findIssuer(below: Certificate, candidates: ReadonlySet<Certificate>): Certificate | undefined {
  if (below.issuer === '') throw invalid('a certificate without an issuer')
  const named = [...candidates].filter(
    (candidate) => candidate.subject === below.issuer && !equalBytes(candidate.der, below.der),
  )
  const signer = named.find((candidate) => signedBy(below, candidate))
  if (signer === undefined && named.length > 0) throw invalid('the received certificate of its issuer did not sign it')
  return signer
}

/** Uses OpenSSL, which knows the algorithms of all vendors. A key that it cannot use has signed nothing. */
function signedBy(below: Certificate, issuer: Certificate): boolean {
  try {
    return below.x509.verify(issuer.x509.publicKey)
  } catch {
    return false
  }
}

function checkLeaf(leaf: Certificate, now: number): void {
  checkValidity(leaf, now)
  if (leaf.isCa || (leaf.statesKeyUsage && leaf.maySignCertificates)) {
    throw invalid('the certificate is that of a CA, not of an endorsement key')
  }
  if (leaf.extendedKeyUsages !== undefined && !leaf.extendedKeyUsages.includes(EK_CERTIFICATE)) {
    throw invalid('its extended key usage is not that of an endorsement key')
  }
  checkExtensions(leaf)
}

function checkIntermediate(issuer: Certificate, position: { depth: number; now: number }): void {
  checkAuthority(issuer, position)
  const usages = issuer.extendedKeyUsages
  if (usages !== undefined && !usages.includes(EK_CERTIFICATE) && !usages.includes(ANY_USAGE)) {
    throw invalid('an intermediate may not certify endorsement keys')
  }
}

/** @param position.depth the number of intermediates between `issuer` and the endorsement key. */
function checkAuthority(issuer: Certificate, { depth, now }: { depth: number; now: number }): void {
  if (!issuer.isCa || !issuer.maySignCertificates) throw invalid('an issuer is not a CA')
  if (issuer.pathLength !== undefined && depth > issuer.pathLength) throw invalid('the chain is longer than allowed')
  checkExtensions(issuer)
  checkValidity(issuer, now)
}

function checkExtensions(certificate: Certificate): void {
  const [unknown] = certificate.unknownCritical
  if (unknown !== undefined) throw invalid(`critical extension ${unknown} is unknown`)
}

function checkValidity({ notBefore, notAfter, subject }: Certificate, now: number): void {
  if (now >= notBefore && now <= notAfter) return
  const name = subject.replaceAll('\n', ', ').replace(/[^\x20-\x7e]/g, '?')
  throw new SuretyError(
    'CERTIFICATE_EXPIRED',
    `${now < notBefore ? 'not yet valid' : 'expired'}: ${name.slice(0, 200) || 'the endorsement key'}`,
  )
}

function invalid(reason: string): SuretyError {
  return new SuretyError('CERTIFICATE_CHAIN_INVALID', `certificate chain of the endorsement key: ${reason}`)
}
