import { codeOf, describeError, type ErrorCode, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type Enrolment, formatEnrolmentString } from '../../protocol/messages/enrolment-string.ts'
import type { Renew } from '../../protocol/messages/frames.ts'
import type { Identity } from '../state/identity.ts'
import type { State } from '../state/state.ts'
import { type ConnectPinnedComponents, connectPinned, fetchPinnedCa, reconnectPinned } from './connect-pinned.ts'
import type { Connection } from './connection.ts'
import { deadline } from './deadline.ts'
import {
  attestOver,
  enrolledIdentity,
  enrolOver,
  type HandshakeComponents,
  type Proof,
  type Welcomed,
} from './handshake.ts'
import { backoffMs, isRefusal, paceOf, type RetryPace, retryAfterMs } from './refusal.ts'
import type { Renewal } from './renewal.ts'
import { runSession, type SessionComponents } from './session.ts'

/** Keeps one connection to the directory. It enrols a device without an identity, attests one with it, and reconnects. */
export interface StreamClient {
  /** Runs until `signal` aborts. */
  run(options: { signal: AbortSignal }): Promise<void>
  /**
   * Attests now on the live connection. Resolves once the attestation was sent.
   *
   * @throws `DIRECTORY_UNREACHABLE` without a connection. It then connects at once, which attests as well.
   */
  attest(reason: Renew['reason']): Promise<void>
  /** Says whether the live connection sent an attestation in the last `ms`. */
  attestedWithin(ms: number): boolean
  /** Ends the wait before the next attempt to connect. */
  retryNow(): void
  /** A token is being exchanged for an identity. */
  readonly isEnrolling: boolean
}

export interface StreamClientComponents
  extends Omit<SessionComponents, 'proof'>,
    Pick<HandshakeComponents, 'clock' | 'label'>,
    Pick<ConnectPinnedComponents, 'connect'> {
  readonly log: Log
  readonly state: State
  /** The device key of that identity. @throws `KEY_*`, `TPM_*`. */
  readonly proof: (identity: Identity, options: { signal: AbortSignal }) => Promise<Proof>
  /** The key to enrol with. It stays open until the proof is disposed of. @throws `KEY_*`, `TPM_*`. */
  readonly proofToEnrol: (options: { signal: AbortSignal }) => Promise<Proof & Disposable>
  readonly enrolment: {
    /** The unused enrolment string. @throws `ENROLMENT_STRING_INVALID`, `FILE_*`. */
    read(options: { readonly enrolled: boolean }): Promise<Enrolment | undefined>
    /** The token was used: erases its secret. */
    used(): Promise<void>
  }
  readonly observer: StreamObserver
}

/** Gets each change of the connection, for status, health and log. */
export interface StreamObserver {
  connecting(): void
  enrolled(identity: Identity): void
  welcomed(identity: Identity): void
  /** A connection, or the attempt to make one, ended. */
  ended(error: {
    readonly code: ErrorCode | undefined
    readonly message: string
    readonly pace: RetryPace
    /** The directory refused; otherwise the error is this device's. */
    readonly byDirectory: boolean
    /** The directory refused earlier as well, without a stable connection in between. */
    readonly isRepeated: boolean
  }): void
  /** There is neither an identity nor an enrolment string. */
  idle(): void
}

export interface StreamClientInit {
  readonly heartbeatMs?: number
  /** How often to look for an enrolment string. */
  readonly enrolmentPollMs?: number
  /** An address that wins over that of the enrolment string. Its pins stay. */
  readonly directoryUrl?: string | undefined
}

const HEARTBEAT_MS = 30_000
const ENROLMENT_POLL_MS = 10_000
/** A connection that lasted longer was stable: the back-off starts over after it. */
const STABLE_AFTER_MS = 60_000

export function createStreamClient(components: StreamClientComponents, init: StreamClientInit = {}): StreamClient {
  return new ReconnectingClient(components, init)
}

class ReconnectingClient implements StreamClient {
  readonly #components: StreamClientComponents
  readonly #init: StreamClientInit
  isEnrolling = false
  #renewal: Renewal | undefined
  #endWait = new AbortController()
  /** A refused string is not used again until the daemon restarts or another one is there. */
  #refused: Enrolment | undefined
  /** The next start needs the string of this token again. */
  #undurableToken: string | undefined
  /** Whose string was erased last. */
  #erasedToken: string | undefined

  constructor(components: StreamClientComponents, init: StreamClientInit) {
    this.#components = components
    this.#init = init
  }

  retryNow(): void {
    this.#endWait.abort()
  }

