import { asRecord, asText, type NftChain, type NftRule, type NftRuleset } from '../../parsers/network/nft-ruleset.ts'

/** What becomes of a new connection from outside that no special rule is about. */
export type InputVerdict = 'drops' | 'accepts'

/**
 * Whether some base chain on hook input drops or rejects, in the end, what was not expressly let in. A drop in one
 * chain is final whatever the others say. Rules with conditions are taken to be about something special, but for those
 * that let in a whole interface or protocol.
 */
export function inputVerdict(ruleset: NftRuleset, family: 'ip' | 'ip6'): InputVerdict {
  const walk: Walk = { chains: chainsByName(ruleset), family, verdicts: new Map() }
  const drops = ruleset.chains.some((chain) => {
    if (chain.hook !== 'input' || chain.type !== 'filter') return false
    if (chain.family !== family && chain.family !== 'inet') return false
    return (verdictOf(chain, walk, 0) ?? chain.policy) === 'drop'
  })
  return drops ? 'drops' : 'accepts'
}

type Verdict = 'drop' | 'accept'

interface Walk {
  readonly chains: ReadonlyMap<string, NftChain>
  readonly family: 'ip' | 'ip6'
  /** Each chain is walked once, however many rules jump to it. */
  readonly verdicts: Map<NftChain, Verdict | undefined>
}

function chainsByName({ chains }: NftRuleset): ReadonlyMap<string, NftChain> {
  return new Map(chains.toReversed().map((chain) => [nameIn(chain, chain.name), chain]))
}

function nameIn({ family, table }: NftChain, name: string): string {
  return JSON.stringify([family, table, name])
}

/** iptables nests a handful deep and the kernel allows 16 jumps. */
const DEEPEST_JUMP = 16

/** @returns undefined when a packet leaves the chain at its end. */
function verdictOf(chain: NftChain, walk: Walk, depth: number): Verdict | undefined {
  if (depth > DEEPEST_JUMP) return 'accept'
  if (walk.verdicts.has(chain)) return walk.verdicts.get(chain)
  const verdict = walkRules(chain, walk, depth)
  walk.verdicts.set(chain, verdict)
  return verdict
}

function walkRules(chain: NftChain, walk: Walk, depth: number): Verdict | undefined {
  const { family } = walk
  for (const rule of chain.rules) {
    const action = actionOf(rule)
    switch (action?.kind) {
      case 'accept':
        if (!isSpecial(rule, (condition) => narrowsAccept(condition, family))) return 'accept'
        break
      case 'drop':
        if (!isSpecial(rule, (condition) => narrowsDrop(condition, family))) return 'drop'
        break
      case 'return':
        if (!isSpecial(rule, (condition) => narrowsDrop(condition, family))) return undefined
        break
      case 'jump':
      case 'goto': {
        const verdict = verdictOfTarget(action.target, chain, walk, depth)
        const narrows = verdict === 'accept' ? narrowsAccept : narrowsDrop
        if (isSpecial(rule, (condition) => narrows(condition, family))) break
        if (verdict !== undefined || action.kind === 'goto') return verdict
        break
      }
    }
  }
  return undefined
}

function verdictOfTarget(target: string, from: NftChain, walk: Walk, depth: number): Verdict | undefined {
  const chain = walk.chains.get(nameIn(from, target))
  return chain === undefined ? 'accept' : verdictOf(chain, walk, depth + 1)
}

type Action =
  | { readonly kind: 'accept' | 'drop' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly target: string }

function actionOf(rule: NftRule): Action | undefined {
  for (const statement of rule) {
    if ('accept' in statement) return { kind: 'accept' }
    if ('drop' in statement || 'reject' in statement) return { kind: 'drop' }
    if ('return' in statement) return { kind: 'return' }
    for (const kind of ['jump', 'goto'] as const) {
      const target = asText(asRecord(statement[kind])?.target)
      if (target !== undefined) return { kind, target }
    }
    // A queue hands the packet to a program that may do anything; nothing after it is reached.
    if ('queue' in statement) return { kind: 'accept' }
  }
  return undefined
}

/** Statements that neither decide nor narrow down. */
const NEUTRAL: ReadonlySet<string> = new Set([
  'counter',
  'log',
  'comment',
  'notrack',
  'mangle',
  'ct helper',
  'meter',
  'set',
])
const DECISIONS: ReadonlySet<string> = new Set(['accept', 'drop', 'reject', 'return', 'jump', 'goto', 'queue'])

