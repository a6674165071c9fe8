import { reader, type TSchema } from '../../base/schema.ts'
import { type CompactJws, splitJws } from '../../crypto/jws.ts'
import { DEVICE_ID } from '../../protocol/ids.ts'
import type { JwsKind } from '../../protocol/messages/jws-types.ts'
import { signedVerdictSchema } from '../../protocol/nouns/devices/verdict.ts'
import { type Introspection, signedDecisionSchema } from '../../protocol/nouns/directory/decisions.ts'
import type { EvaluationComponents } from './evaluation.ts'
import { agentFacts, type FactsStore } from './facts.ts'
import { stopsThatConcern } from './stops-that-concern.ts'

/** What a token stands for: a device, an agent, or an answer that this directory signed (RFC 7662). */

export interface IntrospectionComponents extends Pick<EvaluationComponents, 'clock'> {
  readonly store: FactsStore
  /** @throws for what this directory did not sign. */
  readonly authority: { verifyAcknowledgement(jws: CompactJws): string }
}

const INACTIVE: Introspection = { active: false }
const WHOLE_DEVICE_ID = new RegExp(DEVICE_ID)

export async function introspect(components: IntrospectionComponents, token: string): Promise<Introspection> {
  if (WHOLE_DEVICE_ID.test(token)) return device(components, token)
  if (token.includes('.') && !token.startsWith('spiffe://')) return signed(components, token)
  return agent(components, token)
}

/** Active: compliant now, and no stop is in force there. */
async function device({ store, clock }: IntrospectionComponents, id: string): Promise<Introspection> {
  const now = clock.now()
  const found = await store.access.device(id, now)
  if (found === undefined || found.status !== 'active' || found.verdict !== 'compliant') return INACTIVE
  const { standing } = await store.stopProgress.onDevice(id, now)
  const stops = await store.access.stopsInForce(id, now)
  // Stops that are on their way to the device count too.
  if (standing > 0 || stops.some((stop) => stop.device === id || stop.isSpreading)) return INACTIVE
  return {
    active: true,
    token_type: 'device',
    sub: id,
    owner: found.owner,
    verdict: found.verdict,
    ...(found.validUntil === undefined ? {} : { exp: secondsOf(found.validUntil) }),
  }
}

/** Active: registered and active, before its end, and not stopped. */
async function agent({ store, clock }: IntrospectionComponents, token: string): Promise<Introspection> {
  const now = clock.now()
  const found = await agentFacts(store, token)
  const { registration } = found ?? {}
  if (found === undefined || registration?.state !== 'active' || registration.owner === undefined) return INACTIVE
  const { expiresAt, id, state } = registration
  if (expiresAt !== undefined && expiresAt <= now) return INACTIVE
  const owner = await store.humans.get(registration.owner)
  if (owner?.status !== 'active') return INACTIVE
  const stops = await store.access.stopsInForce(found.device, now)
  const concerned = { subject: { person: owner }, agent: found.agent, device: undefined }
  if ((await stopsThatConcern(store, stops, concerned)).length > 0) return INACTIVE
  return {
    active: true,
    token_type: 'agent',
    sub: id,
    owner: owner.userName,
    state,
    ...(expiresAt === undefined ? {} : { exp: secondsOf(expiresAt) }),
  }
}

const decisionReader = reader(signedDecisionSchema, { name: 'decision' })
const verdictReader = reader(signedVerdictSchema, { name: 'verdict' })

/** Active: signed here, still valid, and it lets in. What changed since is not looked at: ask again for that. */
function signed({ authority, clock }: IntrospectionComponents, token: string): Introspection {
  const now = clock.now()
  const decision = payloadIn(authority, 'decision', token, decisionReader)
  if (decision !== undefined) {
    const { decision: isAllowed, subject, validUntil, issuedAt } = decision
    if (!isAllowed || now > validUntil) return INACTIVE
    const times = { iat: secondsOf(issuedAt), exp: secondsOf(validUntil) }
    return { active: true, token_type: 'decision', sub: subject.id, ...times }
  }
  const verdict = payloadIn(authority, 'verdict', token, verdictReader)
  if (verdict === undefined || !verdict.ok || now > verdict.validUntil) return INACTIVE
  const { device: sub, owner, issuedAt, validUntil } = verdict
  const times = { iat: secondsOf(issuedAt), exp: secondsOf(validUntil) }
  return { active: true, token_type: 'verdict', sub, owner, verdict: verdict.verdict, ...times }
}

function payloadIn<T>(
  authority: IntrospectionComponents['authority'],
  kind: JwsKind,
  token: string,
  payload: { readonly schema: TSchema; readJson(text: string): T },
): T | undefined {
  try {
    return payload.readJson(authority.verifyAcknowledgement(splitJws(kind, token)))
  } catch {
    return undefined
  }
}

function secondsOf(ms: number): number {
  return Math.floor(ms / 1000)
}
