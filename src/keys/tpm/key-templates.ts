import { type Bytes, fromHex } from '../../base/bytes.ts'
import { ATTRIBUTE, type PublicArea } from '../../crypto/tpm/public-area.ts'

/** Templates of TPM keys. Endorsement keys: TCG EK Credential Profile 2.5, annex B. */

const { fixedTpm, fixedParent, sensitiveDataOrigin, userWithAuth, adminWithPolicy, noDictionaryAttack } = ATTRIBUTE
const { restricted, decrypt, sign } = ATTRIBUTE
const BORN_AND_KEPT_IN_TPM = fixedTpm | fixedParent | sensitiveDataOrigin

const NOTHING: Bytes = new Uint8Array()
/** PolicySecret(TPM_RH_ENDORSEMENT). */
const POLICY_A = bytesOf('837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa')
/** PolicyOR of policy A and PolicyAuthorizeNV, for SHA-256 and SHA-384. */
const POLICY_B_SHA256 = bytesOf('ca3d0a99a2b93906f7a3342414efcfb3a385d44cd1fd459089d19b5071c0b7a0')
const POLICY_B_SHA384 = bytesOf(
  'b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419cacb47ba09699646150f9fc000f3f80e12',
)

export type EndorsementKind = 'p256' | 'rsa2048' | 'p256-high' | 'p384-high' | 'rsa2048-high'

export interface EndorsementTemplate {
  readonly kind: EndorsementKind
  /** NV index of the certificate of this key. */
  readonly certificateIndex: number
  readonly template: PublicArea
  /** Low-range keys need the policy of the endorsement hierarchy, high-range keys their own empty authorisation value. */
  readonly authorisation: 'endorsement-policy' | 'empty-password'
}

/** In order of preference: elliptic-curve keys are created much faster. */
export const ENDORSEMENT_TEMPLATES: readonly EndorsementTemplate[] = [
  { kind: 'p256', certificateIndex: 0x01c0000a, template: lowEcc(), authorisation: 'endorsement-policy' },
  { kind: 'rsa2048', certificateIndex: 0x01c00002, template: lowRsa(), authorisation: 'endorsement-policy' },
  { kind: 'p256-high', certificateIndex: 0x01c00014, template: highEcc('P-256'), authorisation: 'empty-password' },
  { kind: 'p384-high', certificateIndex: 0x01c00016, template: highEcc('P-384'), authorisation: 'empty-password' },
  { kind: 'rsa2048-high', certificateIndex: 0x01c00012, template: highRsa(), authorisation: 'empty-password' },
]

export function endorsementTemplate(kind: EndorsementKind): EndorsementTemplate {
  const found = ENDORSEMENT_TEMPLATES.find((candidate) => candidate.kind === kind)
  if (found === undefined) throw new TypeError(`no endorsement template ${kind}`)
  return found
}

/** NV indices of the certificates of the issuing authorities. */
export const CHAIN_INDICES = { first: 0x01c00100, last: 0x01c001ff } as const

function lowRsa(): PublicArea {
  return {
    nameAlg: 'sha256',
    attributes: BORN_AND_KEPT_IN_TPM | adminWithPolicy | restricted | decrypt,
    authPolicy: POLICY_A,
    symmetricBits: 128,
    scheme: undefined,
    key: { type: 'rsa', bits: 2048, modulus: new Uint8Array(256) },
  }
}

function lowEcc(): PublicArea {
  return { ...lowRsa(), key: { type: 'ecc', curve: 'P-256', x: new Uint8Array(32), y: new Uint8Array(32) } }
}

function highRsa(): PublicArea {
  return {
    ...lowRsa(),
    attributes: lowRsa().attributes | userWithAuth,
    authPolicy: POLICY_B_SHA256,
    key: { type: 'rsa', bits: 2048, modulus: NOTHING },
  }
}

function highEcc(curve: 'P-256' | 'P-384'): PublicArea {
  const key = { type: 'ecc', curve, x: NOTHING, y: NOTHING } as const
  return curve === 'P-256'
    ? { ...highRsa(), key }
    : { ...highRsa(), nameAlg: 'sha384', authPolicy: POLICY_B_SHA384, symmetricBits: 256, key }
}

/** The storage root key of TCG's provisioning guidance. Creating it always gives the same key. */
export const storageRoot: PublicArea = {
  nameAlg: 'sha256',
  attributes: BORN_AND_KEPT_IN_TPM | userWithAuth | noDictionaryAttack | restricted | decrypt,
  authPolicy: NOTHING,
  symmetricBits: 128,
  scheme: undefined,
  key: lowEcc().key,
}

/** No dictionary-attack protection: the authorisation value is 32 random bytes, and mistakes of others must not lock the key. */
export const applicationKey: PublicArea = {
  nameAlg: 'sha256',
  attributes: BORN_AND_KEPT_IN_TPM | userWithAuth | noDictionaryAttack | sign,
  authPolicy: NOTHING,
  symmetricBits: undefined,
  scheme: { kind: 'ecdsa', hash: 'sha256' },
  key: { type: 'ecc', curve: 'P-256', x: NOTHING, y: NOTHING },
}

/** A restricted key: it signs only quotes and certifications of its TPM. */
export const attestationKey: PublicArea = { ...applicationKey, attributes: applicationKey.attributes | restricted }

function bytesOf(hex: string): Bytes {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new TypeError('a policy that is not hex')
  return bytes
}
