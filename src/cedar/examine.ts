import type {
  DetailedError,
  EntityUidJson,
  PolicyJson,
  ResourceConstraint,
  ValidationError,
} from '@cedar-policy/cedar-wasm/nodejs'
import type { Cedar } from './cedar.ts'
import type { CedarPolicy, CedarRule, CedarScope } from './cedar-policy.ts'
import { lineAt, type PolicyPiece } from './scan-policy.ts'
import { GROUP, OTHER_ACTION, schemaText, type Vocabulary } from './vocabulary.ts'

/** Parses and validates policies with an instance of Cedar that may break: `examine-in-thread.ts` calls it where nothing else runs. */

export type Examined = { readonly policy: CedarPolicy } | { readonly refused: string }

/** Each policy is validated for each of them. */
const MAX_ACTIONS = 64
const MAX_SHOWN = 3
const RULE_ID = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/
const ACTION_NAME = /^[^\p{Cc}\p{Cs}]{1,128}$/u
const MAX_ANNOTATION = 500

export function examine(cedar: Cedar, vocabulary: Vocabulary, pieces: readonly PolicyPiece[]): Examined {
  const faults: string[] = []
  const named = {
    actions: new Set<string>(),
    resources: new Map<string, { type: string; id: string }>(),
    tags: new Set<string>(),
  }
  const rules = new Map<string, CedarRule>()
  for (const [at, piece] of pieces.entries()) {
    const read = cedar.policyToJson(piece.text)
    if (read.type === 'failure') {
      faults.push(...read.errors.slice(0, 1).map((error) => faultIn(piece, error)))
      continue
    }
    const fault = annotationFault(vocabulary, read.json)
    const rule = ruleOf(vocabulary, read.json, piece, at)
    if (fault !== undefined) faults.push(`line ${piece.line}: ${fault}`)
    const before = rules.get(rule.id)
    if (before !== undefined) {
      faults.push(`line ${piece.line}: the id ${rule.id} is that of the policy of line ${before.line}`)
    }
    rules.set(rule.id, rule)
    collect(vocabulary, read.json, named)
  }
  const actions = [...named.actions].sort()
  if (actions.length > MAX_ACTIONS) faults.push(`the policies name more than ${MAX_ACTIONS} actions`)
  const unnamable = actions.find((name) => !ACTION_NAME.test(name) || name === OTHER_ACTION)
  if (unnamable !== undefined) faults.push(`${JSON.stringify(unnamable)} cannot be the name of an action`)
  if (faults.length > 0) return refusal(faults)
  const texts = Object.fromEntries([...rules.values()].map(({ id, text }) => [id, text]))
  const schema = schemaText(vocabulary, actions)
  const validated = cedar.validate({ schema, policies: { staticPolicies: texts } })
  if (validated.type === 'failure') return refusal(validated.errors.map(({ message }) => message))
  const lineOf = ({ policyId }: ValidationError) => rules.get(policyId)?.line ?? 0
  const said = (found: readonly ValidationError[]) => [
    ...new Set(
      found
        .toSorted((one, other) => lineOf(one) - lineOf(other))
        .map(({ policyId, error }) => faultOfRule(rules.get(policyId), error)),
    ),
  ]
  if (validated.validationErrors.length > 0) return refusal(said(validated.validationErrors))
  tryOut(cedar, vocabulary, { texts, schema, actions })
  const policy = {
    rules: [...rules.values()],
    actions,
    resources: [...named.resources.values()],
    saidTags: named.tags,
    warnings: said(validated.validationWarnings).slice(0, 100),
  }
  return { policy }
}

function refusal(faults: readonly string[]): Examined {
  const more = faults.length > MAX_SHOWN ? `; and ${faults.length - MAX_SHOWN} more` : ''
  return { refused: `${faults.slice(0, MAX_SHOWN).join('; ')}${more}`.slice(0, 2_000) }
}

function faultIn(piece: PolicyPiece, { message, help, sourceLocations }: DetailedError): string {
  const [place] = sourceLocations ?? []
  const line = place === undefined ? piece.line : lineAt(piece, place.start)
  const what = message.replace(/^failed to parse polic(?:y|ies) from string: /, '')
  const hint = place?.label ?? help
  return `line ${line}: ${what}${hint === null || hint === undefined ? '' : ` (${hint})`}`.slice(0, 600)
}

