import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { PublicKeyCache } from '../../crypto/public-key-cache.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import type { CatalogueOffer } from '../../protocol/frames.ts'
import type { Attestations } from '../devices/attestations.ts'
import type { Device, Standing } from '../devices/device.ts'
import type { LiveChallenge } from '../devices/live-challenge.ts'
import type { Ceremony } from '../enrolment/ceremony.ts'
import type { Enrolled } from '../enrolment/enrol.ts'
import type { Token } from '../enrolment/token-store.ts'
import type { Submission } from '../evidence/commit.ts'
import type { EvidenceFrame, Sender } from '../evidence/evidence-frame.ts'
import type { Forgotten } from '../evidence/forgotten.ts'
import type { Reading } from '../evidence/verifiers.ts'
import type { ReEnrolment } from '../re-enrolments/re-enrolment-store.ts'
import type { Arrivals } from './arrivals.ts'
import type { Intake } from './intake.ts'
import type { Sessions } from './sessions.ts'

/** What sessions ask of the rest of the house. */
export interface SessionComponents {
  readonly clock: Clock
  readonly log: Log
  readonly random: (bytes: number) => Uint8Array<ArrayBuffer>
  readonly sessions: Sessions
  readonly arrivals: Arrivals
  readonly intake: Intake
  readonly keys: PublicKeyCache
  readonly authority: {
    readonly caPin: Uint8Array<ArrayBuffer>
    readonly root: string
    signAcknowledgement(kind: 'challenge' | 'credential' | 'welcome' | 'ack' | 'result', payload: object): string
    delegations(): { readonly orders: string; readonly acknowledgements: string }
  }
  readonly enrolment: {
    /** The cheap checks. @throws `TOKEN_*`. */
    admit(presented: { readonly id: string; readonly secret: string }): Token
    ceremony(init: { readonly token: Token; readonly challenge: LiveChallenge }): Ceremony
    enrol(proven: ReturnType<Ceremony['proven']>, token: string): Enrolled
    reEnrolmentAt(device: string, epoch: number): ReEnrolment | undefined
    /** An enrolment that was refused after its token was accepted. */
    refused(token: string, error: unknown): void
  }
  readonly registry: {
    standing(id: string): Standing | undefined
    /** The application key of the device in that epoch, its newest or an earlier one. SubjectPublicKeyInfo, base64url. */
    keyAt(id: string, epoch: number): string | undefined
    result(device: string): AttestationResult | undefined
    readonly attestations: Attestations
  }
  readonly evidence: {
    /** At once, or beside the loop. */
    read(reading: Reading): void
    submit(frame: EvidenceFrame, submission: Submission): void
    /** Once all that was submitted of the device is on disk, or refused. */
    afterwards(device: string, work: () => void): void
    /** What was read and did not hold. */
    refused(frame: string, from: Sender, error: unknown): void
    /** The device is read more slowly: it sends more than its rate. */
    slowed(device: string): void
    readonly forgotten: Forgotten
  }
  readonly catalogues: {
    offer(): CatalogueOffer | undefined
    /** @throws `FRAME_UNEXPECTED` when that one is not handed out. */
    compact(hash: string): string
  }
  readonly orders: {
    pending(device: Device): readonly string[]
    raise(device: Device, seen: number): number
  }
}

export interface SessionInit {
  readonly channelBinding: 'required' | 'off'
  readonly attestEveryMs: number
  /** PCRs of the SHA-256 bank that quotes must cover. */
  readonly pcrs: readonly number[]
  readonly handshakeTimeoutMs: number
  readonly tpmAllowanceMs: number
  readonly nonceLifetimeMs: number
  readonly ackIntervalMs: number
  readonly evidenceRateBytes: number
  readonly evidenceBurstBytes: number
}
