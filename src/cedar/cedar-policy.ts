/** Which requests a policy may apply to, by its head. */
export interface CedarScope {
  /** Undefined: any. */
  readonly actions: readonly string[] | undefined
  /** Undefined: any. */
  readonly resource:
    | { readonly type: string }
    | { readonly type: string; readonly id: string }
    | { readonly kind: string }
    | undefined
}

export interface CedarRule {
  /** Its annotation `@id`, or `policy` and its place in the text, from 1 on. */
  readonly id: string
  readonly text: string
  readonly line: number
  readonly effect: 'permit' | 'forbid'
  readonly scope: CedarScope
  /** `because`: what it says to who is denied. `possible`: what would make the request possible. Others: see the vocabulary. */
  readonly annotations: Readonly<Record<string, string>>
  /** It asks for nothing: its head names nothing, and it has no condition. */
  readonly isUnconditional: boolean
}

/** A text of policies that was parsed, validated and tried in a thread of its own. */
export interface CedarPolicy {
  readonly rules: readonly CedarRule[]
  /** That the rules name, sorted. */
  readonly actions: readonly string[]
  /** Ids of resources that the rules name, by type. Those of `Resource` have the form `kind/id`. */
  readonly resources: readonly { readonly type: string; readonly id: string }[]
  /** What of a request they ask for by `said`, such as `resource.status`. */
  readonly saidTags: ReadonlySet<string>
  /** What is sound but probably a mistake. */
  readonly warnings: readonly string[]
}
