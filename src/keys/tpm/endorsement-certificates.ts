import { type Bytes, concatBytes } from '../../base/bytes.ts'
import { codeOf } from '../../base/errors.ts'
import type { Options } from './commands.ts'
import { CHAIN_INDICES, ENDORSEMENT_TEMPLATES, type EndorsementTemplate, endorsementTemplate } from './key-templates.ts'
import { listHandles, readNv } from './queries.ts'
import type { TpmClient } from './tpm-client.ts'

/** The certificates of the endorsement key that the vendor stored in the TPM. */
export interface EndorsementCertificates {
  /** DER. Undefined if the vendor stored none. */
  readonly certificate: Bytes | undefined
  /** DER, in the order of the TPM. */
  readonly chain: readonly Bytes[]
}

const NV_FIRST = 0x01c00000
/** Limits of the wire format (`protocol/frames.ts`). */
const MAX_CERTIFICATE_BYTES = 8_192
const MAX_CHAIN = 4

/** The template of the first endorsement key with a certificate; P-256 if there is no certificate. */
export async function chooseEndorsement(tpm: TpmClient, options: Options): Promise<EndorsementTemplate> {
  const indices = await listHandles(tpm, NV_FIRST, options)
  const certified = ENDORSEMENT_TEMPLATES.find(({ certificateIndex }) => indices.includes(certificateIndex))
  return certified ?? endorsementTemplate('p256')
}

export async function readCertificates(
  tpm: TpmClient,
  endorsement: EndorsementTemplate,
  options: Options,
): Promise<EndorsementCertificates> {
  const [certificate] = splitCertificates(await readIfPresent(tpm, endorsement.certificateIndex, options))
  const { first, last } = CHAIN_INDICES
  const indices = (await listHandles(tpm, first, options)).filter((index) => index >= first && index <= last)
  const parts: Uint8Array[] = []
  for (const index of indices) parts.push(await readIfPresent(tpm, index, options))
  return { certificate, chain: splitCertificates(concatBytes(...parts)).slice(0, MAX_CHAIN) }
}

async function readIfPresent(tpm: TpmClient, index: number, options: Options): Promise<Bytes> {
  try {
    return await readNv(tpm, index, options)
  } catch (error) {
    // A certificate may be absent or unreadable. The directory then gives a lower tier.
    const code = codeOf(error)
    if (code === 'KEY_NOT_FOUND' || code === 'KEY_AUTHORISATION_FAILED' || code === 'TPM_COMMAND_FAILED') {
      return new Uint8Array()
    }
    throw error
  }
}

/** Splits concatenated DER certificates. Padding or anything else ends the list. */
export function splitCertificates(bytes: Uint8Array): readonly Bytes[] {
  const certificates: Bytes[] = []
  for (let at = 0; ; ) {
    const size = derSize(bytes.subarray(at))
    if (size === undefined || size > bytes.length - at || size > MAX_CERTIFICATE_BYTES) return certificates
    certificates.push(new Uint8Array(bytes.subarray(at, at + size)))
    at += size
  }
}

/** The whole size of a DER SEQUENCE with a two-byte length. Every certificate has one. */
function derSize(bytes: Uint8Array): number | undefined {
  const [tag, form, high, low] = bytes
  if (tag !== 0x30 || form !== 0x82 || high === undefined || low === undefined) return undefined
  return 4 + high * 256 + low
}
