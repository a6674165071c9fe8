import { codeOf, describeError, type ErrorCode, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Enrolment } from '../../protocol/enrolment-string.ts'
import type { Renew } from '../../protocol/frames.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Identity } from '../state/identity.ts'
import type { State } from '../state/state.ts'
import { type ReachComponents, reach, reachAgain } from './connect-pinned.ts'
import type { Connection } from './connection.ts'
import { deadline } from './deadline.ts'
import { enrolledIdentity, type Proof } from './enrolled-identity.ts'
import { attestOver, enrolOver, type HandshakeComponents, type Welcomed } from './handshake.ts'
import { fetchPinnedCa } from './pinned-ca.ts'
import { backoffMs, isRefusal, paceOf, type RetryPace, retryAfterMs } from './refusal.ts'
import type { Renewal } from './renewal.ts'
import { runSession, type SessionComponents } from './session.ts'
import { waitForDecision } from './wait-for-decision.ts'

/** Keeps one connection to the directory: enrols when there is no identity, proves it otherwise, and tries again. */
export interface StreamClient {
  /** Until `signal` aborts. */
  run(options: { signal: AbortSignal }): Promise<void>
  /** Attests now: on the live connection, or by connecting at once. Resolves once the attestation was sent. */
  attest(reason: Renew['reason']): Promise<void>
  /** Was an attestation sent on the live connection in the last `ms`? */
  attestedWithin(ms: number): boolean
  /** Does not wait any longer before the next try. */
  nudge(): void
}

export interface StreamClientComponents
  extends Omit<SessionComponents, 'proof'>,
    Pick<HandshakeComponents, 'clock' | 'label'>,
    Pick<ReachComponents, 'connect'> {
  readonly log: Log
  readonly state: State
  /** The device key, of that identity and no other. @throws `KEY_*`, `TPM_*`. */
  readonly proof: (identity: Identity, options: { signal: AbortSignal }) => Promise<Proof>
  /** The key to enrol with, until it is disposed of. @throws `KEY_*`, `TPM_*`. */
  readonly proofToEnrol: (options: { signal: AbortSignal }) => Promise<Proof & Disposable>
  readonly enrolment: {
    /** What waits to be used. @throws `ENROLMENT_STRING_INVALID`, `FILE_*`. */
    read(): Promise<Enrolment | undefined>
    /** The token is used: erases its secret. */
    used(): Promise<void>
  }
  readonly watch: StreamWatch
}

/** Told of each change, for status, health and logs. */
export interface StreamWatch {
  connecting(): void
  enrolled(identity: Identity): void
  welcomed(identity: Identity): void
  ended(error: {
    readonly code: ErrorCode | undefined
    readonly message: string
    readonly pace: RetryPace
    /** The directory said so, and not this device. */
    readonly byDirectory: boolean
    /** It has before, and no connection since then was a good one. */
    readonly again: boolean
  }): void
  idle(reason: 'not-enrolled'): void
}

export interface StreamClientInit {
  readonly heartbeatMs?: number
  /** How often an enrolment string is looked for while there is no identity. */
  readonly enrolmentPollMs?: number
}

const HEARTBEAT_MS = 30_000
const ENROLMENT_POLL_MS = 10_000
/** A connection that lived so long was a good one: the next failure is a first one. */
const SETTLED_MS = 60_000

export function createStreamClient(components: StreamClientComponents, init: StreamClientInit = {}): StreamClient {
  return new ReconnectingClient(components, init)
}

class ReconnectingClient implements StreamClient {
  readonly #components: StreamClientComponents
  readonly #init: StreamClientInit
  #renewal: Renewal | undefined
  #nudge = new AbortController()
  /** A token that was refused is not shown again until the daemon starts anew or the string changes. */
  #refusedToken: string | undefined

  constructor(components: StreamClientComponents, init: StreamClientInit) {
    this.#components = components
    this.#init = init
  }

  nudge(): void {
    this.#nudge.abort()
  }

