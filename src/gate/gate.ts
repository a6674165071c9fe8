import { toBase64Url, toHex } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { codeOf, describeError } from '../base/errors.ts'
import { parseUnambiguousJson } from '../base/json.ts'
import { canonicalJson } from '../base/text/canonical-json.ts'
import { printable } from '../base/text/printable.ts'
import type { Decider } from '../cedar/decider.ts'
import { hashOfText, sha256 } from '../crypto/hash.ts'
import { decideAction, type GatePolicy, type GateReason, type GateRuling } from '../gate-policy/decide-action.ts'
import {
  type Action,
  type ActionReport,
  APPROVERS,
  type ApprovalDecision,
  type ApprovalRequest,
} from '../protocol/gate/action.ts'
import type { HookClient } from '../protocol/gate/hook-clients.ts'
import { newId, type Random } from '../protocol/ids.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { User } from '../protocol/sighting.ts'
import { Approvals, type Waiting } from './approvals.ts'
import { dialectOf } from './dialects/all-dialects.ts'
import type { ClientAction, Dialect, HookOutput, Verdict } from './dialects/dialect.ts'
import type { AskedBy, FromGate } from './gate-messages.ts'
import { REQUEST_MAX_BYTES } from './hook-wire.ts'
import { Sessions } from './sessions.ts'

/** Decides what agents are about to do. It keeps what it must remember of their sessions, and says everything to the daemon. */

export interface GateComponents {
  readonly clock: Clock
  readonly random: Random
  readonly decider: Decider
  readonly send: (message: FromGate) => void
}

export interface AskingUser extends User {
  readonly home?: string | undefined
}

export interface HookQuestion {
  readonly client: HookClient
  /** JSON, as the client wrote it. */
  readonly document: string
  readonly user: AskingUser
  readonly askedBy: AskedBy
}

interface AskOptions {
  /** Shows a line while a person is asked. */
  readonly progress: (text: string) => void
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
}

/** An action that was read, and what it takes to answer it. */
interface Asked extends HookQuestion {
  readonly dialect: Dialect
  readonly read: ClientAction
  readonly action: Action
  readonly canonical: string
  readonly hash: string
  /** Of one client and user. */
  readonly session: string
}

interface Outcome {
  readonly decision: ActionReport['decision']
  readonly verdict: Verdict
  readonly ruling: GateRuling
  readonly approval?: string
}

const JSON_LIMITS = { maxBytes: REQUEST_MAX_BYTES, maxDepth: 64 }
/** The client is answered that long before it would stop waiting. */
const MARGIN_MS = 15_000
const PROGRESS_EVERY_MS = 10_000
/** An equal action of the same session is not asked about again for so long. */
const REFUSED_MS = 10 * 60_000
/** Whatever an approval says. */
const APPROVED_MOST_MS = 8 * 3_600_000

export class Gate {
  readonly #components: GateComponents
  readonly #sessions: Sessions
  readonly #approvals: Approvals
  #policy: GatePolicy
  /** Who is asked for approvals. Undefined: no one can be asked. */
  #device: string | undefined

  constructor(components: GateComponents, policy: GatePolicy) {
    this.#components = components
    this.#approvals = new Approvals(components)
    this.#sessions = new Sessions(() => components.clock.monotonic())
    this.#policy = policy
  }

  setPolicy(policy: GatePolicy): void {
    this.#policy = policy
  }

  /** @param device undefined while no directory is connected. */
  setDirectory(device: string | undefined): void {
    this.#device = device
  }

  decided(decision: ApprovalDecision): boolean {
    return this.#approvals.decided(decision)
  }

  /** Never rejects: what cannot be read is denied. */
  async ask(question: HookQuestion, options: AskOptions): Promise<HookOutput> {
    const dialect = dialectOf(question.client)
    let asked: Asked
    try {
      asked = this.#read(question, dialect)
    } catch (error) {
      return this.#unreadable(question, dialect, error)
    }
    const outcome = await this.#outcome(asked, options)
    if (outcome.verdict.effect === 'allow') this.#sessions.mark(asked.session, outcome.ruling.marks)
    this.#report(asked, outcome)
    return dialect.answer(outcome.verdict)
  }

