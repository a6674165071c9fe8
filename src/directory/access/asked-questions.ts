import type { Clock } from '../../base/clock.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { ACCESS_TEST_MAX_DAYS } from '../../protocol/nouns/directory/access.ts'
import type { EvaluationRequest } from '../../protocol/nouns/directory/decisions.ts'
import type { AccessPolicy } from '../access-policy/access-policy.ts'
import type { AccessStore, KeptQuestion } from './access-store.ts'
import { saidIn } from './cedar-request.ts'

/**
 * The different questions of the last days, to try another policy on them. It is no record of decisions: a question is kept once, and
 * those of the last seconds are lost with the process.
 */
export interface AskedQuestions {
  note(request: EvaluationRequest, policy: AccessPolicy): void
  /** Stores what was noted. @returns whether there may be more. */
  keep(): Promise<boolean>
  /** Newest first. */
  since(from: number, limit: number): Promise<readonly KeptQuestion[]>
}

export interface AskedQuestionsComponents {
  readonly store: {
    readonly access: Pick<AccessStore, 'putQuestion' | 'questionsSince' | 'dropQuestions'>
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly clock: Pick<Clock, 'now'>
}

/** In memory, until they are stored. More different ones within seconds are not kept. */
const MOST_NOTED = 2_000
const MOST_KEPT = 10_000
const KEPT_MS = ACCESS_TEST_MAX_DAYS * 86_400_000
/** In one transaction. */
const AT_ONCE = 200

export function askedQuestions({ store, clock }: AskedQuestionsComponents): AskedQuestions {
  const noted = new Map<string, KeptQuestion>()
  const keep = async () => {
    // Removed before the transaction: a question that is asked during it gets a count of its own.
    const taken = [...noted].slice(0, AT_ONCE)
    if (taken.length === 0) return false
    for (const [text] of taken) noted.delete(text)
    await store.transaction(async () => {
      for (const [, question] of taken) await store.access.putQuestion(question)
      await store.access.dropQuestions(clock.now() - KEPT_MS, MOST_KEPT)
    })
    return noted.size > 0
  }
  return {
    note(request, policy) {
      const essence = essenceOf(request, policy)
      const text = JSON.stringify(essence)
      const before = noted.get(text)
      if (before === undefined && noted.size >= MOST_NOTED) return
      const times = (before?.times ?? 0) + 1
      noted.set(text, { key: before?.key ?? hashOfText(text), request: essence, times, askedAt: clock.now() })
    },
    keep,
    async since(from, limit) {
      for (let turns = 0; turns < MOST_NOTED / AT_ONCE && (await keep()); turns++);
      return store.access.questionsSince(from, limit)
    },
  }
}

/** Of what the asking server says, only what the policy asks for: the rest may be anything. */
function essenceOf(request: EvaluationRequest, { saidTags }: AccessPolicy): EvaluationRequest {
  const { subject, action, resource, context = {} } = request
  const wanted = saidTags.size === 0 ? [] : saidIn(request).filter(({ tag }) => saidTags.has(tag))
  const said = (of: string) =>
    Object.fromEntries(wanted.filter((one) => one.of === of).map(({ name, value }) => [name, value]))
  const { agent, device } = context
  return {
    subject: { type: subject.type, id: subject.id, properties: said('subject') },
    action: { name: action.name, properties: said('action') },
    resource: { type: resource.type, id: resource.id, properties: said('resource') },
    context: { agent: idOf(agent), device: idOf(device), ...said('context') },
  }
}

function idOf(member: unknown): unknown {
  return typeof member === 'object' && member !== null && 'id' in member ? member.id : member
}