  attest(reason: Renew['reason']): Promise<void> {
    if (this.#renewal !== undefined) return this.#renewal.request(reason)
    this.retryNow()
    return Promise.reject(new SuretyError('DIRECTORY_UNREACHABLE', 'not connected; connecting attests'))
  }

  attestedWithin(ms: number): boolean {
    return this.#renewal !== undefined && this.#components.clock.monotonic() - this.#renewal.attestedAt < ms
  }

  async run({ signal }: { signal: AbortSignal }): Promise<void> {
    const { clock, random, observer } = this.#components
    let refusals = 0
    for (let attempt = 0; !signal.aborted; ) {
      const startedAt = clock.monotonic()
      try {
        const outcome = await this.#connectOnce(signal)
        if (outcome === 'decided') {
          await this.#wait(backoffMs(undefined, attempt++, random), signal)
          continue
        }
        if (outcome === 'idle') {
          observer.idle()
          await this.#wait(this.#init.enrolmentPollMs ?? ENROLMENT_POLL_MS, signal)
        }
        attempt = 0
      } catch (error) {
        if (signal.aborted) return
        const code = codeOf(error)
        if (clock.monotonic() - startedAt > STABLE_AFTER_MS) attempt = refusals = 0
        const byDirectory = isRefusal(error)
        const isRepeated = byDirectory && refusals++ > 0
        observer.ended({ code, message: describeError(error), pace: paceOf(code), byDirectory, isRepeated })
        const waitMs = Math.max(backoffMs(code, attempt++, random), (retryAfterMs(error) ?? 0) * (1 + random() / 4))
        await (paceOf(code) === 'slow' ? this.#waitForEnrolment(waitMs, signal) : this.#wait(waitMs, signal))
      }
    }
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    this.#endWait = new AbortController()
    await this.#components.clock
      .sleep(ms, { signal: AbortSignal.any([signal, this.#endWait.signal]) })
      .catch(() => undefined)
  }

  /** Waits, but ends early when a person brings a new enrolment string. */
  async #waitForEnrolment(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#components
    const pollMs = this.#init.enrolmentPollMs ?? ENROLMENT_POLL_MS
    const until = clock.monotonic() + ms
    while (!signal.aborted && clock.monotonic() < until) {
      await this.#wait(Math.max(0, Math.min(pollMs, until - clock.monotonic())), signal)
      if (this.#endWait.signal.aborted) return
      const enrolment = await this.#usableEnrolment().catch(() => undefined)
      if (enrolment !== undefined && !this.#isRefused(enrolment)) return
    }
  }

  /**
   * @returns `again` to connect again at once; `decided` when the directory has decided about a pending device, which the next
   * connection learns; `idle` when there is nothing to connect with.
   */
  async #connectOnce(signal: AbortSignal): Promise<'idle' | 'again' | 'decided'> {
    const { state, observer, log } = this.#components
    const enrolment = await this.#usableEnrolment()
    if (enrolment === undefined && state.identity === undefined) return 'idle'
    observer.connecting()
    if (enrolment !== undefined) {
      try {
        this.isEnrolling = true
        await this.#enrol(enrolment, signal)
      } catch (error) {
        if (paceOf(codeOf(error)) === 'slow' && !signal.aborted) this.#refused = enrolment
        // A bad enrolment string must not keep an enrolled device from its directory.
        if (state.identity === undefined || state.identity.token === enrolment.token) throw error
        log.warn('enrolment failed; the earlier identity stays in use', {
          code: codeOf(error),
          reason: describeError(error),
        })
      } finally {
        this.isEnrolling = false
      }
    }
    // The identity comes from an earlier connection.
    return state.identity === undefined ? 'again' : await this.#serve(state.identity, signal)
  }

  async #usableEnrolment(): Promise<Enrolment | undefined> {
    const { enrolment, state } = this.#components
    try {
      const read = await enrolment.read({ enrolled: state.identity !== undefined })
      const isUsed = read?.token === state.identity?.token
      if (isUsed && read !== undefined) await this.#eraseUsed(read.token)
      // Without an identity, a refused token is tried again: there is nothing else to connect with.
      const isRefused = read !== undefined && this.#isRefused(read) && state.identity !== undefined
      return isUsed || isRefused ? undefined : read
    } catch (error) {
      if (state.identity === undefined) throw error
      this.#components.log.warn('enrolment string ignored', { reason: describeError(error) })
      return undefined
    }
  }

  /** A string with the same token may have another address or other pins. */
  #isRefused(enrolment: Enrolment): boolean {
    return this.#refused !== undefined && formatEnrolmentString(enrolment) === formatEnrolmentString(this.#refused)
  }

  /** An interrupted enrolment left the string behind, or an administrator put it there again. */
  async #eraseUsed(token: string): Promise<void> {
    if (token === this.#undurableToken) return
    if (token !== this.#erasedToken) {
      this.#components.log.info('the enrolment string was used on this device before and is erased', { tokenId: token })
    }
    this.#erasedToken = token
    await this.#components.enrolment.used()
  }

  async #enrol(given: Enrolment, signal: AbortSignal): Promise<void> {
    const { clock, state, spool, log, observer } = this.#components
    const enrolment = { ...given, url: this.#init.directoryUrl ?? given.url }
    using proof = await this.#components.proofToEnrol({ signal })
    const caCertificate = await fetchPinnedCa(enrolment, { signal: deadline(signal, LIMITS.handshakeTimeoutMs) })
    using connection = await connectPinned(this.#components, { url: enrolment.url, caCertificate }, { signal })
    const { order } = state.progress
    // Fails early if the disk fails: the token works once, and the identity it brings must be stored.
    await state.changeProgress(({ order, open }) => ({ order, open }))
    const welcomed = await enrolOver(
      { ...this.#components, proof },
      { connection, enrolment, order },
      { signal: handshakeDeadline(signal) },
    )
    const identity = enrolledIdentity({ enrolment, caCertificate, proof, welcome: welcomed.welcome, now: clock.now() })
    // The identity is durable before the used secret is erased.
    const isDurable = await state.setIdentity(identity)
    proof[Symbol.dispose]()
    spool.begin(identity)
    if (isDurable) await this.#components.enrolment.used()
    else this.#undurableToken = enrolment.token
    this.isEnrolling = false
    log.info('enrolled', {
      device: identity.device,
      epoch: identity.epoch,
      tier: identity.tier,
      status: identity.status,
    })
    if (identity.status === 'enrolled') return await this.#runSession(connection, identity, welcomed, signal)
    observer.enrolled(identity)
    await waitForDecision(connection, signal)
  }

  async #serve(stored: Identity, signal: AbortSignal): Promise<'again' | 'decided'> {
    const { state, spool, log } = this.#components
    const identity = { ...stored, pins: { ...stored.pins, url: this.#init.directoryUrl ?? stored.pins.url } }
    const { proof, connection, caCertificate } = await this.#openKeyAndConnection(identity, signal)
    using _ = connection
    const welcomed = await attestOver(
      { ...this.#components, proof },
      { connection, identity, local: this.#components.localState() },
      { signal: handshakeDeadline(signal) },
    )
    const { status, tier } = welcomed.welcome
    if (status === 'pending') {
      this.#components.observer.enrolled({ ...identity, status })
      await waitForDecision(connection, signal)
      return 'decided'
    }
    let current = identity
    const isMoved = identity.pins.url !== stored.pins.url
    if (
      identity.status === 'pending' ||
      isMoved ||
      identity.caCertificate !== caCertificate ||
      identity.tier !== tier
    ) {
      const { reEnrolment, ...rest } = identity
      current = { ...rest, status: 'enrolled', tier, caCertificate }
      await state.setIdentity(current)
      if (identity.status === 'pending') log.info('enrolment approved', { device: identity.device, reEnrolment })
    }
    if (spool.chain !== undefined) spool.begin(current)
    await this.#runSession(connection, current, welcomed, signal)
    return 'again'
  }

  /** Opens the key and the connection at the same time, since both a TPM and a network may be slow. */
  async #openKeyAndConnection(identity: Identity, signal: AbortSignal) {
    const cancelled = new AbortController()
    const connecting = reconnectPinned(this.#components, identity, {
      signal: AbortSignal.any([signal, cancelled.signal]),
    })
    // Awaited below. This only avoids an unhandled rejection until then.
    connecting.catch(() => undefined)
    try {
      const proof = await this.#components.proof(identity, { signal })
      return { proof, ...(await connecting) }
    } catch (error) {
      cancelled.abort()
      void connecting.then(({ connection }) => connection[Symbol.dispose]()).catch(() => undefined)
      throw error
    }
  }

  async #runSession(
    connection: Connection,
    identity: Identity,
    welcomed: Welcomed,
    signal: AbortSignal,
  ): Promise<void> {
    const proof: SessionComponents['proof'] = (options) => this.#components.proof(identity, options)
    const onReady = (renewal: Renewal) => {
      this.#renewal = renewal
    }
    try {
      await runSession(
        { ...this.#components, proof },
        { heartbeatMs: this.#init.heartbeatMs ?? HEARTBEAT_MS },
        { connection, identity, welcomed, onChainsAgree: () => this.#components.observer.welcomed(identity), onReady },
        { signal },
      )
    } finally {
      this.#renewal = undefined
    }
  }
}

function handshakeDeadline(signal: AbortSignal): AbortSignal {
  return deadline(signal, LIMITS.handshakeTimeoutMs + LIMITS.tpmAllowanceMs)
}

/** A connection that only waits has no heartbeat, so that it is made again from time to time. */
const WAIT_FOR_DECISION_MS = 10 * 60_000

/**
 * Waits on the connection of a device that an administrator has yet to approve. Resolves when the directory closes it: the next
 * connection learns the decision.
 *
 * @throws `ENROLMENT_PENDING` when there was no decision in time, and the code of a refusal.
 */
async function waitForDecision(connection: Connection, signal: AbortSignal): Promise<void> {
  const pending = new SuretyError('ENROLMENT_PENDING', 'an administrator has yet to decide')
  try {
    await connection.next({ signal: deadline(signal, WAIT_FOR_DECISION_MS, pending) })
  } catch (error) {
    if (codeOf(error) !== 'DIRECTORY_UNREACHABLE') throw error
    return
  }
  // A frame that is not a refusal decides nothing.
  throw pending
}
