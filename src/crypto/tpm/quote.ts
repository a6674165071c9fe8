import { equalBytes, fromHex } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { parseQuote, type TpmCounters } from './attest.ts'
import { requireAttestationKey } from './key-attributes.ts'
import { digest, parsePublic } from './public-area.ts'
import { parseSignature, verifyTpmSignature } from './signature.ts'

export interface QuoteToVerify {
  /** TPMS_ATTEST. */
  readonly attested: Uint8Array
  /** TPMT_SIGNATURE. */
  readonly signature: Uint8Array
  /** TPMT_PUBLIC of a restricted key. */
  readonly attestationPublic: Uint8Array
  /** The expected qualifying data. */
  readonly binding: Uint8Array
  /** Values of the SHA-256 bank that the device reported: hex, by index. */
  readonly pcrs: Readonly<Record<string, string>>
  /** The requested indices. The quote must cover exactly these. */
  readonly requested: readonly number[]
}

/**
 * Verifies that a TPM made this quote with this key, for this binding, over exactly these PCR values.
 *
 * @throws `ATTESTATION_QUOTE_INVALID` (no quote, or a bad signature), `ATTESTATION_BINDING_MISMATCH`,
 * `ATTESTATION_PCR_MISMATCH`, `ATTESTATION_KEY_ATTRIBUTES`, `TPM_STRUCTURE_MALFORMED`, `KEY_UNSUPPORTED`, `KEY_MALFORMED`.
 */
export function verifyQuote(quote: QuoteToVerify): TpmCounters {
  const attestationKey = parsePublic(quote.attestationPublic)
  requireAttestationKey(attestationKey)
  const signature = parseSignature(quote.signature)
  if (!verifyTpmSignature(attestationKey, quote.attested, signature)) {
    throw new SuretyError('ATTESTATION_QUOTE_INVALID', 'the quote is not signed by the attestation key')
  }
  const attest = parseQuote(quote.attested)
  if (!equalBytes(attest.extraData, quote.binding)) {
    throw new SuretyError('ATTESTATION_BINDING_MISMATCH', 'the quote was made for another challenge')
  }
  const values = readPcrs(quote.pcrs, quote.requested)
  if (attest.pcrs.join() !== [...values.keys()].join()) {
    throw new SuretyError('ATTESTATION_PCR_MISMATCH', `the quote covers PCRs ${attest.pcrs.join(', ') || 'none'}`)
  }
  if (!equalBytes(attest.pcrDigest, digest(signature.hash, ...values.values()))) {
    throw new SuretyError('ATTESTATION_PCR_MISMATCH', 'the PCR values are not the quoted ones')
  }
  return attest.counters
}

/** The reported values, by ascending index. They must be exactly the requested ones. */
function readPcrs(
  pcrs: Readonly<Record<string, string>>,
  requested: readonly number[],
): ReadonlyMap<number, Uint8Array> {
  const indices = [...new Set(requested)].sort((a, b) => a - b)
  if (Object.keys(pcrs).length !== indices.length) {
    throw new SuretyError(
      'ATTESTATION_PCR_MISMATCH',
      `values of ${Object.keys(pcrs).length} PCRs, not ${indices.length}`,
    )
  }
  return new Map(
    indices.map((index) => {
      const value = fromHex(Object.hasOwn(pcrs, index) ? (pcrs[index] ?? '') : '')
      if (value?.length !== 32) throw new SuretyError('ATTESTATION_PCR_MISMATCH', `no SHA-256 value of PCR ${index}`)
      return [index, value]
    }),
  )
}
