import type { Context, EntityJson, EntityUid } from '@cedar-policy/cedar-wasm/nodejs'

/** Of requests whose action no policy names. */
export const OTHER_ACTION = 'any other action'
/** Resources of this type have a kind: they are in the entity of it. */
export const GROUPED = 'Resource'
export const GROUP = 'ResourceType'

/**
 * What policies of one sort can speak of. Cedar refuses a policy that reads anything else, or what may be absent without asking for it
 * first. Plain data: the thread that tries policies gets it.
 */
export interface Vocabulary {
  /** For refusals: `an access policy`. */
  readonly called: string
  /** Declarations of entities, and of the record type `Question`. */
  readonly entities: string
  readonly principals: readonly string[]
  readonly resources: readonly string[]
  /** Those besides `id`, `because` and `possible`, with their values. None: any text. */
  readonly annotations: Readonly<Record<string, readonly string[]>>
  /** A request with all facts that every request has. `resource`: attributes of a resource of any type. */
  readonly sample: {
    readonly principal: EntityUid
    readonly context: Context
    readonly entities: EntityJson[]
    readonly resource: EntityJson['attrs']
  }
}

/** The schema in the language of Cedar. @param actions that the policies name. */
export function schemaText({ entities, principals, resources }: Vocabulary, actions: readonly string[]): string {
  const names = [...actions, OTHER_ACTION].map((name) => JSON.stringify(name)).join(', ')
  return `${entities}
action ${names} appliesTo {
  principal: [${principals.join(', ')}],
  resource: [${resources.join(', ')}],
  context: Question,
};`
}
