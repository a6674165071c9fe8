/** Carries TPM 2.0 commands to a TPM, and responses back. The caller sends one command at a time. */
export interface TpmTransport extends AsyncDisposable {
  /** A resource manager flushes our objects when we close it; a simulator does not. */
  readonly kind: 'resource-manager' | 'simulator'
  /** Rises with every connection. Loaded objects may be gone then. */
  readonly generation: number
  /**
   * Sends one command and returns the whole response.
   *
   * @throws `TPM_UNAVAILABLE` when the TPM is gone, may not be opened or does not answer; the signal's reason.
   */
  transmit(command: Uint8Array, options: { signal: AbortSignal }): Promise<Uint8Array>
  /**
   * The log of measured boot; undefined where the firmware or the system keeps none. Not while a command runs.
   *
   * @throws as `transmit`.
   */
  bootLog?(): Promise<Uint8Array | undefined>
  /**
   * The password of a hierarchy, where the system manages it; undefined if it knows none. Not while a command runs.
   *
   * @throws as `transmit`.
   */
  hierarchyPassword?(hierarchy: 'owner' | 'endorsement'): Promise<Uint8Array | undefined>
}

/** A TPM answers within two minutes, even when it generates a key. The kernel's limit is five. */
export const RESPONSE_TIMEOUT_MS = 120_000
export const MAX_RESPONSE_BYTES = 16 * 1024
/** A log of a laptop has some tens of KiB. */
export const MAX_BOOT_LOG_BYTES = 1024 * 1024
