import { type Bytes, concatBytes, u64, utf8 } from '../base/bytes.ts'
import { BINDING_PREFIX } from '../protocol/messages/version.ts'
import { sha256 } from './hash.ts'

export type BindingPurpose = 'enrol' | 'attest'

/** What a binding covers. Every hash has 32 bytes. */
export interface BindingFields {
  readonly purpose: BindingPurpose
  readonly nonce: Uint8Array
  /** RFC 9266 TLS exporter of this connection; 32 zero bytes if channel binding is off. */
  readonly exporter: Uint8Array
  /** SHA-256 of the SubjectPublicKeyInfo of the directory's CA. */
  readonly directoryCa: Uint8Array
  /** SHA-256 of the device id. At enrolment: of the EK's TPMT_PUBLIC, or without a TPM of the application key's SPKI. */
  readonly subject: Uint8Array
  readonly epoch: number
  readonly sequence: number
  readonly head: Uint8Array
  readonly posture: Uint8Array
}

const PURPOSE_BYTES = 16

/**
 * The bytes that a binding hashes. Fixed widths, so that different fields never share an encoding.
 *
 * @returns 234 bytes.
 * @throws TypeError for a field of the wrong width. Schemas have checked values from the wire.
 */
export function bindingBytes(fields: BindingFields): Bytes {
  const purpose = new Uint8Array(PURPOSE_BYTES)
  purpose.set(utf8(fields.purpose))
  for (const name of ['nonce', 'exporter', 'directoryCa', 'subject', 'head', 'posture'] as const) {
    if (fields[name].length !== 32) throw new TypeError(`binding field ${name} is ${fields[name].length} bytes, not 32`)
  }
  return concatBytes(
    utf8(BINDING_PREFIX),
    purpose,
    fields.nonce,
    fields.exporter,
    fields.directoryCa,
    fields.subject,
    u64(fields.epoch),
    u64(fields.sequence),
    fields.head,
    fields.posture,
  )
}

/** SHA-256 of `bindingBytes`. It is the qualifying data of quote and certify, and a claim of the attestation. */
export function bindingOf(fields: BindingFields): Bytes {
  return sha256(bindingBytes(fields))
}
