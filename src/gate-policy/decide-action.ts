import type { CedarPolicy, CedarRule } from '../cedar/cedar-policy.ts'
import type { CedarCall, Decider } from '../cedar/decider.ts'
import type { ActionTool } from '../protocol/gate/action.ts'
import { commandWords } from './command-words.ts'
import type { GateResource } from './gate-vocabulary.ts'
import { type PathBase, plainPath, withFoldersAbove } from './named-paths.ts'

/** What of a request the policy looks at. */
export interface JudgedAction {
  /** Of the catalogue: `claude-code`. */
  readonly client: string
  readonly tool: ActionTool
  /** Of a shell. */
  readonly command?: string | undefined
  /**
   * Relative ones begin in `folder`. Where links are, both the path that was named and the one that it leads to: what denies one path
   * denies all.
   */
  readonly paths?: readonly string[] | undefined
  readonly hosts?: readonly string[] | undefined
  readonly folder?: string | undefined
  readonly repository?: string | undefined
  /** Of the user. Unknown: rules see `~`. */
  readonly home?: string | undefined
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
/** Of a command, and of each other text. UTF-16 code units. */
const MOST_CHARACTERS = 64 * 1024
const MOST_CHARACTERS_OF_OTHERS = 4096
const MOST_PATHS = 128
const MOST_HOSTS = 64

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
  asked: { readonly action: JudgedAction; readonly recent: Recent; readonly now: number },
): GateRuling {
  const refusal = refusalOf(asked.action)
  if (refusal !== undefined) return refused(refusal)
  const calls = callsOf(asked)
  if (calls === undefined) return refused(TOO_MANY_WORDS)
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

const TOO_MANY_WORDS: GateReason = {
  rule: 'too-many',
  reason: 'the command names too much to be judged',
  possible: 'write it into a file, and run the file',
}

/** What no rule is asked about. */
function refusalOf({ command = '', paths = [], hosts = [], ...action }: JudgedAction): GateReason | undefined {
  const { client, tool, folder = '', repository = '', home = '', user } = action
  if (command.length > MOST_CHARACTERS) {
    return { ...TOO_MANY_WORDS, rule: 'too-long', reason: 'the command is too long to be judged' }
  }
  if (paths.length > MOST_PATHS || hosts.length > MOST_HOSTS) {
    const reason = `the action names more than ${MOST_PATHS} files or ${MOST_HOSTS} hosts`
    return { rule: 'too-many', reason, possible: 'do it in several steps' }
  }
  const others = [
    ...paths,
    ...hosts,
    client,
    tool.name,
    tool.server ?? '',
    folder,
    repository,
    home,
    user.id,
    user.name,
  ]
  if (others.some((text) => text.length > MOST_CHARACTERS_OF_OTHERS)) {
    const reason = `a path or name has more than ${MOST_CHARACTERS_OF_OTHERS} characters`
    return { rule: 'too-long', reason, possible: 'use a shorter one' }
  }
  if ([command, ...others].every((text) => text.isWellFormed() && !text.includes('\0'))) return undefined
  const reason = 'the action has a NUL, or half of a character: programs would read it in different ways'
  return { rule: 'not-text', reason, possible: 'use plain text' }
}

function refused(reason: GateReason): GateRuling {
  return { effect: 'deny', reasons: [reason], isNever: false, approvers: [], marks: [], shadow: [] }
}

interface Target {
  readonly type: GateResource
  readonly id: string
}

/** One for each path or host. Undefined: there is too much to ask for. */
function callsOf({ action, recent, now }: Parameters<typeof decideAction>[2]): readonly CedarCall[] | undefined {
  const { client, tool, command = '', folder, repository, home, user } = action
  const base = { folder, home, userName: user.name }
  const words = commandWords(command, base)
  if (words === undefined) return undefined
  const person = { type: 'Person', id: user.id }
  const principal = { type: 'Agent', id: client }
  const context = {
    action: tool.kind,
    now,
    tool: tool.name,
    person: { __entity: person },
    command: words.text,
    commandLower: words.text.toLowerCase(),
    programs: [...words.programs],
    words: [...words.words],
    ...pathsFor([...words.paths.targets], [...words.paths.writes]),
    clears: [...words.paths.clears],
    isSweeping: words.paths.isSweeping,
    recent: [...recent],
    ...(tool.server === undefined ? {} : { server: tool.server }),
    ...(folder === undefined ? {} : { folder }),
    ...(repository === undefined ? {} : { repository }),
  }
  const plainFolder = folder === undefined ? undefined : plainPath(folder, base)
  return resourcesOf(action, base).map(({ type, id }) => ({
    principal,
    action: tool.kind,
    resource: { type, id },
    context: {
      ...context,
      ...(type === 'File' ? pathsFor([id], tool.kind === 'write' ? withFoldersAbove(id) : []) : {}),
      inFolder: plainFolder !== undefined && type === 'File' && isInside(id, plainFolder),
    },
    entities: [
      { uid: person, attrs: { id: user.id, name: user.name }, parents: [] },
      { uid: principal, attrs: { product: client }, parents: [] },
      { uid: { type, id }, attrs: { name: id }, parents: [] },
    ],
  }))
}

function pathsFor(targets: readonly string[], writes: readonly string[]) {
  const names = new Set(targets.flatMap((path) => path.split('/')))
  return { targets: [...targets], names: [...names], writes: [...writes] }
}

function resourcesOf({ tool, command, paths = [], hosts = [] }: JudgedAction, base: PathBase): readonly Target[] {
  if (tool.kind === 'shell') return [{ type: 'Command', id: command ?? '' }]
  const isFile = tool.kind === 'read' || tool.kind === 'write'
  const files = new Set((isFile ? paths : []).map((path) => plainPath(path, base)))
  const addresses = new Set((tool.kind === 'network' ? hosts : []).map(plainHost))
  const found = [
    ...[...files].map((id) => ({ type: 'File', id }) as const),
    ...[...addresses].map((id) => ({ type: 'Host', id }) as const),
  ]
  return found.length > 0 ? found : [{ type: 'Tool', id: tool.name }]
}

/** Names of hosts have no case, and a dot at the end means nothing to a person. */
function plainHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}
