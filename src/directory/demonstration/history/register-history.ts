import type { AgentClaim } from '../../../protocol/agent-claim.ts'
import { newId } from '../../../protocol/ids.ts'
import type { RegistrationRequest } from '../../../protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import type { AgentSighting } from '../../../protocol/sighting.ts'
import { applyEvidence } from '../../evidence/apply-evidence.ts'
import { DAY_MS, HISTORY_MS, HOUR_MS, type MadeUpDevice } from '../company/devices.ts'
import { APPROVED_PRODUCTS, PRODUCTS } from '../company/products.ts'
import { reportOf } from '../stand-in-devices.ts'
import { administratorOf, type HistoryParts, humanOf, principalOf } from './history-parts.ts'

/** Who answers for which agent: registrations, claims, reviews, the inbox. */
export function planRegister(parts: HistoryParts): void {
  const { timeline, now, devices } = parts
  if (devices.length === 0) return
  const start = now - HISTORY_MS
  timeline.act(start + 5 * HOUR_MS, () => approveProducts(parts))
  // Of a small company nothing else needs a decision: it would leave an empty inbox.
  for (const [index, days] of [18, 15, 11, 8, 6, 3].entries()) {
    timeline.act(now - days * DAY_MS, () => triage(parts, index))
  }
  planReviews(parts)
  planClaims(parts)
  timeline.act(now - 10 * HOUR_MS, () => sweep(parts))
}

/** No device has it. */
const UNUSED = {
  name: 'Build bot of last year',
  purpose: 'built nightly packages',
  criteria: { products: ['aider-desk'] },
}

const PURPOSES: Readonly<Record<string, string>> = {
  'claude-code': 'writes and reviews code in repositories of the company',
  cursor: 'editor of the web teams',
  codex: 'answers questions about the code base',
  'copilot-cli': 'completes commands and commit messages',
  'claude-desktop': 'drafts documents and searches the wiki',
  windsurf: 'editor of the mobile team',
}

/** Ends the name of what everybody may use. Nobody ends these. */
const FOR_ALL = 'of the company'
/** The place of the person who follows the owners. */
const SUCCESSOR = 4

async function approveProducts(parts: HistoryParts): Promise<void> {
  const { services, now } = parts
  const creator = { person: administratorOf(parts, 'operator') }
  for (const [at, id] of APPROVED_PRODUCTS.entries()) {
    const owner = humanOf(parts, at % SUCCESSOR)
    const request: RegistrationRequest = {
      name: `${PRODUCTS.find((one) => one.id === id)?.name ?? id} ${FOR_ALL}`,
      purpose: PURPOSES[id] ?? 'helps people at work',
      criteria: { products: [id] },
      owner,
      successor: humanOf(parts, SUCCESSOR),
      state: 'active',
      ...(at < 3 ? { autonomyCeiling: 'asks' as const } : {}),
      ...(id === 'claude-code' ? { versions: ['>=2.0'] } : {}),
      // One is overdue, the others are due later.
      reviewAt: now + (at === 4 ? -2 : 60 + at) * DAY_MS,
    }
    const { id: made } = await services.registrations.create(request, creator)
    if (at % 2 === 0) await services.registrations.acceptSuccession(made, principalOf(parts, 'lead'))
  }
  const unused = { ...UNUSED, owner: humanOf(parts, 2), state: 'active' as const }
  await services.registrations.create(unused, creator)
  await parts.settle()
}

/** A person goes through a part of the inbox. */
async function triage(parts: HistoryParts, round: number): Promise<void> {
  const { services, devices, now } = parts
  const by = administratorOf(parts, round % 2 === 0 ? 'operator' : 'second')
  const { items } = await services.inbox.list({
    limit: Math.min(14, Math.floor(devices.length / 60)),
    state: 'unknown',
  })
  for (const [index, seen] of items.entries()) {
    if (index % 4 === 3) {
      await services.inbox.ignore(seen.id, { reason: 'a trial of two weeks', until: now + 7 * DAY_MS }, by)
    } else if (seen.proposedOwner !== undefined && !(await isNamed(parts, nameOf(seen)))) {
      await services.inbox.register(seen.id, requestFor(parts, seen, index), by)
    }
  }
  if (round === 2 && devices.length > 100) await suspendOne(parts)
  await parts.settle()
}

async function isNamed({ store }: HistoryParts, name: string): Promise<boolean> {
  return (await store.registrations.list({ limit: 1, named: name })).items.length > 0
}

function nameOf({ name, user, hostname }: SeenAgentView): string {
  return `${name} of ${user?.name ?? hostname ?? 'a device'}`.replace(/[^\p{L}\p{N} ._-]/gu, '').slice(0, 80)
}

function requestFor({ now, draw }: HistoryParts, seen: SeenAgentView, index: number) {
  return {
    name: nameOf(seen),
    purpose: draw.pick(['reviews pull requests', 'keeps tests green', 'writes release notes', 'prepares reports']),
    owner: seen.proposedOwner?.id ?? '',
    state: 'active' as const,
    ...(index % 5 === 0 ? { expiresAt: now + 12 * DAY_MS } : {}),
    ...(index % 5 === 1 ? { reviewAt: now + 30 * DAY_MS } : {}),
  }
}

