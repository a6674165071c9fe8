/** Carries TPM 2.0 commands to a TPM and responses back; one command at a time, which is the caller's duty. */
export interface TpmTransport extends AsyncDisposable {
  /** A kernel's resource manager forgets our objects when we leave; behind a simulator's socket nobody does. */
  readonly kind: 'resource-manager' | 'simulator'
  /** Rises whenever what was loaded before may be gone: with every connection. */
  readonly generation: number
  /**
   * Sends one command and gives back its whole response.
   *
   * @throws `TPM_UNAVAILABLE` when the TPM is gone, may not be opened or does not answer; the signal's reason.
   */
  transmit(command: Uint8Array, options: { signal: AbortSignal }): Promise<Uint8Array>
}

/** A TPM answers within two minutes, key generation included; the kernel's own limit is five. */
export const RESPONSE_TIMEOUT_MS = 120_000
export const MAX_RESPONSE_BYTES = 16 * 1024
