import { toBase64Url } from '../../base/bytes.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { hashOfText, sha256 } from '../../crypto/hash.ts'
import { type ApprovalDecision, type ApprovalGrant, grantMessage } from '../../protocol/gate/action.ts'
import { mayDo, type Principal } from '../../protocol/noun/permissions.ts'
import { type ApprovalRate, type ApprovalView, LONGEST_SESSION_MS } from '../../protocol/nouns/people/approvals.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { AuditEntry } from '../audit/audit.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import type { Orders } from '../orders/orders.ts'
import type { PasskeyAnswer, PasskeyQuestion, PasskeySignature, Passkeys } from '../sign-in/passkeys.ts'
import { humanOf } from '../summary/waiting-for.ts'
import type { ApprovalDecided, ApprovalStore, StoredApproval } from './approval-store.ts'
import { hashOf, viewOf } from './approval-view.ts'
import {
  ANSWERS_LOOKED_AT,
  concerns,
  needsDeviceBound,
  type PartiesStore,
  partiesOf,
  rateOf,
  requireCanceller,
  requireDenier,
  roleOf,
  tookSince,
  WINDOW_MS,
} from './approvers.ts'

export interface ApprovalsComponents extends ActComponents<PartiesStore & { readonly approvals: ApprovalStore }> {
  readonly passkeys: Pick<Passkeys, 'signatureOptions' | 'signature'>
  /** Of the console's pages. */
  readonly origin: () => string
  readonly orders: Pick<Orders, 'recipient' | 'add' | 'deliver'>
}

/** What a person approves, as they ask for it. */
export type AskedGrant = Pick<ApprovalGrant, 'scope' | 'until'>

/** What people do with actions that wait. Each decision, its record and its order are one transaction. */
export interface Approvals {
  /** @throws `NOT_FOUND`, also for a person without a role whom it does not concern. */
  get(id: string, by: Principal): Promise<ApprovalView>
  /** Newest first. A person without a role sees their own. */
  list(request: ListRequest, by: Principal): Promise<Listed<ApprovalView>>
  /** @throws `NOT_FOUND`, `NOT_PERMITTED`; `CONFLICT` for one that is decided or over, and a person without a passkey. */
  options(id: string, asked: AskedGrant, by: Principal): Promise<PasskeyQuestion>
  /**
   * @throws as `options`; `NOT_PERMITTED` for what did not sign exactly this, without the person, with the passkey of another person, or
   * with one that can be copied where that does not do; `CONFLICT` for an agent that is not active; `DEVICE_RETIRED`.
   */
  approve(id: string, asked: AskedGrant & { readonly response: PasskeyAnswer }, by: Principal): Promise<ApprovalView>
  /** All equal ones that wait. @throws `NOT_FOUND`, `NOT_PERMITTED`, `CONFLICT`. */
  deny(id: string, reason: string | undefined, by: Principal): Promise<ApprovalView>
  /** @throws `NOT_FOUND`, `NOT_PERMITTED`, `CONFLICT`. */
  cancel(id: string, reason: string | undefined, by: Principal): Promise<ApprovalView>
  rate(by: Principal): Promise<ApprovalRate>
  /** Those that wait, the first to end first. */
  waiting(limit: number): Promise<readonly ApprovalView[]>
  /** The work of a worker: records what expired, and tells devices what was denied at once. @returns whether there may be more. */
  settle(): Promise<boolean>
}

export function approvals(components: ApprovalsComponents): Approvals {
  return new StoredApprovals(components)
}

const AT_ONCE = 50
const DIRECTORY = 'directory'
/** The action is in the entry of the record up to this length, sealed. */
const MOST_RECORDED_BYTES = 6_000

class StoredApprovals implements Approvals {
  readonly #components: ApprovalsComponents

  constructor(components: ApprovalsComponents) {
    this.#components = components
  }