async function suspendOne(parts: HistoryParts): Promise<void> {
  const { services, store } = parts
  const { items } = await store.registrations.list({ limit: 1, state: 'active' })
  const [one] = items
  if (one === undefined) return
  const reason = 'its owner asked for a pause'
  await services.registrations.move(one.id, 'suspended', { reason, by: administratorOf(parts, 'operator') })
}

function planReviews(parts: HistoryParts): void {
  const { timeline, now, services } = parts
  let closed = ''
  timeline.act(now - 24 * DAY_MS, async () => {
    const request = {
      name: 'Quarterly review, November',
      covers: {},
      dueAt: now - 12 * DAY_MS,
      silence: 'keep' as const,
    }
    closed = (await services.reviews.start(request, administratorOf(parts, 'lead'))).id
    await parts.settle()
  })
  timeline.act(now - 20 * DAY_MS, () => answer(parts, closed, 1))
  timeline.act(now - 12 * DAY_MS + HOUR_MS, () => parts.settle())
  let open = ''
  timeline.act(now - 5 * DAY_MS, async () => {
    const request = { name: 'Agents of December', covers: {}, dueAt: now + 9 * DAY_MS, silence: 'suspend' as const }
    open = (await services.reviews.start(request, administratorOf(parts, 'second'))).id
    await parts.settle()
  })
  timeline.act(now - 2 * DAY_MS, () => answer(parts, open, 0.4))
}

async function answer(parts: HistoryParts, review: string, share: number): Promise<void> {
  const { services, draw } = parts
  for (const agent of await services.reviews.agents(review, { after: 0, limit: 500 })) {
    if (agent.state === 'retired' || agent.state === 'retiring' || !draw.chance(share)) continue
    const kept = agent.name.endsWith(FOR_ALL) || draw.chance(0.8)
    await services.reviews.answer(
      review,
      { registration: agent.registration, answer: kept ? 'keep' : 'end' },
      principalOf(parts, 'operator'),
    )
  }
}

const CLAIM_PURPOSES = [
  'I use it to write tests for the billing service.',
  'Summaries of customer calls, no customer data leaves the laptop.',
  'Refactoring of the old reports. "Needed" until <March>.',
  'Ich brauche es für die Übersetzungen 🌍',
]

/** People say that an agent is theirs. Some of it is decided. */
function planClaims(parts: HistoryParts): void {
  const { timeline, now, devices } = parts
  const claimants = devices.filter(({ fate, reports }) => fate === 'awake' && agentIn(reports) !== undefined)
  const step = Math.max(1, Math.floor(claimants.length / 14))
  const claiming = claimants.filter((_, at) => at % step === 0).slice(0, 14)
  for (const [index, device] of claiming.entries()) {
    const at = Math.max(device.enrolledAt + HOUR_MS, now - (9 - index * 0.6) * DAY_MS)
    timeline.act(at, () => claim(parts, device, index))
  }
}

async function claim(parts: HistoryParts, device: MadeUpDevice, index: number): Promise<void> {
  const { store, services, clock, random, known } = parts
  const id = known.devices.get(device.at)
  const agent = agentIn(device.reports)
  if (id === undefined || agent?.user === undefined) return
  const at = clock.now()
  const claimed: AgentClaim = {
    id: newId('clm', random),
    sighting: agent.id,
    product: agent.catalogueId ?? agent.name,
    user: agent.user,
    purpose: CLAIM_PURPOSES[index % CLAIM_PURPOSES.length] ?? '',
    time: at,
  }
  await store.transaction(() =>
    applyEvidence(store, { device: id, evidence: reportOf(id, at, { agentClaims: [claimed] }), at }),
  )
  const by = principalOf(parts, 'operator')
  // One in three waits, and that of an administrator, who could not decide about their own.
  if ([...known.administrators.values()].some(({ name }) => name === device.owner.userName)) return
  if (index % 3 === 1) await services.claims.refuse(claimed.id, 'ask your manager first', by)
  if (index % 3 === 2 && (await isAcceptable(parts, id, claimed))) await services.claims.accept(claimed.id, {}, by)
}

/** Its account is of a person, and no registration matches it. */
async function isAcceptable({ store, services }: HistoryParts, device: string, { product, user }: AgentClaim) {
  const account = await store.accounts.of(device, user.id)
  const { items } = await services.inbox.list({ device, item: product, state: 'unknown', limit: 1 })
  return account?.state === 'confirmed' && items.length > 0
}

function agentIn(reports: MadeUpDevice['reports']): AgentSighting | undefined {
  const agents = (reports[0]?.sightings ?? []).flatMap((one) => (one.kind === 'agent' ? [one] : []))
  return agents.find(({ catalogueId }) => catalogueId !== undefined && !APPROVED.has(catalogueId)) ?? agents[0]
}

const APPROVED: ReadonlySet<string> = new Set(APPROVED_PRODUCTS)

async function sweep({ services }: HistoryParts): Promise<void> {
  await services.zombies.begin()
  while (await services.zombies.sweepSome());
}
