import { toHex } from '../../../../src/base/bytes.ts'
import { type BindingFields, bindingBytes, bindingOf } from '../../../../src/crypto/binding.ts'
import { sha256, ZERO_HASH } from '../../../../src/crypto/hash.ts'

/** Vectors of bindings; binary values are hex. */
export interface BindingVectors {
  readonly description: string
  readonly vectors: readonly BindingVector[]
}

export interface BindingVector {
  readonly name: string
  /** The binding as the receiver computes it from its own view. */
  readonly fields: Readonly<Record<keyof BindingFields, string | number>>
  /** Only where accepted: the bytes that are hashed. */
  readonly bytes?: string
  /** The binding that the attestation claims. */
  readonly claimed: string
  readonly accept?: true
  readonly refuse?: string
}

const BASE: BindingFields = {
  purpose: 'attest',
  nonce: sha256('nonce'),
  exporter: sha256('exporter'),
  directoryCa: sha256('directory CA'),
  subject: sha256('device id'),
  epoch: 3,
  sequence: 41,
  head: sha256('batch 41'),
  posture: sha256('findings'),
}

const ACCEPTED: Readonly<Record<string, Partial<BindingFields>>> = {
  'an attestation': {},
  'an enrolment': { purpose: 'enrol', epoch: 0, sequence: 0, head: ZERO_HASH, posture: ZERO_HASH },
  'channel binding off': { exporter: ZERO_HASH },
  'the largest numbers': { epoch: Number.MAX_SAFE_INTEGER, sequence: Number.MAX_SAFE_INTEGER },
}

/** One field differs between what the device bound and what the directory sees. */
const REFUSED: Readonly<Record<string, Partial<BindingFields>>> = {
  'another purpose': { purpose: 'enrol' },
  'another nonce': { nonce: sha256('another nonce') },
  'another connection': { exporter: sha256('another exporter') },
  'no connection': { exporter: ZERO_HASH },
  'another directory': { directoryCa: sha256('another CA') },
  'another device': { subject: sha256('another device') },
  'another epoch': { epoch: 2 },
  'an earlier sequence': { sequence: 40 },
  'another chain head': { head: sha256('another batch') },
  'another posture': { posture: sha256('other findings') },
  'epoch and sequence exchanged': { epoch: 41, sequence: 3 },
  'head and posture exchanged': { head: BASE.posture, posture: BASE.head },
}

export function buildBindingVectors(): BindingVectors {
  return {
    description:
      'Bindings: `fields` as the receiver sees them, `claimed` as the attestation says, in hex. `bytes` is what SHA-256 runs over.',
    vectors: [
      ...Object.entries(ACCEPTED).map(([name, change]) => {
        const fields = { ...BASE, ...change }
        return {
          name,
          fields: written(fields),
          bytes: toHex(bindingBytes(fields)),
          claimed: toHex(bindingOf(fields)),
          accept: true as const,
        }
      }),
      ...Object.entries(REFUSED).map(([name, change]) => ({
        name: `bound to ${name}`,
        fields: written(BASE),
        claimed: toHex(bindingOf({ ...BASE, ...change })),
        refuse: 'ATTESTATION_BINDING_MISMATCH',
      })),
      ...Object.entries({ 'a short claim': 31, 'a long claim': 33, 'no claim': 0 }).map(([name, size]) => ({
        name,
        fields: written(BASE),
        claimed: toHex(new Uint8Array([...bindingOf(BASE), 0]).slice(0, size)),
        refuse: 'ATTESTATION_BINDING_MISMATCH',
      })),
    ],
  }
}

function written(fields: BindingFields): BindingVector['fields'] {
  const { purpose, epoch, sequence } = fields
  return {
    purpose,
    nonce: toHex(fields.nonce),
    exporter: toHex(fields.exporter),
    directoryCa: toHex(fields.directoryCa),
    subject: toHex(fields.subject),
    epoch,
    sequence,
    head: toHex(fields.head),
    posture: toHex(fields.posture),
  }
}