  async get(id: string, by: Principal): Promise<ApprovalView> {
    const { store } = this.#components
    const stored = await this.#stored(id)
    if (!mayDo(by.role, 'view') && !(await concerns(store, await partiesOf(store, stored), by))) throw unknown(id)
    return viewOf(store, stored, { origin: this.#components.origin() })
  }

  async list(request: ListRequest, by: Principal): Promise<Listed<ApprovalView>> {
    const { store, clock } = this.#components
    const human = mayDo(by.role, 'view') ? undefined : ((await humanOf(store.humans, by))?.id ?? '')
    const asked = human === undefined ? request : { ...request, concerns: human }
    const { items, ...rest } = await store.approvals.list(asked, clock.now())
    return { items: await this.#views(items), ...rest }
  }

  async #views(items: readonly StoredApproval[]): Promise<readonly ApprovalView[]> {
    const views: ApprovalView[] = []
    for (const stored of items) views.push(await viewOf(this.#components.store, stored))
    return views
  }

  async options(id: string, asked: AskedGrant, by: Principal): Promise<PasskeyQuestion> {
    const stored = await this.#waiting(id)
    await this.#role(stored, by)
    return this.#components.passkeys.signatureOptions(by, challengeOf(this.#grant(stored, asked)))
  }

  async approve(
    id: string,
    { response, ...asked }: AskedGrant & { readonly response: PasskeyAnswer },
    by: Principal,
  ): Promise<ApprovalView> {
    const { store, clock } = this.#components
    const before = await this.#waiting(id)
    await this.#role(before, by)
    const grant = this.#grant(before, asked)
    const signature = await this.#signature(before, { grant, response, by })
    await store.transaction(async () => {
      const stored = await this.#waiting(id)
      const { as, parties, given } = await this.#role(stored, by)
      if (signature.copyable && (needsDeviceBound(stored) || grant.scope === 'session'))
        throw new SuretyError('NOT_PERMITTED', 'this needs a passkey that cannot be copied, such as a security key')
      if (parties.registration !== undefined && parties.registration.state !== 'active')
        throw conflict(`the agent is ${parties.registration.state}: deny it`)
      await signature.use()
      await this.#answer(stored, { by, outcome: 'approved', as })
      const isWhole = given + 1 === parties.wanted.length
      const entry = {
        act: 'approval-given',
        details: {
          as,
          scope: grant.scope,
          deviceBound: needsDeviceBound(stored),
          ...member('scopeUntil', grant.until),
          ...proofOf(stored, grant, { signature, response }),
        },
        before: { state: stored.state },
        after: { state: isWhole ? 'approved' : 'pending' },
      } as const
      if (isWhole)
        await this.#decide(stored, { state: 'approved', at: clock.now(), by: by.name, grant }, { by, ...entry })
      else await this.#record(stored, { by, ...entry })
    })
    return this.get(id, by)
  }

  async deny(id: string, reason: string | undefined, by: Principal): Promise<ApprovalView> {
    const { store, clock } = this.#components
    await store.transaction(async () => {
      const stored = await this.#waiting(id)
      await requireDenier(store, await partiesOf(store, stored), by)
      // Who approved before may still deny, which counts as one answer.
      const answered = (await store.approvals.answers(id)).some((one) => one.by.id === by.id)
      if (!answered) await this.#answer(stored, { by, outcome: 'denied' })
      for (const equal of await store.approvals.equal(stored, clock.now())) {
        const details = { hash: hashOf(equal), ...member('reason', reason) }
        const changed = { before: { state: equal.state }, after: { state: 'denied' } }
        const decided = { state: 'denied', at: clock.now(), by: by.name, ...member('reason', reason) } as const
        await this.#decide(equal, decided, { by, act: 'approval-denied', details, ...changed })
      }
    })
    return this.get(id, by)
  }

  async cancel(id: string, reason: string | undefined, by: Principal): Promise<ApprovalView> {
    const { store, clock } = this.#components
    await store.transaction(async () => {
      const stored = await this.#waiting(id)
      await requireCanceller(store, await partiesOf(store, stored), by)
      const details = { hash: hashOf(stored), ...member('reason', reason) }
      const changed = { before: { state: stored.state }, after: { state: 'cancelled' } }
      const decided = { state: 'cancelled', at: clock.now(), by: by.name, ...member('reason', reason) } as const
      await this.#decide(stored, decided, { by, act: 'approval-cancelled', details, ...changed })
    })
    return this.get(id, by)
  }

  async rate({ id }: Principal): Promise<ApprovalRate> {
    const { store, clock } = this.#components
    return rateOf(await store.approvals.answersOf(id, clock.now() - WINDOW_MS, ANSWERS_LOOKED_AT))
  }

  async waiting(limit: number): Promise<readonly ApprovalView[]> {
    const { store, clock } = this.#components
    const asked = { state: 'pending', sort: 'ends', order: 'ascending', limit } as const
    return this.#views((await store.approvals.list(asked, clock.now())).items)
  }

  async settle(): Promise<boolean> {
    const { store, clock } = this.#components
    return store.transaction(async () => {
      const now = clock.now()
      const ended = await store.approvals.ended(now, AT_ONCE)
      for (const id of ended) {
        const stored = await this.#stored(id)
        await store.approvals.decide(id, { state: 'expired', at: stored.endsAt, by: 'the directory' })
        const details = { hash: hashOf(stored) }
        const changed = { before: { state: 'pending' }, after: { state: 'expired' } }
        await this.#record(stored, { act: 'approval-expired', details, ...changed })
      }
      const due = await store.approvals.toOrder(AT_ONCE)
      for (const id of due) {
        const stored = await this.#stored(id)
        const { by = 'the directory', reason = '' } = stored.decision ?? {}
        const decision = { approval: id, hash: hashOf(stored), outcome: 'denied', by } as const
        const order = stored.endsAt > now ? await this.#order(stored, decision, { reason, by: DIRECTORY }) : undefined
        await store.approvals.setOrdered(id, order)
      }
      return ended.length === AT_ONCE || due.length === AT_ONCE
    })
  }

  /** Inside a transaction. The device gets the decision, if it is there. */
  async #decide(
    stored: StoredApproval,
    decided: ApprovalDecided,
    { by, ...entry }: { readonly by: Principal } & Recorded,
  ): Promise<void> {
    const { store } = this.#components
    const { state, reason = '', grant } = decided
    if (state === 'expired') throw new TypeError('no person lets an approval expire')
    const decision: ApprovalDecision = {
      approval: stored.request.id,
      hash: hashOf(stored),
      outcome: state,
      by: by.name,
      ...(grant === undefined ? {} : { scope: grant.scope, ...member('until', grant.until) }),
    }
    const order = await this.#order(stored, decision, { reason, by: by.id })
    // Nobody would be let through.
    if (order === undefined && state === 'approved') throw new SuretyError('DEVICE_RETIRED', 'the device was retired')
    await store.approvals.decide(stored.request.id, { ...decided, ...member('order', order) })
    await this.#record(stored, { by, ...entry, ...member('attempt', order) })
  }

  /** @returns its id. Undefined for a device that was retired. */
  async #order(
    { device, endsAt }: StoredApproval,
    approval: ApprovalDecision,
    { reason, by }: { readonly reason: string; readonly by: string },
  ): Promise<string | undefined> {
    const { orders } = this.#components
    const recipient = await orders.recipient(device)
    if (recipient === undefined) return undefined
    const issued = await orders.add(recipient, { kind: 'approval', approval, reason, notAfter: endsAt, by })
    orders.deliver(issued)
    return issued.order.id
  }

  /** Inside a transaction. Whoever approves nearly everything at once is flagged, once a day. */
  async #answer(
    stored: StoredApproval,
    {
      by,
      outcome,
      as,
    }: { readonly by: Principal; readonly outcome: 'approved' | 'denied'; readonly as?: 'owner' | 'approver' },
  ): Promise<void> {
    const { store, clock } = this.#components
    const at = clock.now()
    const earlier = await store.approvals.answersOf(by.id, at - WINDOW_MS, ANSWERS_LOOKED_AT - 1)
    const answer = {
      approval: stored.request.id,
      by: { id: by.id, name: by.name },
      outcome,
      ...member('as', as),
      at,
      tookMs: tookSince(stored.at, earlier[0], at),
    }
    const rate = rateOf([{ ...answer, flagged: false }, ...earlier])
    const flagged = rate.flagged && !earlier.some((one) => one.flagged && one.at > at - 86_400_000)
    await store.approvals.putAnswer({ ...answer, flagged })
    if (!flagged) return
    const { answers, approved, medianMs = 0 } = rate
    const details = { answers, approved, medianMs }
    await store.audit.add({ at, actor: DIRECTORY, act: 'approver-flagged', subject: by.id, details })
  }

  async #record(
    { request, device, user }: StoredApproval,
    { by, ...entry }: { readonly by?: Principal } & Recorded,
  ): Promise<void> {
    const { store, clock } = this.#components
    const account = await store.accounts.of(device, user.id)
    await store.audit.add({
      at: clock.now(),
      actor: by?.id ?? DIRECTORY,
      subject: request.id,
      about: account?.human ?? user.name,
      device,
      ...entry,
    })
  }

