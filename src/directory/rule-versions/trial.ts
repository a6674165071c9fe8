import type { RulesTest } from '../../protocol/nouns/directory/rules.ts'
import { eachPage } from '../http/paging.ts'
import { matchesEverything, type Rule, ruleFor } from '../rule-set/rule-set.ts'
import type { ReadRules } from '../rule-set/rules-file.ts'
import type { RuleSubjectStore, SeenSubject } from './rule-store.ts'

const MAX_CHANGES = 100
/** Agents between two turns of the loop: some milliseconds. */
const AT_ONCE = 100
/** Rules that freeze a larger part of the agents that are there are refused unless forced. */
const BROAD_PART = 0.5
/** Below this a part says nothing. */
const BROAD_LEAST = 10

export interface RulesTrialComponents {
  readonly store: { readonly ruleSubjects: RuleSubjectStore }
  readonly clock: { now(): number }
}

/** Asks the rules about each agent that is there. Changes nothing. Other work continues in between. */
export async function tryRules({ store, clock }: RulesTrialComponents, read: ReadRules): Promise<RulesTest> {
  const trial = new Trial(read)
  const pages = eachPage<SeenSubject>((last) =>
    store.ruleSubjects.present({ after: last?.number ?? 0, limit: AT_ONCE, now: clock.now() }),
  )
  for await (const page of pages) for (const seen of page) trial.add(seen)
  return trial.outcome()
}

/** Whether a rule that registers finds who answers for the agent. */
export function hasOwner({ template }: Rule, { humanId }: SeenSubject): boolean {
  return template?.owner !== undefined || humanId !== undefined
}

class Trial {
  readonly #read: ReadRules
  readonly #counts = new Map<string, { decides: number; withoutOwner: number; fitsDecided: number }>()
  readonly #changes: RulesTest['changes'] = []
  #agents = 0
  #unknown = 0
  #undecided = 0
  #frozen = 0

  constructor(read: ReadRules) {
    this.#read = read
    for (const { name } of read.rules) this.#counts.set(name, { decides: 0, withoutOwner: 0, fitsDecided: 0 })
  }

  add(seen: SeenSubject): void {
    this.#agents++
    if (seen.unknown) this.#unknown++
    const rule = ruleFor(this.#read.rules, seen.subject)
    const count = rule && this.#counts.get(rule.name)
    if (rule === undefined || count === undefined) {
      if (seen.unknown) this.#undecided++
      return
    }
    if (!seen.unknown) {
      count.fitsDecided++
      return
    }
    count.decides++
    if (freezes(rule)) this.#frozen++
    if (rule.template !== undefined && !hasOwner(rule, seen)) count.withoutOwner++
    if (rule.action !== 'ask' && this.#changes.length < MAX_CHANGES) this.#changes.push(changeOf(seen, rule))
  }

  outcome(): RulesTest {
    const tooBroad = this.#tooBroad()
    return {
      agents: this.#agents,
      unknown: this.#unknown,
      rules: this.#read.rules.map(({ name, action }) => ({
        rule: name,
        line: this.#read.lineOf(name) ?? 1,
        action,
        decides: this.#counts.get(name)?.decides ?? 0,
        withoutOwner: this.#counts.get(name)?.withoutOwner ?? 0,
        fitsDecided: this.#counts.get(name)?.fitsDecided ?? 0,
      })),
      undecided: this.#undecided,
      changes: this.#changes,
      ...(tooBroad === undefined ? {} : { tooBroad }),
      warnings: this.#warnings(),
    }
  }

  #tooBroad(): string | undefined {
    const { rules } = this.#read
    const everything = rules.find((rule) => matchesEverything(rule) && rule.action !== 'ask')
    if (everything !== undefined) {
      const { name, action } = everything
      return `line ${this.#read.lineOf(name)}: the rule ${name} asks for nothing, so it would ${action} every agent to come`
    }
    if (this.#frozen < BROAD_LEAST || this.#frozen <= this.#agents * BROAD_PART) return undefined
    return `the rules would freeze ${this.#frozen} of the ${this.#agents} agents that are there now`
  }

  #warnings(): string[] {
    const { rules, lineOf } = this.#read
    const at = rules.findIndex(matchesEverything)
    const shadowed = at < 0 ? [] : rules.slice(at + 1)
    return [
      ...shadowed.map(
        ({ name }) => `line ${lineOf(name)}: ${name} never decides: ${rules[at]?.name} fits everything before`,
      ),
      ...rules
        .filter(({ name }) => {
          const { decides = 0, fitsDecided = 0 } = this.#counts.get(name) ?? {}
          return this.#agents > 0 && decides + fitsDecided === 0 && !shadowed.some((one) => one.name === name)
        })
        .map(({ name }) => `line ${lineOf(name)}: ${name} fits no agent that is there now`),
      ...rules.flatMap(({ name }) => {
        const { withoutOwner = 0 } = this.#counts.get(name) ?? {}
        const why = `the account of ${withoutOwner} of them belongs to no person; they stay unknown`
        return withoutOwner === 0 ? [] : [`line ${lineOf(name)}: ${name} names no owner, and ${why}`]
      }),
    ].slice(0, 100)
  }
}

function freezes({ action }: Rule): boolean {
  return action === 'block' || action === 'quarantine'
}

function changeOf({ id, hostname, user, subject }: SeenSubject, rule: Rule): RulesTest['changes'][number] {
  return {
    agent: id,
    device: subject.device,
    ...(hostname === undefined ? {} : { hostname }),
    item: subject.item,
    ...(user === undefined ? {} : { user }),
    rule: rule.name,
    action: rule.action,
  }
}
