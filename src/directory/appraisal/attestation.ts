import { equalBytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import type { TpmCounters } from '../../crypto/tpm/attest.ts'
import { verifyQuote } from '../../crypto/tpm/quote.ts'
import type { Attestation } from '../../protocol/messages/frames.ts'
import type { Tier } from '../../protocol/tier.ts'
import { decodeField } from './decode-field.ts'

/** What the directory holds of an enrolled device. */
export interface EnrolledKeys {
  readonly tier: Tier
  /** TPMT_PUBLIC; there for the tiers of a TPM. */
  readonly attestationPublic?: Uint8Array | undefined
  /** Of its last attestation. */
  readonly counters?: TpmCounters | undefined
  readonly pcrs?: Readonly<Record<string, string>> | undefined
}

export interface AttestationAppraisalInput {
  /** Its signature verified under the device's application key, its nonce is the challenge's. */
  readonly attestation: Attestation
  /** As the directory computed it. */
  readonly binding: Uint8Array
  /** PCRs that were asked for. */
  readonly pcrs: readonly number[]
  readonly enrolled: EnrolledKeys
}

export interface AttestationAppraisal {
  /** To be kept for the next time. */
  readonly counters?: TpmCounters
  readonly pcrs?: Readonly<Record<string, string>>
  /** Firmware updates change PCRs, so a change is told and is no failure. */
  readonly changedPcrs: readonly number[]
  readonly notes: readonly string[]
}

const TPM_TIERS: readonly Tier[] = ['tpm-attested', 'tpm', 'simulated']

/**
 * Judges a later attestation of an enrolled device.
 *
 * @throws `ATTESTATION_BINDING_MISMATCH`, `ATTESTATION_QUOTE_INVALID` (also when a TPM device sends none),
 * `ATTESTATION_PCR_MISMATCH`, `ATTESTATION_COUNTER_REGRESSED`, `TPM_STRUCTURE_MALFORMED`, `FRAME_MALFORMED`.
 */
export function appraiseAttestation(input: AttestationAppraisalInput): AttestationAppraisal {
  const { attestation, binding, enrolled } = input
  requireBound(attestation, binding)
  const { quote } = attestation
  const { attestationPublic } = enrolled
  if (attestationPublic === undefined) {
    if (TPM_TIERS.includes(enrolled.tier) || quote !== undefined) {
      throw new SuretyError('ATTESTATION_QUOTE_INVALID', 'no attestation key of this device is known')
    }
    return { changedPcrs: [], notes: [] }
  }
  if (quote === undefined) throw new SuretyError('ATTESTATION_QUOTE_INVALID', 'a TPM device that sends no quote')
  const counters = verifyQuote({
    attested: decodeField(quote.attested),
    signature: decodeField(quote.signature),
    attestationPublic,
    binding,
    pcrs: quote.pcrs,
    requested: input.pcrs,
  })
  if (enrolled.counters !== undefined) requireCountersAdvance(enrolled.counters, counters)
  const changedPcrs = changed(enrolled.pcrs ?? {}, quote.pcrs)
  return { counters, pcrs: quote.pcrs, changedPcrs, notes: notesOn(counters, enrolled.counters, changedPcrs) }
}

/** @throws `ATTESTATION_BINDING_MISMATCH`. */
export function requireBound(attestation: Pick<Attestation, 'binding'>, binding: Uint8Array): void {
  if (!equalBytes(decodeField(attestation.binding), binding)) {
    throw new SuretyError('ATTESTATION_BINDING_MISMATCH', 'the attestation was made for another challenge or state')
  }
}

/** Those in both whose values differ, ascending. */
function changed(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): readonly number[] {
  return Object.keys(after)
    .filter((index) => Object.hasOwn(before, index) && before[index] !== after[index])
    .map(Number)
    .sort((a, b) => a - b)
}

function notesOn(
  counters: TpmCounters,
  last: TpmCounters | undefined,
  changedPcrs: readonly number[],
): readonly string[] {
  const notes: string[] = []
  if (last !== undefined && last.firmwareVersion !== counters.firmwareVersion) {
    notes.push(`the TPM's firmware went from ${last.firmwareVersion} to ${counters.firmwareVersion}`)
  }
  if (changedPcrs.length > 0) notes.push(`changed since the last attestation: PCR ${changedPcrs.join(', ')}`)
  if (!counters.safe) notes.push("the TPM's clock is not safe: it lost power")
  return notes
}

/**
 * Refuses a TPM whose time went back: it was cleared, or is the copy of an earlier state.
 *
 * The rule is that of laptops. Sleep raises `restartCount`, a reboot sets it to 0 and raises `resetCount`, a power loss
 * sets `safe` to false and may take some of `clock` back: all of these are ordinary.
 *
 * @throws `ATTESTATION_COUNTER_REGRESSED`.
 */
function requireCountersAdvance(last: TpmCounters, now: TpmCounters): void {
  if (now.resetCount > last.resetCount) return
  if (now.resetCount < last.resetCount) throw regressed('resets', last.resetCount, now.resetCount)
  if (now.restartCount < last.restartCount) throw regressed('restarts', last.restartCount, now.restartCount)
  if (now.safe && now.clock <= last.clock) throw regressed('clock', last.clock, now.clock)
}

function regressed(what: string, last: number, now: number): SuretyError {
  return new SuretyError('ATTESTATION_COUNTER_REGRESSED', `the TPM's ${what} went from ${last} to ${now}`)
}