  /** What was shown is refused on the record. @throws `NOT_PERMITTED`. */
  async #signature(
    stored: StoredApproval,
    {
      grant,
      response,
      by,
    }: { readonly grant: ApprovalGrant; readonly response: PasskeyAnswer; readonly by: Principal },
  ): Promise<PasskeySignature> {
    try {
      return await this.#components.passkeys.signature(by, toBase64Url(challengeOf(grant)), response)
    } catch (error) {
      if (codeOf(error) === 'NOT_PERMITTED') {
        const details = { hash: grant.hash, why: describeError(error).slice(0, 200) }
        await this.#record(stored, { by, act: 'approval-refused', details })
      }
      throw error
    }
  }

  /** @throws `NOT_PERMITTED`. */
  async #role(stored: StoredApproval, by: Principal) {
    const { store } = this.#components
    const parties = await partiesOf(store, stored)
    const answers = await store.approvals.answers(stored.request.id)
    return { as: await roleOf(store, stored, { parties, answers, by }), parties, given: answers.length }
  }

  /** @throws `INPUT_MALFORMED` for a scope with a wrong end. */
  #grant(stored: StoredApproval, { scope, until }: AskedGrant): ApprovalGrant {
    const now = this.#components.clock.now()
    if (scope === 'once' && until !== undefined) throw malformed('one action has no end of its own')
    if (scope === 'session' && (until === undefined || until <= now || until > now + LONGEST_SESSION_MS))
      throw malformed('a session is approved until a time within the next eight hours')
    return { hash: hashOf(stored), scope, until }
  }

  /** @throws `NOT_FOUND`, `CONFLICT`. */
  async #waiting(id: string): Promise<StoredApproval> {
    const stored = await this.#stored(id)
    if (stored.state === 'expired') throw conflict('the action does not wait any more: it expired')
    if (stored.state !== 'pending') throw conflict(`the action was ${stored.state} before`)
    return stored
  }

  async #stored(id: string): Promise<StoredApproval> {
    const { store, clock } = this.#components
    const stored = await store.approvals.get(id, clock.now())
    if (stored === undefined) throw unknown(id)
    return stored
  }
}

type Recorded = Pick<AuditEntry, 'act' | 'details' | 'before' | 'after' | 'attempt'>

function challengeOf(grant: ApprovalGrant) {
  return sha256(grantMessage(grant))
}

/** All that a verifier needs who has the entry alone. */
function proofOf(
  { request }: StoredApproval,
  { hash }: ApprovalGrant,
  {
    signature: { passkey, rp, origin },
    response: { response },
  }: { readonly signature: PasskeySignature; readonly response: PasskeyAnswer },
) {
  const { action, nonce, until } = request
  const { clientDataJSON, authenticatorData, signature } = response
  const key = toBase64Url(passkey.publicKey)
  return {
    hash,
    nonce,
    until,
    ...(Buffer.byteLength(action) > MOST_RECORDED_BYTES ? {} : { asked: action }),
    passkey: passkey.id,
    keyHash: hashOfText(key),
    proof: JSON.stringify({ key, rp, origin, clientDataJSON, authenticatorData, signature }),
  }
}

function unknown(id: string): SuretyError {
  return new SuretyError('NOT_FOUND', `there is no approval ${id}`)
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}

function malformed(message: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', message)
}
