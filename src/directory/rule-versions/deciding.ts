import { SuretyError } from '../../base/errors.ts'
import type { RegistrationRequest } from '../../protocol/nouns/agents/registrations.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { RULE_ACTS } from '../../protocol/nouns/directory/rules.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { AuditEntry } from '../audit/audit.ts'
import type { Rule } from '../rule-set/rule-set.ts'
import type { RuleSubjectStore, SeenSubject } from './rule-store.ts'
import type { Rules } from './rules.ts'
import { hasOwner } from './trial.ts'

/** What a rule has done with an agent. */
export interface RuleActs {
  /** Registers what was seen, as active. @throws `OWNER_REQUIRED` and others of registrations. */
  register(seen: SeenSubject, request: RegistrationRequest, by: Person): Promise<{ readonly id: string }>
  quarantine(registration: string, reason: string, by: Person): Promise<void>
  /** Freezes this agent on this device, and each that starts there later. @returns the stop. */
  block(seen: SeenSubject, reason: string, by: Person): Promise<{ readonly id: string }>
}

export interface DecidingComponents
  extends ActComponents<{
    readonly ruleSubjects: RuleSubjectStore
  }> {
  readonly rules: Pick<Rules, 'version' | 'ruleFor'>
  readonly ruleActs: RuleActs
}

/** Agents in one transaction. Devices and administrators wait as long. */
const AT_ONCE = 50

/**
 * Lets the rules in use decide about unknown agents that changed, or about all of them after the rules changed.
 *
 * @returns whether there may be more.
 */
export async function decideSome(components: DecidingComponents): Promise<boolean> {
  const { store, clock, rules } = components
  if (!(await store.ruleSubjects.isDue())) return false
  await store.transaction(async () => {
    for (const seen of await store.ruleSubjects.take({ limit: AT_ONCE, now: clock.now() })) {
      const rule = seen.unknown && rules.version > 0 ? rules.ruleFor(seen.subject) : undefined
      if (rule !== undefined) await decide(components, seen, rule)
    }
  })
  return store.ruleSubjects.isDue()
}

/** A refusal undoes what the rule did and leaves the agent to a human. */
async function decide(components: DecidingComponents, seen: SeenSubject, rule: Rule): Promise<void> {
  const { store, rules, clock } = components
  const by = { id: `rule:${rule.name}@${rules.version}`, name: `rule ${rule.name}` }
  const record = async (act: (typeof RULE_ACTS)[number], details: AuditEntry['details']) => {
    const { device, item } = seen.subject
    const about = { rule: rule.name, version: rules.version, action: rule.action, item }
    await store.audit.add({
      at: clock.now(),
      actor: 'directory',
      act,
      subject: seen.id,
      device,
      details: { ...about, ...details },
    })
  }
  if (rule.action === 'ask') return
  try {
    const made = await store.transaction(() => carryOut(components, { seen, rule, by }))
    await record('rule-decided', made)
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error
    await record('rule-could-not', { code: error.code, why: error.message.slice(0, 500) })
  }
}

async function carryOut(
  { ruleActs, clock }: DecidingComponents,
  { seen, rule, by }: { readonly seen: SeenSubject; readonly rule: Rule; readonly by: Person },
): Promise<Readonly<Record<string, string>>> {
  const { template, reason = '' } = rule
  if (rule.action === 'block') return { stop: (await ruleActs.block(seen, reason, by)).id }
  if (template === undefined || !hasOwner(rule, seen)) {
    throw new SuretyError(
      'OWNER_REQUIRED',
      `the rule ${rule.name} names no owner, and the account belongs to no person`,
    )
  }
  const now = clock.now()
  const { purpose, owner = seen.humanId, autonomyCeiling, reviewAfterMs, expiresAfterMs } = template
  const { device, item } = seen.subject
  const registration = await ruleActs.register(
    seen,
    {
      name: nameOf(seen),
      purpose,
      criteria: { products: [item], ...(seen.humanId === undefined ? { device } : { human: seen.humanId }) },
      ...(owner === undefined ? {} : { owner }),
      ...(autonomyCeiling === undefined ? {} : { autonomyCeiling }),
      ...(reviewAfterMs === undefined ? {} : { reviewAt: now + reviewAfterMs }),
      ...(expiresAfterMs === undefined ? {} : { expiresAt: now + expiresAfterMs }),
      state: 'active',
    },
    by,
  )
  if (rule.action === 'quarantine') await ruleActs.quarantine(registration.id, reason, by)
  return { registration: registration.id }
}

function nameOf({ name, user, subject }: SeenSubject): string {
  return `${name} of ${subject.human ?? user ?? subject.device}`.slice(0, 200)
}