function isSpecial(rule: NftRule, narrows: (condition: Readonly<Record<string, unknown>>) => boolean): boolean {
  return rule.some((statement) =>
    Object.entries(statement).some(([name, value]) => {
      if (NEUTRAL.has(name) || DECISIONS.has(name)) return false
      const condition = name === 'match' ? asRecord(value) : undefined
      // Limits, lookups, xtables extensions and whatever comes later: special.
      return condition === undefined || narrows(condition)
    }),
  )
}

/** Whether a drop under this condition leaves new connections from outside through. */
function narrowsDrop(condition: Readonly<Record<string, unknown>>, family: 'ip' | 'ip6'): boolean {
  const { left, op, right } = parts(condition)
  if (left === 'meta nfproto') return !isFamily(op, right, family)
  if (left === 'meta iifname' || left === 'meta iif') return !(op === '!=' && right.length === 1 && right[0] === 'lo')
  if (left === 'ct state') return op === '!=' ? right.includes('new') : !right.includes('new')
  return true
}

/** Interfaces of containers, virtual machines and private networks: letting these in is a choice, not a hole. */
const INNER_INTERFACE = /^(?:lo|docker|br-|virbr|veth|podman|cni|lxc|lxd|vmnet|vboxnet|wg|tun|tap|tailscale|zt|nebula)/

/** Whether an accept under this condition is about something special. */
function narrowsAccept(condition: Readonly<Record<string, unknown>>, family: 'ip' | 'ip6'): boolean {
  const { left, op, right } = parts(condition)
  if (left === 'meta nfproto') return !isFamily(op, right, family)
  if (left === 'meta iifname' || left === 'meta iif') {
    return op !== '!=' && right.length > 0 && right.every((name) => INNER_INTERFACE.test(name))
  }
  if (left === 'meta l4proto' || left === 'ip protocol' || left === 'ip6 nexthdr') {
    return op !== '!=' && !right.includes('tcp') && !right.includes('udp')
  }
  if (left === 'ct state') return op === '!=' ? right.includes('new') : !right.includes('new')
  if (/^(?:tcp|udp|th) dport$/.test(left)) return !right.some((range) => /^[01]-65535$/.test(range))
  if (/^ip6? [sd]addr$/.test(left)) return !right.some((range) => range.endsWith('/0'))
  // Who sends chooses the port it sends from.
  if (left.endsWith(' sport')) return false
  return true
}

function isFamily(op: string, right: readonly string[], family: 'ip' | 'ip6'): boolean {
  return right.includes(family === 'ip' ? 'ipv4' : 'ipv6') === (op !== '!=')
}

interface ConditionParts {
  /** `meta iifname`, `tcp dport`, `ct state`; empty for what we do not know. */
  readonly left: string
  readonly op: string
  /** Single values and members of sets, as text: `22`, `0-65535`, `10.0.0.0/8`. */
  readonly right: readonly string[]
}

function parts(condition: Readonly<Record<string, unknown>>): ConditionParts {
  return {
    left: leftText(condition.left),
    op: asText(condition.op) ?? '==',
    right: rightTexts(condition.right),
  }
}

function leftText(left: unknown): string {
  const record = asRecord(left)
  const meta = asRecord(record?.meta)
  if (meta !== undefined) return `meta ${asText(meta.key) ?? ''}`
  const ct = asRecord(record?.ct)
  if (ct !== undefined) return `ct ${asText(ct.key) ?? ''}`
  const payload = asRecord(record?.payload)
  return payload === undefined ? '' : `${asText(payload.protocol) ?? ''} ${asText(payload.field) ?? ''}`
}

function rightTexts(right: unknown): readonly string[] {
  if (typeof right === 'string' || typeof right === 'number') return [String(right)]
  if (Array.isArray(right)) return right.flatMap(rightTexts)
  const record = asRecord(right)
  if (record === undefined) return []
  const range = record.range
  if (Array.isArray(range)) return [range.map(textOf).join('-')]
  const prefix = asRecord(record.prefix)
  if (prefix !== undefined) return [`${textOf(prefix.addr)}/${textOf(prefix.len)}`]
  return rightTexts(record.set ?? [])
}

/** A word or a number. An object in the answer may have no text. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
