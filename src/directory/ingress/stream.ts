import { codeOf, SuretyError } from '../../base/errors.ts'
import { tokenBucket } from '../../base/token-bucket.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import { type Request, type ResultFrame, requestReader } from '../../protocol/frames.ts'
import { jwsKindOf } from '../../protocol/jws-types.ts'
import { type Challenges, challenges } from './challenges.ts'
import type { Connection, FrameTaker } from './connection.ts'
import { EvidencePath, FRAME_COST } from './evidence-path.ts'
import type { Authenticated } from './handshake.ts'
import { newShare } from './intake.ts'
import type { SessionComponents, SessionInit } from './session-components.ts'
import type { Account, LiveSession } from './sessions.ts'

export interface StreamInit {
  readonly connection: Connection
  readonly authenticated: Authenticated
  /** What the device is told first. */
  readonly result: AttestationResult | undefined
}

/** Of the loop's time one device gets a tenth, as long as it keeps that up: each millisecond costs what ten would earn. */
const WORK_FACTOR = 10
/** What a catalogue costs, beyond the request for it. Bytes. */
const CATALOGUE_COST = 240 * 1024
/** What a new challenge and a quote cost, and any other frame that is not evidence. Bytes. */
const OTHER_COST = 16 * 1024

/** The stream of an authenticated device. Thousands of these lie idle: what a device needs that says something is made when it does. */
export class DeviceStream implements LiveSession, FrameTaker {
  readonly device: string
  readonly epoch: number
  readonly #components: SessionComponents
  readonly #init: SessionInit
  readonly #connection: Connection
  readonly #authenticated: Authenticated
  #unsent: AttestationResult | undefined
  #account: Account | undefined
  #slowed = false
  #evidence: EvidencePath | undefined
  #challenges: Challenges | undefined

  constructor(components: SessionComponents, init: SessionInit, own: StreamInit) {
    this.device = own.authenticated.device
    this.epoch = own.authenticated.epoch
    this.#components = components
    this.#init = init
    this.#connection = own.connection
    this.#authenticated = own.authenticated
    this.#unsent = own.result
  }

  sendResult(result: AttestationResult): void {
    this.#unsent = undefined
    const { authority, clock, catalogues } = this.#components
    const { device, epoch } = this
    const catalogue = catalogues.offer()
    const offered = catalogue === undefined ? {} : { catalogue }
    const frame: ResultFrame = { type: 'result', device, epoch, time: clock.now(), result, ...offered }
    this.#connection.send(authority.signAcknowledgement('result', frame))
  }

  /** A newer one may have been told meanwhile. */
  #sendUnsent(): void {
    if (this.#unsent !== undefined) this.sendResult(this.#unsent)
  }

  sendOrder(compact: string): void {
    this.#connection.send(compact)
  }

  end(error: SuretyError): void {
    this.#connection.refuse(error)
  }

  /** It is connected, and is told its result. */
  async enter(): Promise<void> {
    this.#components.sessions.enter(this)
    if (this.#unsent === undefined) return
    // TLS keeps a buffer for as much as ever waited at once: without the welcome this fits into that of its handshake.
    await this.#connection.sent()
    this.#sendUnsent()
  }

  /** What it sends is taken until its connection ends. @throws the reason why it did. */
  run(): Promise<never> {
    return this.#connection.deliver(this)
  }

  leave(): void {
    this.#components.sessions.leave(this)
  }

  async take(frame: string): Promise<void> {
    const kind = frame.startsWith('{') ? 'request' : jwsKindOf(frame)
    // What it sent on an earlier connection counts too, and so does what its frames took meanwhile.
    const rest = this.rest()
    if (rest !== undefined) await rest
    this.#charge(this.#connection.came() + (kind === 'evidence' ? FRAME_COST : OTHER_COST))
    switch (kind) {
      case 'evidence':
        this.#evidence ??= new EvidencePath(this.#components, this.#init, {
          connection: this.#connection,
          authenticated: this.#authenticated,
          ...{ stream: this, share: this.#accountOf().share },
        })
        return await this.#evidence.take(frame)
      case 'request':
        this.#answer(requestReader.readCanonicalJson(frame))
        return this.#evidence?.handledOther()
      case 'attestation':
        await this.#attest(frame)
        return this.#evidence?.handledOther()
      default:
        throw unexpected(kind)
    }
  }

  /** In debt: no other frame is looked at until the device has kept its rate again. */
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

  /** The path of its evidence is made anew when more comes. */
  atRest(): void {
    this.#evidence = undefined
  }

  #answer(request: Request): void {
    if (request.type === 'catalogue') this.#sendCatalogue(request.hash)
    else {
      this.#challenges ??= challenges(this.#components, this.#init, this.#connection)
      this.#connection.send(this.#challenges.issue())
    }
  }

  #sendCatalogue(hash: string): void {
    this.#charge(CATALOGUE_COST)
    // Where another one was set since, the next result offers that.
    if (this.#components.catalogues.offer()?.hash !== hash) return
    this.#connection.send(this.#components.catalogues.compact(hash))
  }

  /** @returns how long it is in debt. Milliseconds. */
  #charge(cost: number): number {
    return this.#accountOf().bucket.take(cost, this.#components.clock.monotonic())
  }

  #accountOf(): Account {
    const { evidenceRateBytes: perSecond, evidenceBurstBytes: burst } = this.#init
    this.#account ??= this.#components.sessions.account(this.device, () => ({
      bucket: tokenBucket({ perSecond, burst, nowMs: this.#components.clock.monotonic() }),
      share: newShare(),
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
      this.sendResult(result)
    } catch (error) {
      this.#tellWhatBecame(error)
      throw error
    }
  }

  /** An attestation that does not hold spoils the verdict: its device is told so before it is refused. */
  #tellWhatBecame(error: unknown): void {
    const code = codeOf(error)
    if (code !== 'EVIDENCE_FORKED' && code?.startsWith('ATTESTATION_') !== true) return
    const result = this.#components.registry.result(this.device)
    if (result !== undefined) this.sendResult(result)
  }
}

function unexpected(kind: string | undefined): SuretyError {
  const what = kind ?? 'a frame that is neither JSON nor has a protected header of this protocol'
  return new SuretyError('FRAME_UNEXPECTED', `${what}: a device does not send that after the welcome`)
}
