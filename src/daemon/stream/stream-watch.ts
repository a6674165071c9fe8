import type { Clock } from '../../base/clock.ts'
import type { ErrorCode } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import type { DirectoryView } from '../control/status.ts'
import type { Health, HealthCode } from '../health/health.ts'
import { isKeyError } from '../health/key-health.ts'
import type { StreamWatch } from './stream-client.ts'

/** What a person must know of why a connection ended. What is not here is the network's everyday. */
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
const OF_CONNECTIONS = [
  'ENROLMENT_PENDING',
  'CHAIN_FORKED',
  'DEVICE_RETIRED',
  'DIRECTORY_UNTRUSTED',
  'DIRECTORY_REFUSES',
  'ENROLMENT_FAILED',
  'NOT_ENROLLED',
] as const satisfies readonly HealthCode[]

export interface WatchComponents {
  readonly clock: Clock
  readonly log: Log
  readonly health: Health
  readonly isEnrolled: () => boolean
  readonly onKeyFailure: (code: ErrorCode) => void
  readonly onWelcomed: () => void
}

/** Turns what happens on the stream into status, health and one log line a change. */
export class WatchedStream implements StreamWatch {
  readonly #components: WatchComponents
  #view: DirectoryView = {
    connected: false,
    lastAcknowledgedAt: undefined,
    lastError: undefined,
    refused: false,
    retired: false,
    result: undefined,
  }

  constructor(components: WatchComponents) {
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
    // What it was refused with before is over.
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
    // What came of another enrolment string says nothing of a device without one.
    this.#view = { ...this.#view, lastError: undefined, refused: false }
    this.#warn('NOT_ENROLLED')
  }

  ended({ code, message, pace, byDirectory, again }: Parameters<StreamWatch['ended']>[0]): void {
    const { log, isEnrolled, onKeyFailure } = this.#components
    if (code !== this.#view.lastError?.code || this.#view.connected) {
      const refuses = isEnrolled() ? 'the directory refuses this device' : 'the directory refuses to enrol this device'
      log.warn(byDirectory ? refuses : 'no connection to the directory', { code, reason: message })
    }
    const lastError = { code: (code ?? 'INTERNAL').slice(0, 64), message: message.slice(0, 1000) }
    // A welcome below the tier that the token demands is refused here, in the name of who made the token.
    const decided = byDirectory || code === 'TIER_TOO_LOW'
    const refused = code === 'ENROLMENT_DENIED' || (!isEnrolled() && decided && pace === 'slow')
    const retired = this.#view.retired || code === 'DEVICE_RETIRED'
    this.#view = { ...this.#view, connected: false, lastError, refused, retired }
    if (code !== undefined && isKeyError(code)) onKeyFailure(code)
    const warning = code === undefined ? undefined : WARNINGS[code]
    // The watch over the clock tells by how much.
    if (code === 'CLOCK_OFF') this.#clearAll()
    // Who uses the keys tells of them: the directory has said nothing.
    else if (isKeyError(code) && !byDirectory) this.#clearAll()
    else if (warning !== undefined) this.#warn(warning)
    // One of the others is often over at the next try.
    else if (pace === 'slow' || again) this.#warn(isEnrolled() ? 'DIRECTORY_REFUSES' : 'ENROLMENT_FAILED')
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
    for (const code of OF_CONNECTIONS) this.#components.health.clear(code)
  }

  /** One matter of the connection at a time. */
  #warn(code: HealthCode): void {
    for (const other of OF_CONNECTIONS) if (other !== code) this.#components.health.clear(other)
    this.#components.health.raise(code)
  }
}
