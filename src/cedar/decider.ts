import type { Context, Entities, EntityUid } from '@cedar-policy/cedar-wasm/nodejs'
import { describeError } from '../base/errors.ts'
import { type Cedar, newCedar } from './cedar.ts'
import type { CedarPolicy, CedarRule } from './cedar-policy.ts'
import { GROUPED, OTHER_ACTION } from './vocabulary.ts'

/** What chooses the rules that a request can fit. */
interface SliceInit {
  readonly action: string
  readonly resource: { readonly type: string; readonly id: string; readonly kind?: string }
  /** A stop concerns the request: of rules that permit, only those with `@stopped("allow")` count. */
  readonly stopped?: boolean
}

export interface CedarCall extends SliceInit {
  readonly principal: EntityUid
  readonly context: Context
  readonly entities: Entities
}

export interface Ruling {
  readonly isAllowed: boolean
  /** What decided: the rules that forbid, or those that permit. None: no rule permits it. */
  readonly rules: readonly CedarRule[]
  /** What could not be evaluated. Any of them denies. */
  readonly errors: readonly { readonly rule: string; readonly error: string }[]
}

export interface Decider {
  decide(policy: CedarPolicy, call: CedarCall): Ruling
}

/** Parsed slices of all policies together. The one that was not used for longest makes room. */
const MAX_SLICES = 2_000
/** The one in use, the one that is being tried, and one more. */
const MAX_POLICIES = 3
const MAX_BREAKS = 3

interface ParsedSlice {
  /** Its name inside Cedar. Undefined: it broke Cedar, so that it denies. */
  readonly name: string | undefined
  readonly rules: ReadonlyMap<string, CedarRule>
}

interface Held {
  readonly sliceOf: ReturnType<typeof slicesOf>
  readonly slices: Map<string, ParsedSlice>
  /** How often the rules of a slice broke Cedar. */
  readonly breaks: Map<string, number>
}

/** Decides with Cedar on the thread of the caller. Rules were tried in another one before: see `readPolicy`. */
export function decider(load: () => Cedar = newCedar): Decider {
  return new CedarDecider(load)
}

class CedarDecider implements Decider {
  readonly #load: () => Cedar
  #cedar: Cedar | undefined
  readonly #held = new Map<CedarPolicy, Held>()
  /** Cedar holds what was parsed by name for ever, so that names are used again. */
  #freeNames: string[] = []
  #names = 0

  constructor(load: () => Cedar) {
    this.#load = load
  }

  decide(policy: CedarPolicy, call: CedarCall): Ruling {
    const held = this.#heldOf(policy)
    const { key, rules } = held.sliceOf(call)
    try {
      const slice = this.#sliceOf(held, key, rules)
      return slice.name === undefined
        ? denied('the rules for this request broke Cedar before')
        : this.#ask(slice.name, slice.rules, { ...call, action: isNamed(policy, call) ? call.action : OTHER_ACTION })
    } catch (error) {
      if (isBroken(error)) this.#replaceInstance(held, key)
      return denied(`Cedar failed: ${describeError(error)}`)
    }
  }

