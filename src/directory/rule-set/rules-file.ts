import { describeError } from '../../base/errors.ts'
import { closed, faultOf, type Static, type TSchema, Type, words } from '../../base/schema.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import { VERDICTS } from '../../protocol/messages/attestation-result.ts'
import { ZOMBIE_ACTIONS, ZOMBIE_REASONS } from '../../protocol/nouns/agents/zombies.ts'
import { RULE_ACTIONS } from '../../protocol/nouns/directory/rules.ts'
import { listedMatch } from '../policy/listed-match.ts'
import { LABEL_KEY } from '../policy/policy-file.ts'
import { faultAt, type ReadYaml, readPlainYaml } from '../policy/policy-yaml.ts'
import type { Rule, RuleMatch, RuleTemplate } from './rule-set.ts'
import { DEFAULT_ZOMBIE_RULES, type ZombieRules } from './zombie-rules.ts'

/** Reads a file of rules. Each refusal has the line and says what to write instead. */

export const RULES_SCHEMA = 'surety/rules@1'
export const RULES_MAX_BYTES = 256 * 1024
export const MAX_RULES = 500
const DAY_MS = 86_400_000

const legible = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]+$' })
const several = <S extends TSchema>(item: S) => Type.Array(item, { minItems: 1, maxItems: 200 })
const path = Type.String({ pattern: '^(?:/|[A-Z]:/)[^\\u0000-\\u001f\\u007f]*$', maxLength: 4096 })
const days = Type.String({ pattern: '^[1-9][0-9]{0,3}d$' })

const matchSchema = closed({
  product: Type.Optional(several(legible(256))),
  known: Type.Optional(Type.Boolean()),
  package: Type.Optional(several(legible(256))),
  path: Type.Optional(several(path)),
  workspace: Type.Optional(several(path)),
  human: Type.Optional(several(legible(256))),
  group: Type.Optional(several(legible(256))),
  device: Type.Optional(several(deviceIdSchema)),
  label: Type.Optional(
    Type.Record(Type.String({ pattern: LABEL_KEY }), several(legible(256)), {
      additionalProperties: false,
      minProperties: 1,
    }),
  ),
  verdict: Type.Optional(several(words(...VERDICTS))),
  autonomy: Type.Optional(several(words('asks', 'autonomous', 'unknown'))),
})
const templateSchema = closed({
  purpose: legible(1000),
  owner: Type.Optional(legible(256)),
  'autonomy-ceiling': Type.Optional(words('asks', 'autonomous')),
  'review-after': Type.Optional(days),
  'expires-after': Type.Optional(days),
})
const ruleSchema = closed({
  name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$' }),
  match: matchSchema,
  action: words(...RULE_ACTIONS),
  template: Type.Optional(templateSchema),
  reason: Type.Optional(legible(500)),
})
/** Rules are read one by one, so that a large file is explained as well as a small one. */
const fileSchema = closed({
  schema: Type.Literal(RULES_SCHEMA),
  rules: Type.Array(Type.Unknown(), { maxItems: MAX_RULES }),
  zombies: Type.Optional(
    closed({
      'idle-after': Type.Optional(days),
      'lost-after': Type.Optional(days),
      ...Object.fromEntries(ZOMBIE_REASONS.map((reason) => [reason, Type.Optional(words(...ZOMBIE_ACTIONS))])),
    }),
  ),
})

export interface ReadRules {
  readonly rules: readonly Rule[]
  readonly zombies: ZombieRules
  /** The line on which the rule with this name begins. */
  lineOf(name: string): number | undefined
}

/**
 * Pure.
 *
 * @param fold makes names of humans and groups comparable.
 * @throws `INPUT_TOO_LARGE`, `INPUT_TOO_DEEP`, `INPUT_MALFORMED`: the message begins with the line.
 */
export function readRulesFile(text: string, fold: (name: string) => string): ReadRules {
  const file = new RulesFile(
    readPlainYaml(text, {
      name: 'file of rules',
      schema: RULES_SCHEMA,
      maxBytes: RULES_MAX_BYTES,
    }),
    fold,
  )
  return { ...file.read(), lineOf: (name) => file.lines.get(name) }
}

