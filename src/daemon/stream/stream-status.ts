import type { Clock } from '../../base/clock.ts'
import type { ErrorCode } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { HealthCode } from '../../protocol/health.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import type { DirectoryView } from '../control/status.ts'
import type { Health } from '../health/health.ts'
import { isKeyError } from '../health/key-health.ts'
import type { StreamObserver } from './stream-client.ts'

/** Errors that raise a warning when a connection ends with them. The others, such as those of the network, are ordinary. */
const WARNINGS: Partial<Record<ErrorCode, HealthCode>> = {
  ENROLMENT_PENDING: 'ENROLMENT_PENDING',
  EVIDENCE_FORKED: 'CHAIN_FORKED',
  DEVICE_RETIRED: 'DEVICE_RETIRED',
  PIN_MISMATCH: 'DIRECTORY_UNTRUSTED',
  CERTIFICATE_CHAIN_INVALID: 'DIRECTORY_UNTRUSTED',
  CERTIFICATE_EXPIRED: 'DIRECTORY_UNTRUSTED',
  CERTIFICATE_MALFORMED: 'DIRECTORY_UNTRUSTED',
  DELEGATION_REFUSED: 'DIRECTORY_UNTRUSTED',
  SIGNATURE_INVALID: 'DIRECTORY_UNTRUSTED',
  SPOOL_FULL: 'SPOOL_FULL',
  ENROLMENT_STRING_INVALID: 'ENROLMENT_FAILED',
  NOT_PERMITTED: 'ENROLMENT_FAILED',
  FILE_UNREADABLE: 'ENROLMENT_FAILED',
  FILE_IS_LINK: 'ENROLMENT_FAILED',
  FILE_NOT_REGULAR: 'ENROLMENT_FAILED',
  FILE_TOO_LARGE: 'ENROLMENT_FAILED',
}
const CONNECTION_WARNINGS = [
  'ENROLMENT_PENDING',
  'CHAIN_FORKED',
  'DEVICE_RETIRED',
  'DIRECTORY_UNTRUSTED',
  'DIRECTORY_REFUSES',
  'ENROLMENT_FAILED',
  'NOT_ENROLLED',
] as const satisfies readonly HealthCode[]

export interface StreamStatusComponents {
  readonly clock: Clock
  readonly log: Log
  readonly health: Health
  readonly isEnrolled: () => boolean
  readonly onKeyFailure: (code: ErrorCode) => void
  readonly onWelcomed: () => void
}

/** Turns the changes of the connection into status, health warnings and one log line each. */
export class StreamStatus implements StreamObserver {
  readonly #components: StreamStatusComponents
  #view: DirectoryView = {
    connected: false,
    lastAcknowledgedAt: undefined,
    lastError: undefined,
    refused: false,
    retired: false,
    result: undefined,
  }

  constructor(components: StreamStatusComponents) {
    this.#components = components
  }

  get view(): DirectoryView {
    return this.#view
  }

  connecting(): void {
    this.#components.log.debug('connecting to the directory')
    this.#components.health.clear('NOT_ENROLLED')
  }

  enrolled(identity: { readonly status: 'pending' | 'enrolled' }): void {
    // The error of an earlier refusal is over.
    this.#view = { ...this.#view, lastError: undefined, refused: false, retired: false }
    if (identity.status === 'pending') this.#warn('ENROLMENT_PENDING')
    else this.welcomed()
  }

  welcomed(): void {
    this.#components.log.info('connected to the directory')
    this.#view = { ...this.#view, connected: true, lastError: undefined, refused: false, retired: false }
    this.#clearAll()
    this.#components.onWelcomed()
  }

  idle(): void {
    // The outcome of an earlier enrolment string does not concern a device that has none.
    this.#view = { ...this.#view, lastError: undefined, refused: false }
    this.#warn('NOT_ENROLLED')
  }

  ended({ code, message, pace, byDirectory, isRepeated }: Parameters<StreamObserver['ended']>[0]): void {
    const { log, isEnrolled, onKeyFailure } = this.#components
    if (code !== this.#view.lastError?.code || this.#view.connected) {
      const refusal = isEnrolled() ? 'the directory refuses this device' : 'the directory refuses to enrol this device'
      const failure = isEnrolled() ? 'no connection to the directory' : 'this device could not enrol'
      log.warn(byDirectory ? refusal : failure, { code, reason: message })
    }
    const lastError = { code: (code ?? 'INTERNAL').slice(0, 64), message: message.slice(0, 1000) }
    // This device refuses a welcome below the tier that the token demands, on behalf of the token's author.
    const isDecided = byDirectory || code === 'TIER_TOO_LOW'
    const refused = code === 'ENROLMENT_DENIED' || (!isEnrolled() && isDecided && pace === 'slow')
    const retired = this.#view.retired || code === 'DEVICE_RETIRED'
    this.#view = { ...this.#view, connected: false, lastError, refused, retired }
    if (code !== undefined && isKeyError(code)) onKeyFailure(code)
    const warning = code === undefined ? undefined : WARNINGS[code]
    // The clock check raises this warning, with the offset.
    if (code === 'CLOCK_OFF') this.#clearAll()
    // The keys have warnings of their own, raised by `onKeyFailure`.
    else if (isKeyError(code) && !byDirectory) this.#clearAll()
    else if (warning !== undefined) this.#warn(warning)
    // Another error is often over at the next attempt: it raises a warning only when it repeats.
    else if (pace === 'slow' || isRepeated) this.#warn(isEnrolled() ? 'DIRECTORY_REFUSES' : 'ENROLMENT_FAILED')
  }

  acknowledged(time: number): void {
    const before = this.#view.lastAcknowledgedAt ?? 0
    this.#view = { ...this.#view, lastAcknowledgedAt: Math.max(before, time) }
  }

  result(result: AttestationResult): void {
    if (result.verdict !== this.#view.result?.verdict) {
      this.#components.log.info('the directory appraised this device', { verdict: result.verdict, tier: result.tier })
    }
    this.#view = { ...this.#view, result }
  }

  #clearAll(): void {
    for (const code of CONNECTION_WARNINGS) this.#components.health.clear(code)
  }

  /** Shows one warning about the connection at a time. */
  #warn(code: HealthCode): void {
    for (const other of CONNECTION_WARNINGS) if (other !== code) this.#components.health.clear(other)
    this.#components.health.raise(code)
  }
}