  attest(reason: Renew['reason']): Promise<void> {
    if (this.#renewal !== undefined) return this.#renewal.request(reason)
    this.nudge()
    return Promise.reject(new SuretyError('DIRECTORY_UNREACHABLE', 'not connected; connecting attests'))
  }

  attestedWithin(ms: number): boolean {
    return this.#renewal !== undefined && this.#components.clock.monotonic() - this.#renewal.attestedAt < ms
  }

  async run({ signal }: { signal: AbortSignal }): Promise<void> {
    const { clock, random, watch } = this.#components
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
          watch.idle('not-enrolled')
          await this.#wait(this.#init.enrolmentPollMs ?? ENROLMENT_POLL_MS, signal)
        }
        attempt = 0
      } catch (error) {
        if (signal.aborted) return
        const code = codeOf(error)
        if (clock.monotonic() - startedAt > SETTLED_MS) attempt = refusals = 0
        const byDirectory = isRefusal(error)
        const again = byDirectory && refusals++ > 0
        watch.ended({ code, message: describeError(error), pace: paceOf(code), byDirectory, again })
        const waitMs = Math.max(backoffMs(code, attempt++, random), (retryAfterMs(error) ?? 0) * (1 + random() / 4))
        await (paceOf(code) === 'slow' ? this.#waitUnlessInvited(waitMs, signal) : this.#wait(waitMs, signal))
      }
    }
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    this.#nudge = new AbortController()
    await this.#components.clock
      .sleep(ms, { signal: AbortSignal.any([signal, this.#nudge.signal]) })
      .catch(() => undefined)
  }

  /** Where a person has to act, the wait ends with the enrolment string they bring. */
  async #waitUnlessInvited(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#components
    const pollMs = this.#init.enrolmentPollMs ?? ENROLMENT_POLL_MS
    const until = clock.monotonic() + ms
    while (!signal.aborted && clock.monotonic() < until) {
      await this.#wait(Math.max(0, Math.min(pollMs, until - clock.monotonic())), signal)
      if (this.#nudge.signal.aborted) return
      const invited = await this.#usableEnrolment().catch(() => undefined)
      if (invited !== undefined && invited.token !== this.#refusedToken) return
    }
  }

  /**
   * @returns `again` when the next connection should follow at once, `decided` when it learns what was decided, `idle` when
   * there is nothing to connect with.
   */
  async #connectOnce(signal: AbortSignal): Promise<'idle' | 'again' | 'decided'> {
    const { state, watch, log } = this.#components
    const enrolment = await this.#usableEnrolment()
    if (enrolment === undefined && state.identity === undefined) return 'idle'
    watch.connecting()
    if (enrolment !== undefined) {
      try {
        await this.#enrol(enrolment, signal)
      } catch (error) {
        if (paceOf(codeOf(error)) === 'slow' && !signal.aborted) this.#refusedToken = enrolment.token
        // A bad enrolment string must not keep an enrolled device away.
        if (state.identity === undefined || state.identity.token === enrolment.token) throw error
        log.warn('enrolment refused, going on as before', { code: codeOf(error), reason: describeError(error) })
      }
    }
    // Enrolled just now on a connection of its own, or before.
    return state.identity === undefined ? 'again' : await this.#serve(state.identity, signal)
  }

  async #usableEnrolment(): Promise<Enrolment | undefined> {
    const { enrolment, state } = this.#components
    try {
      const read = await enrolment.read()
      const used = read?.token === state.identity?.token
      // With an identity a refused token must not keep the device away; without one it is all there is.
      const refused = read?.token === this.#refusedToken && state.identity !== undefined
      return used || refused ? undefined : read
    } catch (error) {
      if (state.identity === undefined) throw error
      this.#components.log.warn('enrolment string ignored', { reason: describeError(error) })
      return undefined
    }
  }

  async #enrol(enrolment: Enrolment, signal: AbortSignal): Promise<void> {
    const { clock, state, spool, log, watch } = this.#components
    using proof = await this.#components.proofToEnrol({ signal })
    const caCertificate = await fetchPinnedCa(enrolment, { signal: deadline(signal, LIMITS.handshakeTimeoutMs) })
    using connection = await reach(this.#components, { url: enrolment.url, caCertificate }, { signal })
    const { order } = state.progress
    // The token is spent once: not on a disk that cannot keep what it buys.
    await state.changeProgress(({ order, open }) => ({ order, open }))
    const welcomed = await enrolOver(
      { ...this.#components, proof },
      { connection, enrolment, order },
      { signal: handshakeDeadline(signal) },
    )
    const identity = enrolledIdentity({ enrolment, caCertificate, proof, welcome: welcomed.welcome, now: clock.now() })
    // Durable before the secret is gone, which is worth nothing any more.
    const durable = await state.setIdentity(identity)
    proof[Symbol.dispose]()
    spool.begin(identity)
    if (durable) await this.#components.enrolment.used()
    log.info('enrolled', {
      device: identity.device,
      epoch: identity.epoch,
      tier: identity.tier,
      status: identity.status,
    })
    if (identity.status === 'enrolled') return await this.#live(connection, identity, welcomed, signal)
    watch.enrolled(identity)
    await waitForDecision(connection, signal)
  }

  async #serve(identity: Identity, signal: AbortSignal): Promise<'again' | 'decided'> {
    const { state, spool, log } = this.#components
    const { proof, connection, caCertificate } = await this.#readyToServe(identity, signal)
    using _ = connection
    const welcomed = await attestOver(
      { ...this.#components, proof },
      { connection, identity, standing: this.#components.standing() },
      { signal: handshakeDeadline(signal) },
    )
    const { status, tier } = welcomed.welcome
    if (status === 'pending') {
      this.#components.watch.enrolled({ ...identity, status })
      await waitForDecision(connection, signal)
      return 'decided'
    }
    let current = identity
    if (identity.status === 'pending' || identity.caCertificate !== caCertificate || identity.tier !== tier) {
      const { decision, ...rest } = identity
      current = { ...rest, status: 'enrolled', tier, caCertificate }
      await state.setIdentity(current)
      if (identity.status === 'pending') log.info('enrolment approved', { device: identity.device, decision })
    }
    if (spool.chain !== undefined) spool.begin(current)
    await this.#live(connection, current, welcomed, signal)
    return 'again'
  }

  /** The key is opened while the connection is made: a TPM and a network each take their time. */
  async #readyToServe(identity: Identity, signal: AbortSignal) {
    const unwanted = new AbortController()
    const connecting = reachAgain(this.#components, identity, { signal: AbortSignal.any([signal, unwanted.signal]) })
    // Whichever fails is told once: here, where both are waited for.
    connecting.catch(() => undefined)
    try {
      const proof = await this.#components.proof(identity, { signal })
      return { proof, ...(await connecting) }
    } catch (error) {
      unwanted.abort()
      void connecting.then(({ connection }) => connection[Symbol.dispose]()).catch(() => undefined)
      throw error
    }
  }

  async #live(connection: Connection, identity: Identity, welcomed: Welcomed, signal: AbortSignal): Promise<void> {
    const proof: SessionComponents['proof'] = (options) => this.#components.proof(identity, options)
    const onLive = (renewal: Renewal) => {
      this.#renewal = renewal
    }
    try {
      await runSession(
        { ...this.#components, proof },
        { heartbeatMs: this.#init.heartbeatMs ?? HEARTBEAT_MS },
        { connection, identity, welcomed, onMet: () => this.#components.watch.welcomed(identity), onLive },
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
