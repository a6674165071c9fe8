import type { RuleSubject } from '../rule-set/rule-set.ts'

/** An agent as it is seen on a device, with all that rules decide by. */
export interface SeenSubject {
  /** Rises with each seen agent. */
  readonly number: number
  readonly id: string
  readonly name: string
  /** As a stop selects it. */
  readonly product: string
  readonly hostname?: string | undefined
  readonly user?: string | undefined
  /** Id of the human of its confirmed account. */
  readonly humanId?: string | undefined
  readonly unknown: boolean
  readonly subject: RuleSubject
}

export interface RuleSubjectStore {
  /** Agents that are there now, by number. `now`: verdicts are those of this time. */
  present(page: {
    readonly after: number
    readonly limit: number
    readonly now: number
  }): Promise<readonly SeenSubject[]>
  /** Whether there are unknown agents that the rules in use have to look at. */
  isDue(): Promise<boolean>
  /** Takes some of these, each once. */
  take(page: { readonly limit: number; readonly now: number }): Promise<readonly SeenSubject[]>
}
