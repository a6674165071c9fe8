import { codeOf, SuretyError } from '../../base/errors.ts'
import { tokenBucket } from '../../base/token-bucket.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import {
  type CheckpointFrame,
  type OfferedKind,
  type Request,
  type ResultFrame,
  requestReader,
} from '../../protocol/messages/frames.ts'
import { jwsKindOf } from '../../protocol/messages/jws-types.ts'
import { type Challenges, challenges } from './challenges.ts'
import { EvidencePipeline, FRAME_COST } from './evidence-pipeline.ts'
import type { Authenticated } from './handshake.ts'
import { newDeviceInFlight } from './in-flight-limiter.ts'
import type { SessionComponents, SessionInit, WelcomedOrders } from './session-components.ts'
import type { Account, LiveSession } from './sessions.ts'
import type { Connection, FrameTaker } from './sockets/connection.ts'

export interface StreamInit {
  readonly connection: Connection
  readonly authenticated: Authenticated
  readonly welcomed: WelcomedOrders
  /** The result to send first. */
  readonly result: AttestationResult | undefined
}

/** One device gets a tenth of the event loop's time in the long run: a millisecond costs what ten milliseconds earn. */
const WORK_FACTOR = 10
/** The cost of sending what a result offered, beyond the request. Bytes. */
const OFFERED_COST = 240 * 1024
/** The cost of a frame that is not evidence, such as a challenge or a quote. Bytes. */
const OTHER_COST = 16 * 1024

/** The stream of an authenticated device. Thousands are idle, so most parts are created on first use. */
export class DeviceStream implements LiveSession, FrameTaker {
  readonly device: string
  readonly epoch: number
  readonly #components: SessionComponents
  readonly #init: SessionInit
  readonly #connection: Connection
  readonly #authenticated: Authenticated
  #unsent: AttestationResult | undefined
  /** Until it has caught up. */
  #welcomed: WelcomedOrders | undefined
  /** Orders that came before it has caught up. */
  #held: string[] | undefined = []
  #account: Account | undefined
  #slowed = false
  #evidence: EvidencePipeline | undefined
  #challenges: Challenges | undefined

  constructor(components: SessionComponents, init: SessionInit, own: StreamInit) {
    this.device = own.authenticated.device
    this.epoch = own.authenticated.epoch
    this.#components = components
    this.#init = init
    this.#connection = own.connection
    this.#authenticated = own.authenticated
    this.#unsent = own.result
    this.#welcomed = own.welcomed
  }

  async sendResult(result: AttestationResult): Promise<void> {
    this.#unsent = undefined
    const { authority, clock, catalogues, gatePolicies, claims } = this.#components
    const { device, epoch } = this
    const catalogue = catalogues.offer()
    const gatePolicy = gatePolicies.offer()
    const claimDecisions = await claims.decisions(device)
    const frame: ResultFrame = {
      type: 'result',
      device,
      epoch,
      time: clock.now(),
      result,
      ...(catalogue === undefined ? {} : { catalogue }),
      ...(gatePolicy === undefined ? {} : { gatePolicy }),
      ...(claimDecisions.length === 0 ? {} : { claimDecisions: [...claimDecisions] }),
    }
    this.#connection.send(authority.signAcknowledgement('result', frame))
  }

  /** Sends the first result, unless a newer one was sent meanwhile. */
  async #sendUnsent(): Promise<void> {
    if (this.#unsent !== undefined) await this.sendResult(this.#unsent)
  }

  sendOrder(compact: string): void {
    if (this.#held === undefined) this.#connection.send(compact)
    else this.#held.push(compact)
  }

  end(error: SuretyError): void {
    this.#connection.refuse(error)
  }

  /** Registers the session and sends the first result. */
  async enter(): Promise<void> {
    this.#components.sessions.enter(this)
    await this.#catchUp()
    if (this.#unsent === undefined) return
    // TLS keeps a buffer of the largest size that ever waited. Sent after the welcome, the result fits into the handshake's buffer.
    await this.#connection.sent()
    await this.#sendUnsent()
  }

  /**
   * What was decided since the welcome found no session. Later orders wait, because the device skips lower numbers.
   *
   * @throws `DEVICE_RETIRED`, `EPOCH_MISMATCH`.
   */
  async #catchUp(): Promise<void> {
    const { registry, orders } = this.#components
    const { device, epoch } = this
    const standing = await registry.standing(device)
    if (standing?.status !== 'active') throw new SuretyError('DEVICE_RETIRED', 'the device was retired')
    if (standing.epoch !== epoch) throw new SuretyError('EPOCH_MISMATCH', 'the device enrolled again')
    const result = await registry.result(device)
    // Otherwise a newer one was sent meanwhile.
    if (this.#unsent !== undefined) this.#unsent = result ?? this.#unsent
    const { order = 0, more = [] } = this.#welcomed ?? {}
    const missed = await orders.after({ id: device, epoch }, order)
    const held = this.#held ?? []
    this.#welcomed = undefined
    this.#held = undefined
    for (const compact of new Set([...missed, ...held])) if (!more.includes(compact)) this.sendOrder(compact)
  }

  /** Takes frames until the connection ends. @throws the reason. */
  run(): Promise<never> {
    return this.#connection.deliver(this)
  }

  leave(): void {
    this.#components.sessions.leave(this)
  }

  async take(frame: string): Promise<void> {
    const kind = frame.startsWith('{') ? 'request' : jwsKindOf(frame)
    // Debt from earlier connections and from processing time counts too.
    const rest = this.rest()
    if (rest !== undefined) await rest
    this.#charge(this.#connection.came() + (kind === 'evidence' ? FRAME_COST : OTHER_COST))
    switch (kind) {
      case 'evidence':
        this.#evidence ??= new EvidencePipeline(this.#components, this.#init, {
          connection: this.#connection,
          authenticated: this.#authenticated,
          stream: this,
          share: this.#accountOf().share,
        })
        return await this.#evidence.take(frame)
      case 'request':
        await this.#answer(requestReader.readCanonicalJson(frame))
        return this.#evidence?.frameHandled()
      case 'attestation':
        await this.#attest(frame)
        return this.#evidence?.frameHandled()
      default:
        throw unexpected(kind)
    }
  }