  #ask(slice: string, rules: ReadonlyMap<string, CedarRule>, call: CedarCall): Ruling {
    const { type, id } = call.resource
    const answer = this.#instance().statefulIsAuthorized({
      principal: call.principal,
      action: { type: 'Action', id: call.action },
      resource: { type, id },
      context: call.context,
      entities: call.entities,
      preparsedPolicySetId: slice,
    })
    if (answer.type === 'failure') return denied(answer.errors.map(({ message }) => message).join('; '))
    const { decision, diagnostics } = answer.response
    const errors = diagnostics.errors.map(({ policyId, error }) => ({ rule: policyId, error: error.message }))
    return {
      isAllowed: decision === 'allow' && errors.length === 0,
      rules: diagnostics.reason.flatMap((one) => rules.get(one) ?? []),
      errors,
    }
  }

  #instance(): Cedar {
    this.#cedar ??= this.#load()
    return this.#cedar
  }

  /** Loading one takes long enough that rules which break several are not tried again. */
  #replaceInstance({ slices, breaks }: Held, key: string): void {
    const before = breaks.get(key) ?? 0
    breaks.set(key, before + 1)
    if (before + 1 >= MAX_BREAKS) slices.set(key, { name: undefined, rules: new Map() })
    this.#cedar = undefined
    this.#freeNames = []
    this.#names = 0
    for (const { slices: all } of this.#held.values()) {
      for (const [one, { name }] of all) if (name !== undefined) all.delete(one)
    }
  }

  #heldOf(policy: CedarPolicy): Held {
    const held = this.#held.get(policy) ?? { sliceOf: slicesOf(policy), slices: new Map(), breaks: new Map() }
    this.#held.delete(policy)
    this.#held.set(policy, held)
    const [oldest] = this.#held.size > MAX_POLICIES ? this.#held.keys() : []
    if (oldest !== undefined) {
      for (const { name } of this.#held.get(oldest)?.slices.values() ?? []) this.#free(name)
      this.#held.delete(oldest)
    }
    return held
  }

  #sliceOf({ slices }: Held, key: string, rules: () => readonly CedarRule[]): ParsedSlice {
    const present = slices.get(key)
    if (present !== undefined) {
      slices.delete(key)
      slices.set(key, present)
      return present
    }
    const chosen = rules()
    const name = this.#freeName()
    const parsed = this.#instance().preparsePolicySet(name, {
      staticPolicies: Object.fromEntries(chosen.map(({ id, text }) => [id, text])),
    })
    const slice = {
      name: parsed.type === 'success' ? name : undefined,
      rules: new Map(chosen.map((rule) => [rule.id, rule])),
    }
    slices.set(key, slice)
    return slice
  }

  #freeName(): string {
    const free = this.#freeNames.pop()
    if (free !== undefined) return free
    if (this.#names < MAX_SLICES) return `slice${this.#names++}`
    // The oldest policy that has any.
    for (const { slices } of this.#held.values()) {
      for (const [key, { name }] of slices) {
        slices.delete(key)
        if (name !== undefined) return name
      }
    }
    return `slice${this.#names++}`
  }

  #free(name: string | undefined): void {
    if (name === undefined) return
    this.#instance().preparsePolicySet(name, { staticPolicies: {} })
    this.#freeNames.push(name)
  }
}

function isNamed({ actions }: CedarPolicy, { action }: CedarCall): boolean {
  return actions.includes(action)
}

/** An instance that ran out of its stack throws for ever. One that cannot read a request does not. */
function isBroken(error: unknown): boolean {
  return Error.isError(error) && (error.name === 'RuntimeError' || error.name === 'RangeError')
}

function denied(error: string): Ruling {
  return { isAllowed: false, rules: [], errors: [{ rule: '', error }] }
}

interface Slice {
  /** Equal for requests with equal rules. */
  readonly key: string
  readonly rules: () => readonly CedarRule[]
}

/**
 * Cuts rules by action and resource, as far as their heads name them: Cedar looks at every rule that it is given. Pure.
 */
function slicesOf({ rules, actions }: CedarPolicy): (init: SliceInit) => Slice {
  const isAction = new Set(actions)
  const ids = new Set<string>()
  const kinds = new Set<string>()
  for (const { scope } of rules) {
    if (scope.resource === undefined) continue
    if ('id' in scope.resource) ids.add(`${scope.resource.type} ${scope.resource.id}`)
    if ('kind' in scope.resource) kinds.add(scope.resource.kind)
  }
  return (init) => {
    const action = isAction.has(init.action) ? init.action : OTHER_ACTION
    const { type, id, kind } = init.resource
    const isNamed = ids.has(`${type} ${id}`)
    const isNamedKind = type === GROUPED && kind !== undefined && kinds.has(kind)
    const place = [action, type, isNamed ? id : null, isNamedKind ? kind : null, init.stopped === true]
    return {
      key: JSON.stringify(place),
      rules: () => rules.filter((rule) => fits(rule, { ...init, action })),
    }
  }
}

function fits({ scope, effect, annotations }: CedarRule, { action, resource, stopped }: SliceInit): boolean {
  if (stopped === true && effect === 'permit' && annotations.stopped !== 'allow') return false
  if (scope.actions !== undefined && !scope.actions.includes(action)) return false
  const wanted = scope.resource
  if (wanted === undefined) return true
  if ('kind' in wanted) return resource.type === GROUPED && resource.kind === wanted.kind
  return resource.type === wanted.type && (!('id' in wanted) || resource.id === wanted.id)
}
