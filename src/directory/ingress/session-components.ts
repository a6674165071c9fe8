import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { PublicKeyCache } from '../../crypto/public-key-cache.ts'
import type { ClaimDecision } from '../../protocol/agent-claim.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import type { CheckpointFrame, DeviceLabel } from '../../protocol/messages/frames.ts'
import type { OfferedDocument } from '../authority/offered-document.ts'
import type { Attestations } from '../devices/attestations.ts'
import type { Device, Standing } from '../devices/device.ts'
import type { LiveChallenge } from '../devices/live-challenge.ts'
import type { Ceremony } from '../enrolment/ceremony.ts'
import type { Enrolled } from '../enrolment/enrol.ts'
import type { PendingDevice } from '../enrolment/pending-device-store.ts'
import type { Token } from '../enrolment/token-store.ts'
import type { Submission } from '../evidence/commit.ts'
import type { EvidenceFrame, Sender } from '../evidence/evidence-frame.ts'
import type { RestoreDetector } from '../evidence/restored-from-backup.ts'
import type { ReadRequest } from '../evidence/verifiers.ts'
import type { ReEnrolment } from '../re-enrolments/re-enrolment-store.ts'
import type { InFlightLimiter } from './in-flight-limiter.ts'
import type { ReconnectLimiter } from './reconnect-limiter.ts'
import type { Sessions } from './sessions.ts'

/** Pending orders. Every order up to the number `order` that is not in `orders` is over. */
export interface WelcomedOrders {
  readonly order: number
  readonly orders: readonly string[]
  /** To be sent behind the welcome, before any later order. */
  readonly more: readonly string[]
}

export type RecordForWitness = Pick<CheckpointFrame, 'key' | 'checkpoint' | 'consistency'>

/** The ports that sessions use. */
export interface SessionComponents {
  readonly clock: Clock
  readonly log: Log
  readonly random: (bytes: number) => Uint8Array<ArrayBuffer>
  readonly sessions: Sessions
  readonly reconnects: ReconnectLimiter
  readonly inFlight: InFlightLimiter
  readonly keys: PublicKeyCache
  readonly authority: {
    readonly caPin: Uint8Array<ArrayBuffer>
    readonly root: string
    signAcknowledgement(
      kind: 'challenge' | 'credential' | 'welcome' | 'ack' | 'result' | 'checkpoint',
      payload: object,
    ): string
    delegations(): { readonly orders: string; readonly acknowledgements: string }
  }
  readonly enrolment: {
    /** The cheap checks. @throws `TOKEN_*`. */
    admit(presented: { readonly id: string; readonly secret: string }): Promise<Token>
    ceremony(init: { readonly token: Token; readonly challenge: LiveChallenge }): Ceremony
    enrol(proven: ReturnType<Ceremony['proven']>, token: string): Promise<Enrolled>
    pendingDevice(id: string): Promise<PendingDevice | undefined>
    reEnrolmentAt(device: string, epoch: number): Promise<ReEnrolment | undefined>
    /** Records that an enrolment was refused after its token was accepted. */
    refused(token: string, error: unknown, label: DeviceLabel | undefined): Promise<void>
  }
  readonly registry: {
    standing(id: string): Promise<Standing | undefined>
    /** The application key of the device in that epoch, its newest or an earlier one. SubjectPublicKeyInfo, base64url. */
    keyAt(id: string, epoch: number): Promise<string | undefined>
    result(device: string): Promise<AttestationResult | undefined>
    readonly attestations: Attestations
  }
  readonly evidence: {
    /** Verifies a frame at once or in a thread. */
    read(reading: ReadRequest): void
    submit(frame: EvidenceFrame, submission: Submission): void
    /** Runs `work` once all submitted frames of the device are on disk or refused. */
    runAfter(device: string, work: () => void): void
    /** Records a frame that is not valid. */
    refused(frame: string, from: Sender, error: unknown): Promise<void>
    /** Records that the device exceeded its rate and is read more slowly. */
    slowed(device: string): void
    readonly restoreDetector: RestoreDetector
  }
  readonly catalogues: OfferedDocument
  readonly gatePolicies: OfferedDocument
  readonly record: {
    /**
     * The newest checkpoint, and the proof that it continues the one that a device keeps. Undefined while the record has none.
     *
     * @param kept as the device sent it.
     */
    forWitness(kept: string | undefined): Promise<RecordForWitness | undefined>
  }
  readonly claims: {
    /** The newest decisions about claims of the device. */
    decisions(device: string): Promise<readonly ClaimDecision[]>
  }
  readonly orders: {
    /** @param seen the newest number that the device has seen. */
    welcome(device: Device, seen: number): Promise<WelcomedOrders>
    /** Pending orders with higher numbers, lowest first. */
    after(device: Pick<Device, 'id' | 'epoch'>, number: number): Promise<readonly string[]>
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
