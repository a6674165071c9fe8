import { toBase64Url } from '../../base/bytes.ts'
import { reader, Type } from '../../base/schema.ts'
import { ZERO_HASH } from '../../crypto/hash.ts'
import type { TpmCounters } from '../../crypto/tpm/attest.ts'
import type { DeviceLabel } from '../../protocol/frames.ts'
import type { Tier } from '../../protocol/tier.ts'

/** What was learnt about the TPM at enrolment. */
export interface Endorsement {
  /** SHA-256 of the EK's TPMT_PUBLIC, base64url. */
  readonly publicHash: string
  readonly maker?: string | undefined
  readonly model?: string | undefined
  readonly firmware?: string | undefined
  readonly certificateHash?: string | undefined
}

/** The keys of a device in one epoch, and what they are made of: fixed by an enrolment. */
export interface DeviceKeys {
  readonly tier: Tier
  /** SubjectPublicKeyInfo, base64url. */
  readonly applicationKey: string
  readonly endorsement?: Endorsement | undefined
  /** TPMT_PUBLIC, base64url. */
  readonly attestationPublic?: string | undefined
  readonly counters?: TpmCounters | undefined
  /** Hex by index. */
  readonly pcrs?: Readonly<Record<string, string>> | undefined
  readonly label: DeviceLabel
  readonly notes: readonly string[]
}

/** What decides whether a device that says hello is listened to. */
export type Standing = Pick<Device, 'id' | 'status' | 'epoch' | 'applicationKey'>

export interface Device extends DeviceKeys {
  readonly id: string
  readonly epoch: number
  readonly status: 'active' | 'retired'
  readonly owner: string
  readonly token: string
  readonly enrolledAt: number
  /** When it first spoke under its own id. */
  readonly confirmedAt?: number | undefined
  readonly attestedAt?: number | undefined
  readonly attestationFailure?: { readonly code: string; readonly since: number } | undefined
  /** When all findings were last told in this epoch. */
  readonly findingsAt?: number | undefined
  readonly sequence: number
  readonly head: string
  readonly lastOrder: number
  readonly forkedAt?: number | undefined
}

/** Hash before the first batch of an epoch. */
export const NO_HEAD = toBase64Url(ZERO_HASH)

/** First sequence is 1: nothing yet. */
export const NO_SEQUENCE = 0

const optionalText = Type.Optional(Type.String())
export const endorsementReader = reader(
  Type.Object({
    publicHash: Type.String(),
    maker: optionalText,
    model: optionalText,
    firmware: optionalText,
    certificateHash: optionalText,
  }),
  { name: 'stored endorsement' },
)
export const countersReader = reader(
  Type.Object({
    clock: Type.Number(),
    resetCount: Type.Number(),
    restartCount: Type.Number(),
    safe: Type.Boolean(),
    firmwareVersion: Type.String(),
  }),
  { name: 'stored counters' },
)
export const pcrsReader = reader(Type.Record(Type.String(), Type.String()), { name: 'stored PCR values' })
export const notesReader = reader(Type.Array(Type.String()), { name: 'stored notes' })
