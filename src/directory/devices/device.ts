import { toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { ZERO_HASH } from '../../crypto/hash.ts'
import type { TpmCounters } from '../../crypto/tpm/attest.ts'
import type { DeviceLabel } from '../../protocol/messages/frames.ts'
import type { Tier } from '../../protocol/tier.ts'

/** The TPM, as appraised at enrolment. */
export interface Endorsement {
  /** SHA-256 of the EK's SubjectPublicKeyInfo, base64url. */
  readonly publicHash: string
  readonly maker?: string | undefined
  readonly model?: string | undefined
  readonly firmware?: string | undefined
  readonly certificateHash?: string | undefined
}

/** The keys of a device in one epoch, fixed by its enrolment. */
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

/** What decides whether a device's hello is accepted. */
export type Standing = Pick<Device, 'id' | 'status' | 'epoch' | 'applicationKey'>

export interface Device extends DeviceKeys {
  readonly id: string
  readonly epoch: number
  readonly status: 'active' | 'retired'
  readonly owner: string
  readonly token: string
  readonly enrolledAt: number
  /** When it first attested or sent evidence under its own id. */
  readonly confirmedAt?: number | undefined
  readonly attestedAt?: number | undefined
  readonly attestationFailure?: { readonly code: string; readonly since: number } | undefined
  /** When all findings were last reported in this epoch. */
  readonly findingsAt?: number | undefined
  readonly sequence: number
  readonly head: string
  readonly lastOrder: number
  readonly forkedAt?: number | undefined
  /** What administrators say of it. */
  readonly labels?: Readonly<Record<string, string>> | undefined
}

/** The head of an empty chain. */
export const NO_HEAD = toBase64Url(ZERO_HASH)

/** The sequence of an empty chain. The first batch has 1. */
export const NO_SEQUENCE = 0

export function unknownDevice(id: string): SuretyError {
  return new SuretyError('DEVICE_UNKNOWN', `there is no device ${id}`)
}
