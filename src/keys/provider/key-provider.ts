import type { Bytes } from '../../base/bytes.ts'
import type { KeyKind } from '../../base/key-kinds.ts'
import type { EnrolmentClaim, QuoteClaim } from '../../protocol/messages/frames.ts'

/** The application key of a device. It signs attestations and evidence, and never leaves where it was made. */
export interface DeviceKey {
  /** SubjectPublicKeyInfo, DER, P-256. */
  readonly publicKey: Bytes
  /**
   * Signs `message` with ECDSA P-256 and SHA-256.
   *
   * @returns 64 bytes: r then s, each 32 bytes big-endian (IEEE P1363).
   * @throws `KEY_PROVIDER_UNAVAILABLE` or `TPM_*` when the hardware is gone, busy or locked.
   */
  sign(message: Uint8Array, options?: { signal?: AbortSignal }): Promise<Bytes>
}

/** What only a TPM can do: prove where the application key lives, and how the machine was booted. */
export interface Attestor {
  /** TPMT_PUBLIC of the endorsement key: the subject of the binding at enrolment. */
  readonly endorsementPublic: Bytes
  /**
   * Certifies the oldest application key and adds what the directory needs to verify that.
   *
   * @param binding 32 bytes.
   * @throws `KEY_NOT_FOUND` before `getOrCreateKey` has made one.
   */
  enrolmentClaim(binding: Uint8Array, options?: { signal?: AbortSignal }): Promise<EnrolmentClaim>
  /** TPM2_Quote by the attestation key over the SHA-256 bank's `pcrs`; `binding` is the qualifying data. */
  quote(binding: Uint8Array, pcrs: readonly number[], options?: { signal?: AbortSignal }): Promise<QuoteClaim>
  /**
   * TPM2_ActivateCredential.
   * @returns the secret.
   * @throws `TPM_IDENTITY_LOST` when the credential was made for another TPM or attestation key.
   */
  activateCredential(
    credential: { credentialBlob: Uint8Array; encryptedSecret: Uint8Array },
    options?: { signal?: AbortSignal },
  ): Promise<Bytes>
  /** Compares the log of measured boot with the PCRs. Undefined if there is no log. @throws as `quote`; `TPM_STRUCTURE_MALFORMED`. */
  measuredBoot?(options?: { signal?: AbortSignal }): Promise<MeasuredBoot | undefined>
}

/** What the firmware logged of the boot, as far as the TPM confirms it. */
export interface MeasuredBoot {
  /** PCRs from 0 to 7 with other values than the log comes to. */
  readonly unexplained: readonly number[]
  /** Whether UEFI Secure Boot was on; undefined if the log does not say so, or PCR 7 is unexplained. */
  readonly secureBoot: boolean | undefined
}

/** The keys of a device. `attestor` is undefined without a TPM. */
export interface KeyProvider extends AsyncDisposable {
  readonly name: KeyKind
  readonly hardwareBacked: boolean
  readonly attestor: Attestor | undefined
  /** Returns the key with this label, and makes it if there is none. A label gives the same key after a restart. */
  getOrCreateKey(label: string, options?: { signal?: AbortSignal }): Promise<DeviceKey>
}

/** @throws TypeError for a label that is no file name or token object name. Labels are our own. */
export function requireLabel(label: string): void {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(label)) throw new TypeError('a key label is a-z, 0-9 and hyphens, at most 64')
}
