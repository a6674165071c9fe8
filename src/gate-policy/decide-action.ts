import type { CedarPolicy, CedarRule } from '../cedar/cedar-policy.ts'
import type { CedarCall, Decider } from '../cedar/decider.ts'
import type { ActionTool } from '../protocol/gate/action.ts'
import { commandWords } from './command-words.ts'
import type { GateResource } from './gate-vocabulary.ts'

/** What of a request the policy looks at. */
export interface Action {
  /** Of the catalogue: `claude-code`. */
  readonly client: string
  readonly tool: ActionTool
  /** Of a shell. */
  readonly command?: string | undefined
  /** Absolute. Several are asked for one after the other: what denies one denies all. */
  readonly paths?: readonly string[] | undefined
  readonly hosts?: readonly string[] | undefined
  readonly folder?: string | undefined
  readonly repository?: string | undefined
  readonly user: { readonly id: string; readonly name: string }
}

/** Words that permitted actions left behind: see `mark`. */
export type Recent = readonly string[]

/** What a rule says to the person and to the agent. */
export interface GateReason {
  readonly rule: string
  readonly reason: string
  readonly possible?: string | undefined
}

/**
 * `ask`: only rules with `@ask` forbid it, so that an approval by each of `approvers` would allow it. `marks`: what it leaves in
 * `Recent` once it is allowed. `shadow`: what rules on trial would have denied.
 */
export interface GateRuling {
  readonly effect: 'allow' | 'deny' | 'ask'
  readonly reasons: readonly GateReason[]
  readonly isNever: boolean
  readonly approvers: readonly string[]
  readonly marks: readonly string[]
  readonly shadow: readonly GateReason[]
}

/** A policy, parted into rules that count and those on trial. */
export interface GatePolicy {
  readonly enforced: CedarPolicy
  /** With the rules that permit. Absent: none is on trial. */
  readonly tried: CedarPolicy | undefined
}

const MOST_REASONS = 8
const ERROR = 'error'
/** Of a command. */
const MOST_CHARACTERS = 64 * 1024
const TOO_LONG: GateRuling = {
  effect: 'deny',
  reasons: [
    {
      rule: 'too-long',
      reason: 'the command is too long to be judged',
      possible: 'write it into a file, and run the file',
    },
  ],
  isNever: false,
  approvers: [],
  marks: [],
  shadow: [],
}

export function gatePolicy(policy: CedarPolicy): GatePolicy {
  const isTried = ({ annotations }: CedarRule) => annotations.shadow === 'true'
  const tried = policy.rules.filter((rule) => isTried(rule) || rule.effect === 'permit')
  return {
    enforced: { ...policy, rules: policy.rules.filter((rule) => !isTried(rule)) },
    tried: policy.rules.some(isTried) ? { ...policy, rules: tried } : undefined,
  }
}

/** @param now milliseconds since 1970. */
export function decideAction(
  decider: Decider,
  { enforced, tried }: GatePolicy,
  asked: { readonly action: Action; readonly recent: Recent; readonly now: number },
): GateRuling {
  if ((asked.action.command?.length ?? 0) > MOST_CHARACTERS) return TOO_LONG
  const calls = callsOf(asked)
  const rulings = calls.map((call) => decider.decide(enforced, call))
  const shadow = tried === undefined ? [] : calls.flatMap((call) => deniedBy(decider.decide(tried, call)))
  const denials = rulings.filter(({ isAllowed }) => !isAllowed)
  if (denials.length === 0) {
    const marks = rulings.flatMap(({ rules }) => rules.flatMap(({ annotations: { mark } }) => mark ?? []))
    return {
      effect: 'allow',
      reasons: [],
      isNever: false,
      approvers: [],
      marks: [...new Set(marks)],
      shadow: distinct(shadow),
    }
  }
  const forbidding = denials.flatMap(({ rules }) => rules)
  const hasErrors = denials.some(({ errors }) => errors.length > 0)
  // A denial without a rule is that nothing permits it: there is nothing that an approval would lift.
  const canBeAsked = !hasErrors && denials.every(({ rules }) => rules.length > 0 && rules.every(isAsked))
  return {
    effect: canBeAsked ? 'ask' : 'deny',
    reasons: distinct(denials.flatMap(deniedBy)),
    isNever: forbidding.some(({ annotations }) => annotations.never === 'true'),
    approvers: canBeAsked ? [...new Set(forbidding.flatMap(({ annotations: { ask } }) => ask ?? []))] : [],
    marks: [],
    shadow: distinct(shadow),
  }
}

function isAsked({ effect, annotations }: CedarRule): boolean {
  return effect === 'forbid' && annotations.ask !== undefined && annotations.never !== 'true'
}

function deniedBy({ isAllowed, rules, errors }: ReturnType<Decider['decide']>): readonly GateReason[] {
  if (isAllowed) return []
  const failed = errors.map(({ rule, error }) => ({
    rule: ERROR,
    reason: `${rule === '' ? 'the rules' : `the rule ${rule}`} could not be evaluated: ${error}`.slice(0, 500),
  }))
  const forbidding = rules
    .filter(({ effect }) => effect === 'forbid')
    .map(({ id, annotations: { because = 'this rule forbids it', possible } }) => ({
      rule: id,
      reason: because,
      possible,
    }))
  const found = [...failed, ...forbidding]
  return found.length > 0 ? found : [{ rule: 'none', reason: 'no rule permits it' }]
}

function distinct(reasons: readonly GateReason[]): readonly GateReason[] {
  return [...new Map(reasons.map((one) => [`${one.rule} ${one.reason}`, one])).values()].slice(0, MOST_REASONS)
}

interface Target {
  readonly type: GateResource
  readonly id: string
}

function callsOf({ action, recent, now }: Parameters<typeof decideAction>[2]): readonly CedarCall[] {
  const { client, tool, command = '', folder, repository, user } = action
  const { programs, words, text } = commandWords(command)
  const person = { type: 'Person', id: user.id }
  const principal = { type: 'Agent', id: client }
  return targetsOf(action).map(({ type, id }) => ({
    principal,
    action: tool.kind,
    resource: { type, id },
    context: {
      action: tool.kind,
      now,
      tool: tool.name,
      person: { __entity: person },
      command: text,
      programs: [...programs],
      words: [...words],
      recent: [...recent],
      inFolder: folder !== undefined && type === 'File' && isInside(id, folder),
      ...(tool.server === undefined ? {} : { server: tool.server }),
      ...(folder === undefined ? {} : { folder }),
      ...(repository === undefined ? {} : { repository }),
    },
    entities: [
      { uid: person, attrs: { id: user.id, name: user.name }, parents: [] },
      { uid: principal, attrs: { product: client }, parents: [] },
      { uid: { type, id }, attrs: { name: id }, parents: [] },
    ],
  }))
}

function targetsOf({ tool, command, paths = [], hosts = [] }: Action): readonly Target[] {
  if (tool.kind === 'shell') return [{ type: 'Command', id: command ?? '' }]
  const files = (tool.kind === 'read' || tool.kind === 'write' ? paths : []).map(
    (id) => ({ type: 'File', id }) as const,
  )
  const addresses = (tool.kind === 'network' ? hosts : []).map((id) => ({ type: 'Host', id }) as const)
  const targets = [...files, ...addresses]
  return targets.length > 0 ? targets : [{ type: 'Tool', id: tool.name }]
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}
