import type { Clock } from '../../base/clock.ts'
import type { CedarPolicy } from '../../cedar/cedar-policy.ts'
import type { Decider, Ruling } from '../../cedar/decider.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import type {
  Decision,
  DecisionReason,
  EvaluationRequest,
  SignedDecision,
} from '../../protocol/nouns/directory/decisions.ts'
import { readResult } from '../appraisal/result.ts'
import { cedarRequest } from './cedar-request.ts'
import { type Facts, type FactsStore, factsOf, type Unknown } from './facts.ts'
import type { RecordedDecisions } from './recorded-decisions.ts'

/** The access policy in use. */
export interface AccessInUse {
  /** Reading the default takes half a second. The first request waits for it, and no start does. */
  policy(): Promise<CedarPolicy>
  readonly inUse: { readonly version: number; readonly hash: string }
}

export interface EvaluationComponents {
  readonly store: FactsStore & {
    readonly results: { get(device: string): Promise<AttestationResult | undefined> }
  }
  readonly clock: Pick<Clock, 'now'>
  readonly access: AccessInUse
  readonly decisions: Pick<RecordedDecisions, 'enter'>
  readonly decider: Decider
  readonly isConnected: (device: string) => boolean
  readonly authority: { readonly signAcknowledgement: (kind: 'decision', payload: object) => string }
}

/** What was decided, and by what. */
export interface Outcome {
  readonly isAllowed: boolean
  readonly reasons: readonly DecisionReason[]
  readonly facts: Facts | Unknown
}

/** A relying party that keeps a decision asks again after this time. */
const VALID_MS = 60_000
const MAX_REASONS = 20

/** Answers a request from what is stored, as of now, and signs the answer. It is in the record before. */
export async function evaluate(components: EvaluationComponents, request: EvaluationRequest): Promise<Decision> {
  const { store, clock, access, authority } = components
  const now = clock.now()
  const accessPolicy = await access.policy()
  const policy = access.inUse
  const { isAllowed, reasons, facts } = await decide(components, accessPolicy, request)
  await components.decisions.enter({
    request,
    policy: accessPolicy,
    version: policy.version,
    isAllowed,
    reasons,
    facts,
  })
  const { device, stops = [] } = 'unknown' in facts ? {} : facts
  const agent = 'unknown' in facts ? undefined : facts.agent
  const validUntil = validUntilOf(facts, now)
  const signed: SignedDecision = {
    type: 'decision',
    decision: isAllowed,
    subject: { type: request.subject.type, id: request.subject.id },
    action: { name: request.action.name },
    resource: { type: request.resource.type, id: request.resource.id },
    ...(agent === undefined ? {} : { agent: agent.id }),
    ...(device === undefined ? {} : { device: device.id }),
    reasons: [...reasons],
    policy,
    issuedAt: now,
    validUntil,
  }
  return {
    decision: isAllowed,
    context: {
      reasons: [...reasons],
      policy,
      issuedAt: now,
      validUntil,
      ...(stops.length === 0 ? {} : { stops: stops.slice(0, MAX_REASONS).map(({ id }) => id) }),
      ...(device === undefined ? {} : { device: await deviceView(store, components, { device, isAllowed, now }) }),
      jws: authority.signAcknowledgement('decision', signed),
    },
  }
}

/** @param policy the one in use, or one that is tried. */
export async function decide(
  { store, clock, decider, isConnected }: Pick<EvaluationComponents, 'store' | 'clock' | 'decider' | 'isConnected'>,
  policy: CedarPolicy,
  request: EvaluationRequest,
): Promise<Outcome> {
  const now = clock.now()
  const facts = await factsOf(store, request, now)
  if ('unknown' in facts) {
    return { isAllowed: false, reasons: [{ rule: facts.unknown, reason: facts.reason }], facts }
  }
  const { subject, device } = facts
  const groups = 'person' in subject ? await store.access.groupsOf(subject.person.id) : []
  const connected = device !== undefined && isConnected(device.id)
  const ruling = decider.decide(policy, cedarRequest(request, { ...facts, groups, isConnected: connected, now }))
  return { isAllowed: ruling.isAllowed, reasons: reasonsOf(ruling, facts, request), facts }
}

function reasonsOf(
  { isAllowed, rules, errors }: Ruling,
  { stops }: Facts,
  { context = {} }: EvaluationRequest,
): readonly DecisionReason[] {
  const ruled = rules.map(({ id, effect, annotations: { because, possible } }) => ({
    rule: id,
    reason: because ?? (effect === 'permit' ? 'this rule permits it' : 'this rule forbids it'),
    ...(possible === undefined || effect === 'permit' ? {} : { possible }),
  }))
  if (isAllowed) return ruled.slice(0, MAX_REASONS)
  const failed = errors.map(({ rule, error }) => ({
    rule: 'error',
    reason: `${rule === '' ? 'the rules' : `the rule ${rule}`} could not be evaluated: ${error}`.slice(0, 1000),
  }))
  const forbidding = errors.length > 0 ? ruled.filter((_, at) => rules[at]?.effect === 'forbid') : ruled
  const stopped = stops.map(({ id }) => ({
    rule: 'stopped',
    reason: `the stop ${id} is in force for the agent or its device`,
    possible: 'release the stop, or wait for its end',
  }))
  const found = [...failed, ...stopped, ...forbidding]
  if (found.length > 0) return found.slice(0, MAX_REASONS)
  const none = { rule: 'none', reason: 'no rule permits it' }
  return [context.agent === undefined ? { ...none, possible: 'name the agent in context.agent' } : none]
}

/** Until a fact behind the decision may be another one without any news. */
function validUntilOf(facts: Facts | Unknown, now: number): number {
  if ('unknown' in facts) return now + VALID_MS
  const ends = [facts.device?.validUntil, facts.agent?.registration?.expiresAt].filter((end) => end !== undefined)
  return Math.min(now + VALID_MS, ...ends.filter((end) => end > now))
}

async function deviceView(
  { results }: Pick<EvaluationComponents['store'], 'results'>,
  { isConnected }: Pick<EvaluationComponents, 'isConnected'>,
  init: { readonly device: NonNullable<Facts['device']>; readonly isAllowed: boolean; readonly now: number },
): Promise<NonNullable<Decision['context']['device']>> {
  const { device, isAllowed, now } = init
  const { id, verdict } = device
  const result = isAllowed || verdict === 'compliant' ? undefined : await results.get(id)
  const reasons = result === undefined ? [] : readResult(result, now).reasons
  return {
    id,
    verdict,
    presence: isConnected(id) ? 'connected' : 'silent',
    reasons: reasons.filter(({ advisory }) => advisory !== true).slice(0, MAX_REASONS),
  }
}