  /** Waits while the device exceeds its rate. */
  rest(): Promise<void> | undefined {
    const waitMs = this.#charge(0)
    if (waitMs === 0) return undefined
    if (!this.#slowed) this.#components.evidence.slowed(this.device)
    this.#slowed = true
    return this.#components.clock.sleep(waitMs, { signal: this.#connection.signal })
  }

  worked(ms: number): void {
    this.#charge((ms * this.#init.evidenceRateBytes * WORK_FACTOR) / 1000)
  }

  /** The pipeline is created again when more evidence arrives. */
  atRest(): void {
    this.#evidence = undefined
  }

  async #answer(request: Request): Promise<void> {
    if (request.type === 'checkpoint') await this.#sendCheckpoint(request.kept)
    else if (request.type !== 'renew') this.#sendOffered(request.type, request.hash)
    else {
      this.#challenges ??= challenges(this.#components, this.#init, this.#connection)
      this.#connection.send(this.#challenges.issue())
    }
  }

  #sendOffered(kind: OfferedKind, hash: string): void {
    this.#charge(OFFERED_COST)
    const { catalogues, gatePolicies } = this.#components
    const compact = { catalogue: catalogues, 'gate-policy': gatePolicies }[kind].compact(hash)
    // If another one was set meanwhile, the next result offers it.
    if (compact !== undefined) this.#connection.send(compact)
  }

  async #sendCheckpoint(kept: string | undefined): Promise<void> {
    const { authority, clock, record } = this.#components
    const shown = await record.forWitness(kept)
    if (shown === undefined) return
    const { device, epoch } = this
    const frame: CheckpointFrame = { type: 'checkpoint', device, epoch, time: clock.now(), ...shown }
    this.#connection.send(authority.signAcknowledgement('checkpoint', frame))
  }

  /** @returns milliseconds until the debt is paid. */
  #charge(cost: number): number {
    return this.#accountOf().bucket.take(cost, this.#components.clock.monotonic())
  }

  #accountOf(): Account {
    const { evidenceRateBytes: perSecond, evidenceBurstBytes: burst } = this.#init
    this.#account ??= this.#components.sessions.account(this.device, () => ({
      bucket: tokenBucket({ perSecond, burst, nowMs: this.#components.clock.monotonic() }),
      share: newDeviceInFlight(),
    }))
    return this.#account
  }

  async #attest(frame: string): Promise<void> {
    const { attestations } = this.#components.registry
    const { device, epoch, key } = this.#authenticated
    const challenge = this.#challenges?.use()
    this.#challenges = undefined
    if (challenge === undefined) throw new SuretyError('NONCE_UNKNOWN', 'no challenge is open')
    try {
      const { result } = await attestations.accept(frame, { device, epoch, key, challenge, fresh: false })
      await this.sendResult(result)
    } catch (error) {
      await this.#tellWhatBecame(error)
      throw error
    }
  }

  /** A failed attestation changes the verdict. The device receives it before the refusal. */
  async #tellWhatBecame(error: unknown): Promise<void> {
    const code = codeOf(error)
    if (code !== 'EVIDENCE_FORKED' && code?.startsWith('ATTESTATION_') !== true) return
    const result = await this.#components.registry.result(this.device)
    if (result !== undefined) await this.sendResult(result)
  }
}

function unexpected(kind: string | undefined): SuretyError {
  const what = kind ?? 'a frame that is neither JSON nor has a protected header of this protocol'
  return new SuretyError('FRAME_UNEXPECTED', `${what} is not allowed after the welcome`)
}