  #read(question: HookQuestion, dialect: Dialect): Asked {
    const { client, user } = question
    const read = dialect.read(parseUnambiguousJson(question.document, JSON_LIMITS))
    const action: Action = {
      client,
      session: read.session,
      tool: read.tool,
      arguments: read.arguments,
      ...(read.folder === undefined ? {} : { folder: read.folder }),
      user: { id: user.id, name: user.name },
    }
    const canonical = canonicalJson(action)
    return {
      ...question,
      dialect,
      read,
      action,
      canonical,
      hash: hashOfText(canonical),
      session: toHex(sha256(canonicalJson([client, user.id, read.session]))).slice(0, 32),
    }
  }

  async #outcome(asked: Asked, options: AskOptions): Promise<Outcome> {
    // Approvals for a session are checked after the rules: what is forbidden by now stays forbidden.
    const ruling = this.#decide(asked)
    if (ruling.effect === 'allow') return { decision: 'allowed', verdict: { effect: 'allow' }, ruling }
    if (ruling.effect === 'deny') return { decision: 'denied', verdict: denial(ruling.reasons), ruling }
    if (this.#sessions.isApproved(asked.session, asked.hash)) {
      return { decision: 'approved', verdict: { effect: 'allow' }, ruling }
    }
    const fault = this.#whyNotAsked(asked)
    if (fault !== undefined) return { decision: 'denied', verdict: denial(ruling.reasons, fault), ruling }
    return await this.#hold(asked, ruling, options)
  }

  #decide({ action, read, user, session }: Asked): GateRuling {
    const { client, tool, folder } = action
    const { command, paths, hosts } = read
    return decideAction(this.#components.decider, this.#policy, {
      action: { client, tool, command, paths, hosts, folder, home: user.home, user: action.user },
      recent: this.#sessions.recent(session),
      now: this.#components.clock.now(),
    })
  }

  #whyNotAsked({ session, hash, canonical, user }: Asked): string | undefined {
    if (this.#sessions.isRefused(session, hash)) return 'a person has refused it within the last ten minutes'
    if (this.#device === undefined) return 'no one can be asked: this device is not connected to its directory'
    if (canonical.length > LIMITS.actionCharacters) return 'it is too long for a person to judge: use smaller steps'
    if (!this.#approvals.hasRoomFor(user.id)) return 'too many actions wait for a person: wait for their answers first'
    return undefined
  }

  async #hold(asked: Asked, ruling: GateRuling, { progress, signal }: AskOptions): Promise<Outcome> {
    const waiting = this.#approvals.waitingFor(`${asked.session} ${asked.hash}`) ?? this.#request(asked, ruling)
    const { id: approval } = waiting.request
    const over = new AbortController()
    const gone = Promise.withResolvers<undefined>()
    const onGone = () => gone.resolve(undefined)
    signal.addEventListener('abort', onGone, { once: true })
    void this.#showProgress(asked, { approval, progress, signal: over.signal })
    try {
      const answer = await Promise.race([waiting.answer, gone.promise])
      return { ...this.#afterHold(asked, ruling, answer), approval }
    } finally {
      over.abort()
      signal.removeEventListener('abort', onGone)
    }
  }

  async #showProgress(
    { dialect }: Asked,
    { approval, progress, signal }: AskOptions & { readonly approval: string },
  ): Promise<void> {
    const said = dialect.progress?.(`Surety waits for an approval (${approval})`)
    while (said !== undefined && !signal.aborted) {
      progress(said)
      await this.#components.clock.sleep(PROGRESS_EVERY_MS, { signal }).catch(() => undefined)
    }
  }

  #request({ session, hash, canonical, user, dialect, askedBy }: Asked, ruling: GateRuling): Waiting {
    const { clock, random, send } = this.#components
    const forMs = dialect.waitsSeconds * 1000 - MARGIN_MS
    const now = Math.max(0, Math.trunc(clock.now()))
    const request: ApprovalRequest = {
      id: newId('apr', random),
      nonce: toBase64Url(random(16)),
      time: now,
      until: now + forMs,
      action: canonical,
      approvers: APPROVERS.filter((one) => ruling.approvers.includes(one)),
      reasons: ruling.reasons.map(({ rule, reason }) => ({ rule: rule.slice(0, 64), reason: reason.slice(0, 500) })),
    }
    send({ kind: 'approval-request', request, askedBy })
    // `#whyNotAsked` has seen one.
    return this.#approvals.hold(request, {
      device: this.#device ?? '',
      user: user.id,
      key: `${session} ${hash}`,
      forMs,
    })
  }

  #afterHold(asked: Asked, ruling: GateRuling, answer: Awaited<Waiting['answer']> | undefined): Outcome {
    const { session, hash } = asked
    if (answer === undefined || answer.outcome === 'expired' || answer.outcome === 'cancelled') {
      return {
        decision: 'expired',
        verdict: denial(ruling.reasons, 'no one approved it in time: ask again later'),
        ruling,
      }
    }
    const by = printable(answer.by)
    if (answer.outcome === 'denied') {
      this.#sessions.refuse(session, hash, REFUSED_MS)
      return { decision: 'refused', verdict: denial(ruling.reasons, `${by} refused it`), ruling }
    }
    // The policy may be another one by now.
    const now = this.#decide(asked)
    if (now.effect === 'deny') return { decision: 'denied', verdict: denial(now.reasons), ruling: now }
    if (answer.scope === 'session' && answer.until !== undefined) {
      const forMs = Math.min(answer.until - this.#components.clock.now(), APPROVED_MOST_MS)
      if (forMs > 0) this.#sessions.approve(session, hash, forMs)
    }
    return { decision: 'approved', verdict: { effect: 'allow' }, ruling: now }
  }

  #report({ client, session, hash, action, askedBy }: Asked, { decision, ruling, approval }: Outcome): void {
    const { clock, random, send } = this.#components
    const shadow = ruling.shadow.map(({ rule }) => rule.slice(0, 64))
    const report: ActionReport = {
      id: newId('act', random),
      time: Math.max(0, Math.trunc(clock.now())),
      client,
      session,
      tool: action.tool,
      hash,
      user: action.user,
      decision,
      rules: ruling.reasons.map(({ rule }) => rule.slice(0, 64)),
      ...(shadow.length === 0 ? {} : { shadow }),
      ...(approval === undefined ? {} : { approval }),
    }
    send({ kind: 'action', report, askedBy })
  }

  #unreadable({ client, document, user, askedBy }: HookQuestion, dialect: Dialect, error: unknown): HookOutput {
    const { clock, random, send } = this.#components
    const why = codeOf(error) === undefined ? 'it could not be read' : describeError(error)
    const report: ActionReport = {
      id: newId('act', random),
      time: Math.max(0, Math.trunc(clock.now())),
      client,
      session: '0'.repeat(32),
      tool: { kind: 'other', name: 'unreadable' },
      hash: hashOfText(document),
      user: { id: user.id, name: user.name },
      decision: 'denied',
      rules: ['unreadable'],
    }
    send({ kind: 'action', report, askedBy })
    return dialect.answer(denial([{ rule: 'unreadable', reason: `the gate cannot judge this action: ${why}` }]))
  }
}

/** @param fault why no one is asked, or what a person decided. What would be possible is then not said: it was tried. */
function denial(reasons: readonly GateReason[], fault?: string): Verdict {
  const because = reasons.map(({ rule, reason }) => `${reason} (rule ${rule})`)
  const instead = fault === undefined ? [...new Set(reasons.flatMap(({ possible }) => possible ?? []))] : []
  const why = [...because, ...(fault === undefined ? [] : [fault])].join('; ')
  const text = printable(instead.length === 0 ? `${why}.` : `${why}. What is possible: ${instead.join('; ')}.`)
  return {
    effect: 'deny',
    forPerson: `Surety refused this: ${text}`,
    forAgent: `The policy of this device refuses this action: ${text} Do not try to reach the same in another way.`,
  }
}
