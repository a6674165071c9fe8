import { type Bytes, concatBytes } from '../../base/bytes.ts'
import { codeOf } from '../../base/errors.ts'
import type { TpmClient } from './client.ts'
import type { Options } from './commands.ts'
import { listHandles, readNv } from './queries.ts'
import { CHAIN_INDICES, ENDORSEMENT_TEMPLATES, type EndorsementTemplate, endorsementTemplate } from './templates.ts'

/** What the maker of a TPM put into it about its endorsement key. */
export interface EndorsementCertificates {
  /** DER; absent when the maker certified nothing. */
  readonly certificate: Bytes | undefined
  /** DER, in the order the TPM keeps them. */
  readonly chain: readonly Bytes[]
}

const NV_FIRST = 0x01c00000
/** What the wire has room for (`protocol/frames.ts`). */
const MAX_CERTIFICATE_BYTES = 8_192
const MAX_CHAIN = 4

/** The template of the first endorsement key that has a certificate; without any certificate the P-256 one. */
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
  const [certificate] = splitCertificates(await readIfThere(tpm, endorsement.certificateIndex, options))
  const { first, last } = CHAIN_INDICES
  const indices = (await listHandles(tpm, first, options)).filter((index) => index >= first && index <= last)
  const parts: Uint8Array[] = []
  for (const index of indices) parts.push(await readIfThere(tpm, index, options))
  return { certificate, chain: splitCertificates(concatBytes(...parts)).slice(0, MAX_CHAIN) }
}

async function readIfThere(tpm: TpmClient, index: number, options: Options): Promise<Bytes> {
  try {
    return await readNv(tpm, index, options)
  } catch (error) {
    // Certificates may be absent or kept from us; without one the tier is lower, and the directory says so.
    const code = codeOf(error)
    if (code === 'KEY_NOT_FOUND' || code === 'KEY_AUTHORISATION_FAILED' || code === 'TPM_COMMAND_FAILED') {
      return new Uint8Array()
    }
    throw error
  }
}

/** DER certificates that lie one after another; padding and anything else ends the list. */
export function splitCertificates(bytes: Uint8Array): readonly Bytes[] {
  const certificates: Bytes[] = []
  for (let at = 0; ; ) {
    const size = derSize(bytes.subarray(at))
    if (size === undefined || size > bytes.length - at || size > MAX_CERTIFICATE_BYTES) return certificates
    certificates.push(new Uint8Array(bytes.subarray(at, at + size)))
    at += size
  }
}

/** Whole size of a DER SEQUENCE with a length of two bytes: every certificate is that long. */
function derSize(bytes: Uint8Array): number | undefined {
  const [tag, form, high, low] = bytes
  if (tag !== 0x30 || form !== 0x82 || high === undefined || low === undefined) return undefined
  return 4 + high * 256 + low
}
