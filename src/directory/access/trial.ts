import { setImmediate as turn } from 'node:timers/promises'
import type { CedarPolicy } from '../../cedar/cedar-policy.ts'
import { summaryOf } from '../../cedar/policy-summary.ts'
import type { AccessTest } from '../../protocol/nouns/directory/access.ts'
import { decide, type EvaluationComponents } from './evaluation.ts'
import type { AskedQuestion, RecordedDecisions } from './recorded-decisions.ts'

export interface TrialComponents extends Pick<EvaluationComponents, 'store' | 'clock' | 'decider' | 'isConnected'> {
  readonly decisions: Pick<RecordedDecisions, 'questionsSince'>
}

export interface TrialInit {
  readonly current: CedarPolicy
  readonly againstMs: number
}

const NO_ANSWERS = { allowed: 0, denied: 0 }
const MAX_CHANGES = 100
const MAX_QUESTIONS = 5_000
/** Questions between two turns of the loop: some ten milliseconds. */
const AT_ONCE = 20

/** What a text says, and how it and the one in use answer what was asked: by what is known now. Changes nothing. */
export async function tryAccess(
  components: TrialComponents,
  proposed: CedarPolicy,
  { current, againstMs }: TrialInit,
): Promise<AccessTest> {
  const none = { questions: 0, changed: 0, changes: [] }
  const test: AccessTest = { ...summaryOf(proposed), againstMs, current: NO_ANSWERS, proposed: NO_ANSWERS, ...none }
  if (againstMs === 0) return test
  const since = components.clock.now() - againstMs
  const { questions, isCut } = await components.decisions.questionsSince(since, MAX_QUESTIONS)
  const counts = { current: { allowed: 0, denied: 0 }, proposed: { allowed: 0, denied: 0 } }
  const changes: AccessTest['changes'] = []
  let changed = 0
  for (const [at, question] of questions.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) await turn()
    const before = await decide(components, current, question.request)
    const after = await decide(components, proposed, question.request)
    counts.current[before.isAllowed ? 'allowed' : 'denied']++
    counts.proposed[after.isAllowed ? 'allowed' : 'denied']++
    if (before.isAllowed === after.isAllowed) continue
    changed++
    if (changes.length === MAX_CHANGES) continue
    const rules = after.reasons.map(({ rule }) => rule)
    changes.push({ ...about(question), from: before.isAllowed, to: after.isAllowed, rules })
  }
  const unheard = [...proposed.saidTags].filter((tag) => !current.saidTags.has(tag))
  return {
    ...test,
    ...counts,
    questions: questions.length,
    changed,
    changes,
    warnings: [
      ...test.warnings,
      ...(unheard.length === 0
        ? []
        : [`questions of the past are in the record without ${unheard.join(', ')}: nothing asked for it`]),
      ...(isCut || questions.length === MAX_QUESTIONS
        ? [`only the newest ${questions.length} questions were tried`]
        : []),
    ],
  }
}

function about({ request, times }: AskedQuestion): Omit<AccessTest['changes'][number], 'from' | 'to' | 'rules'> {
  const { subject, action, resource, context = {} } = request
  const [agent, device] = [textIn(context.agent), textIn(context.device)]
  return {
    subject: subject.id,
    ...(agent === undefined ? {} : { agent }),
    ...(device === undefined ? {} : { device }),
    action: action.name,
    resource: `${resource.type} ${resource.id}`,
    times,
  }
}

function textIn(member: unknown): string | undefined {
  return typeof member === 'string' ? member.slice(0, 300) : undefined
}

export function objectionTo({ objection }: AccessTest): string | undefined {
  return objection
}