class RulesFile {
  readonly lines = new Map<string, number>()
  readonly #yaml: ReadYaml
  readonly #fold: (name: string) => string

  constructor(yaml: ReadYaml, fold: (name: string) => string) {
    this.#yaml = yaml
    this.#fold = fold
  }

  read(): Pick<ReadRules, 'rules' | 'zombies'> {
    const { rules, zombies = {} } = this.#read(fileSchema, this.#yaml.value, '')
    return { rules: rules.map((value, at) => this.#rule(value, `/rules/${at}`)), zombies: zombieRules(zombies) }
  }

  #rule(value: unknown, place: string): Rule {
    const { name, match, action, template, reason } = this.#read(ruleSchema, listedMatch(value), place)
    if (this.lines.has(name)) throw this.#fault(`${place}/name`, `two rules have the name ${name}`)
    this.lines.set(name, this.#yaml.lineOf(place))
    const registers = action === 'register' || action === 'quarantine'
    if (registers && template === undefined) {
      throw this.#fault(`${place}/action`, `${action} needs a template with the purpose of what it registers`)
    }
    if (!registers && template !== undefined) {
      throw this.#fault(`${place}/template`, `a template without effect: the rule does not register, it says ${action}`)
    }
    const stops = action === 'block' || action === 'quarantine'
    if (stops && reason === undefined) {
      throw this.#fault(`${place}/action`, `${action} needs a reason: the person at the device reads it`)
    }
    if (!stops && reason !== undefined) {
      throw this.#fault(`${place}/reason`, `a reason without effect: the rule freezes nothing, it says ${action}`)
    }
    return {
      name,
      match: this.#match(match, `${place}/match`),
      action,
      ...(template === undefined ? {} : { template: templateOf(template) }),
      ...(reason === undefined ? {} : { reason }),
    }
  }

  #match({ human, group, ...match }: Static<typeof matchSchema>, place: string): RuleMatch {
    const folded = (member: string, names: readonly string[]) =>
      names.map((name) => {
        try {
          return this.#fold(name)
        } catch (error) {
          throw this.#fault(`${place}/${member}`, `${member}: ${describeError(error)}`)
        }
      })
    return {
      ...match,
      ...(human === undefined ? {} : { human: folded('human', human) }),
      ...(group === undefined ? {} : { group: folded('group', group) }),
    }
  }

  #read<S extends TSchema>(schema: S, value: unknown, place: string) {
    const fault = faultOf(schema, value)
    if (fault === undefined) return value as Static<S> // `faultOf` has checked it
    const at = `${place}${fault.place}`
    throw this.#fault(at, `${at === '' ? 'the file' : at.slice(1).replaceAll('/', ' > ')}: ${fault.wanted}`)
  }

  #fault(place: string, what: string) {
    return faultAt(this.#yaml.lineOf(place), what)
  }
}

/** What a file does not mention is as the default has it. */
function zombieRules(written: Readonly<Record<string, string | undefined>>): ZombieRules {
  const { idleAfterMs, lostAfterMs, actions } = DEFAULT_ZOMBIE_RULES
  const asked = ZOMBIE_REASONS.map((reason) => [
    reason,
    ZOMBIE_ACTIONS.find((action) => action === written[reason]) ?? actions[reason],
  ])
  return {
    idleAfterMs: msOf(written['idle-after']) ?? idleAfterMs,
    lostAfterMs: msOf(written['lost-after']) ?? lostAfterMs,
    // Each reason is among the entries.
    actions: Object.fromEntries(asked) as ZombieRules['actions'],
  }
}

function msOf(days: string | undefined): number | undefined {
  return days === undefined ? undefined : Number(days.slice(0, -1)) * DAY_MS
}

function templateOf(written: Static<typeof templateSchema>): RuleTemplate {
  const { purpose, owner, 'autonomy-ceiling': autonomyCeiling } = written
  return {
    purpose,
    owner,
    autonomyCeiling,
    reviewAfterMs: msOf(written['review-after']),
    expiresAfterMs: msOf(written['expires-after']),
  }
}