function faultOfRule(rule: CedarRule | undefined, error: DetailedError): string {
  const message = error.message
    .replace(/^for policy `[^`]*`, /, '')
    // The same fault is found for each action.
    .replace(/ for Action::"(?:[^"\\]|\\.)*"/, '')
  return rule === undefined ? message : `${faultIn(rule, { ...error, message })} [${rule.id}]`
}

function annotationFault({ annotations: known }: Vocabulary, { annotations = {} }: PolicyJson): string | undefined {
  const names = ['id', 'because', 'possible', ...Object.keys(known)]
  for (const [name, text] of Object.entries(annotations)) {
    if (!names.includes(name)) return `there is no annotation @${name}: only @${names.join(', @')}`
    if (name === 'id' && !RULE_ID.test(text))
      return 'an @id has letters, digits, ".", "_" and "-", and begins with a letter'
    const values = known[name]
    if (values !== undefined && values.length > 0 && !values.includes(text ?? ''))
      return `@${name} has ${wordsOf(values)}`
    if ((text?.length ?? 0) > MAX_ANNOTATION) return `@${name} has at most ${MAX_ANNOTATION} characters`
  }
  return undefined
}

function wordsOf(values: readonly string[]): string {
  const quoted = values.map((value) => JSON.stringify(value))
  return quoted.length === 1 ? `one value: ${quoted[0]}` : `these values: ${quoted.join(', ')}`
}

function ruleOf(vocabulary: Vocabulary, json: PolicyJson, piece: PolicyPiece, at: number): CedarRule {
  const { effect, principal, action, resource, conditions, annotations = {} } = json
  return {
    id: annotations.id ?? `policy${at + 1}`,
    ...piece,
    effect,
    scope: scopeOf(vocabulary, json),
    annotations: Object.fromEntries(Object.entries(annotations).map(([name, text]) => [name, text ?? ''])),
    isUnconditional:
      [principal, action, resource].every(({ op }) => op === 'All') &&
      conditions.every(({ kind, body }) => 'Value' in body && body.Value === (kind === 'when')),
  }
}

function scopeOf(vocabulary: Vocabulary, { action, resource }: PolicyJson): CedarScope {
  const actions =
    action.op === 'All' ? undefined : 'entities' in action ? action.entities : 'entity' in action ? [action.entity] : []
  return { actions: actions?.map((one) => uidOf(one).id), resource: resourceScope(vocabulary, resource) }
}

function resourceScope({ resources }: Vocabulary, resource: ResourceConstraint): CedarScope['resource'] {
  const within = resource.op === 'is' ? resource.in : resource.op === 'in' ? resource : undefined
  if (within !== undefined && 'entity' in within) {
    const { type, id } = uidOf(within.entity)
    if (type === GROUP) return { kind: id }
    return resources.includes(type) ? { type, id } : undefined
  }
  if (resource.op === 'is') return resources.includes(resource.entity_type) ? { type: resource.entity_type } : undefined
  if (resource.op !== '==' || !('entity' in resource)) return undefined
  const { type, id } = uidOf(resource.entity)
  return resources.includes(type) ? { type, id } : undefined
}

function uidOf(entity: EntityUidJson): { readonly type: string; readonly id: string } {
  return '__entity' in entity ? entity.__entity : entity
}

interface Named {
  readonly actions: Set<string>
  readonly resources: Map<string, { type: string; id: string }>
  /** Constant names of tags. */
  readonly tags: Set<string>
}

/** Every entity that a policy names, in its head and in its conditions. */
function collect(vocabulary: Vocabulary, json: PolicyJson, { actions, resources, tags }: Named): void {
  const waiting: unknown[] = [json.action, json.resource, ...json.conditions]
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (typeof one !== 'object' || one === null) continue
    if ('type' in one && 'id' in one && typeof one.type === 'string' && typeof one.id === 'string') {
      const { type, id } = one
      if (type === 'Action') actions.add(id)
      if (vocabulary.resources.includes(type)) resources.set(`${type} ${id}`, { type, id })
    }
    const tag = 'getTag' in one ? one.getTag : 'hasTag' in one ? one.hasTag : undefined
    const name = tag !== null && typeof tag === 'object' && 'right' in tag ? tag.right : undefined
    if (typeof name === 'object' && name !== null && 'Value' in name && typeof name.Value === 'string')
      tags.add(name.Value)
    for (const inner of Object.values(one)) if (inner !== undefined) waiting.push(inner)
  }
}

/** Decides once for each action and type of resource: what breaks an instance breaks the one of the thread. */
function tryOut(
  cedar: Cedar,
  { resources, sample }: Vocabulary,
  init: { readonly texts: Record<string, string>; readonly schema: string; readonly actions: readonly string[] },
): void {
  cedar.preparseSchema('tried', init.schema)
  cedar.preparsePolicySet('tried', { staticPolicies: init.texts })
  for (const action of [...init.actions, OTHER_ACTION]) {
    for (const type of resources) {
      const resource = { type, id: 'tried' }
      cedar.statefulIsAuthorized({
        principal: sample.principal,
        action: { type: 'Action', id: action },
        resource,
        context: { ...sample.context, action },
        preparsedSchemaName: 'tried',
        preparsedPolicySetId: 'tried',
        validateRequest: false,
        entities: [...sample.entities, { uid: resource, attrs: sample.resource, parents: [] }],
      })
    }
  }
}
