import { SuretyError } from '../../../base/errors.ts'
import {
  type Attribute,
  attributeNamed,
  isObject,
  type Place,
  placeOf,
  type Resource,
  type ResourceType,
} from './attributes.ts'
import { type Filter, type PatchPath, parsePath } from './filter.ts'
import { valueMatches } from './matches.ts'
import {
  isPrimary,
  MAX_VALUES,
  memberNamed,
  noSuchAttribute,
  objectOf,
  readOne,
  readValue,
  requireSchema,
  tooManyValues,
} from './values.ts'

/**
 * PATCH (RFC 7644, section 3.5.2), and what Entra ID and Okta send besides: capital operations, booleans as text, objects
 * without a path whose members are paths, values where an object belongs.
 */

export const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

export type Op = 'add' | 'replace' | 'remove'

/** One change of one place. An operation without a path becomes one for each member of its value. */
export interface Change {
  readonly op: Op
  readonly path: PatchPath
  readonly place: Place
  readonly value: unknown
}

/** A resource while it is changed. */
type Draft = Record<string, unknown>

/**
 * Reads the operations of a PATCH as changes, in order.
 *
 * @throws `INPUT_MALFORMED`, `SCIM_PATH_INVALID`, `SCIM_NO_TARGET`, `SCIM_MUTABILITY`.
 */
export function readPatch(type: ResourceType, body: unknown): readonly Change[] {
  requireSchema(body, PATCH_SCHEMA)
  const operations = memberNamed(objectOf(body), 'Operations')
  if (!Array.isArray(operations) || operations.length === 0) {
    throw new SuretyError('INPUT_MALFORMED', 'Operations must be a list with at least one operation')
  }
  return operations.flatMap((operation: unknown) => changesOf(type, operation))
}

function changesOf(type: ResourceType, operation: unknown): readonly Change[] {
  if (!isObject(operation)) throw new SuretyError('INPUT_MALFORMED', 'an operation must be an object')
  const op = opOf(memberNamed(operation, 'op'))
  const path = memberNamed(operation, 'path') ?? ''
  const value = memberNamed(operation, 'value')
  if (typeof path !== 'string') throw new SuretyError('SCIM_PATH_INVALID', 'path must be a text')
  if (op !== 'remove' && value === undefined) throw new SuretyError('SCIM_VALUE_INVALID', `${op} needs a value`)
  if (path.trim() !== '') return [changeOf(type, op, parsePath(path), value)]
  if (op === 'remove') throw new SuretyError('SCIM_NO_TARGET', 'remove needs a path')
  if (!isObject(value)) throw new SuretyError('SCIM_VALUE_INVALID', `${op} without a path needs an object as value`)
  return Object.entries(value).flatMap(([key, member]) => {
    const change = changeOfMember(type, op, parsePath(key), member)
    return change === undefined ? [] : [change]
  })
}

function opOf(value: unknown): Op {
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  if (word === 'add' || word === 'replace' || word === 'remove') return word
  throw new SuretyError('INPUT_MALFORMED', 'op must be add, replace or remove')
}

function changeOf(type: ResourceType, op: Op, path: PatchPath, value: unknown): Change {
  const place = placeOf(type, path.path)
  if (place === undefined) throw noSuchAttribute(path.path)
  const { attribute } = place
  if (attribute?.mutability === 'readOnly') throw new SuretyError('SCIM_MUTABILITY', `${path.path} cannot be changed`)
  if (attribute?.returned === 'never') return { op, path, place, value }
  if (path.filter !== undefined && (attribute?.multiValued !== true || place.sub !== undefined)) {
    throw new SuretyError('SCIM_PATH_INVALID', `${path.path} has no list of values: leave out the brackets`)
  }
  if (path.sub === undefined) return { op, path, place, value }
  const sub = attributeNamed(attribute?.subAttributes ?? [], path.sub)
  if (sub === undefined) throw noSuchAttribute(`${path.path}.${path.sub}`)
  return { op, path, place: { ...place, sub }, value }
}

/** Okta sends the id of a group beside its new name. */
function changeOfMember(type: ResourceType, op: Op, path: PatchPath, value: unknown): Change | undefined {
  const { attribute } = placeOf(type, path.path) ?? {}
  return attribute?.mutability === 'readOnly' ? undefined : changeOf(type, op, path, value)
}

/**
 * Applies changes to a copy of the resource. All of them hold, or it throws.
 *
 * @throws `SCIM_VALUE_INVALID`, `SCIM_NO_TARGET`, `SCIM_PATH_INVALID`.
 */
export function applyChanges(resource: Resource, changes: readonly Change[]): Resource {
  const draft: Draft = structuredClone(resource)
  for (const change of changes) apply(draft, change)
  return draft
}

function apply(draft: Draft, change: Change): void {
  const { extension, attribute } = change.place
  if (attribute === undefined) {
    applyToExtension(draft, change)
    return
  }
  // A password is neither kept nor shown.
  if (attribute.returned === 'never') return
  if (extension === undefined) {
    applyToAttribute(draft, change, attribute)
    return
  }
  const members: Draft = draftOf(draft[extension.id])
  applyToAttribute(members, change, attribute)
  if (Object.keys(members).length === 0) delete draft[extension.id]
  else draft[extension.id] = members
}

/** The value is an object with the attributes of the extension. */
function applyToExtension(draft: Draft, { op, path, place, value }: Change): void {
  const { extension } = place
  if (extension === undefined) return
  if (op === 'remove' || value === null) {
    delete draft[extension.id]
    return
  }
  if (!isObject(value)) throw new SuretyError('SCIM_VALUE_INVALID', `${path.path} must be an object`)
  for (const [key, member] of Object.entries(value)) {
    const attribute = attributeNamed(extension.attributes, key)
    if (attribute === undefined) throw noSuchAttribute(`${path.path}:${key}`)
    if (attribute.mutability === 'readOnly') continue
    apply(draft, { op, path: { path: key }, place: { extension, attribute }, value: member })
  }
}

function applyToAttribute(members: Draft, change: Change, attribute: Attribute): void {
  const after =
    attribute.multiValued === true ? changedList(members, change, attribute) : changedOne(members, change, attribute)
  if (after !== undefined) {
    members[attribute.name] = after
    return
  }
  if (attribute.required === true || KEPT.has(attribute.name)) {
    throw new SuretyError('SCIM_VALUE_INVALID', `${attribute.name} cannot be removed`)
  }
  delete members[attribute.name]
}

/** Without it, nothing says whether the human may act. */
const KEPT: ReadonlySet<string> = new Set(['active'])

/** @returns what a single value is afterwards. Undefined: none. */
function changedOne(members: Draft, { op, path, place, value }: Change, attribute: Attribute): unknown {
  const before = members[attribute.name]
  const { sub } = place
  const reading = { unknown: 'refuse' as const, path: path.path }
  if (sub !== undefined) {
    const whole = draftOf(before)
    setMember(whole, sub, op === 'remove' ? undefined : readOne(sub, value, reading))
    return emptyAsUndefined(whole)
  }
  if (op === 'remove') return undefined
  const read = readOne(attribute, value, reading)
  // The sub-attributes that are not given stay.
  return isObject(read) && isObject(before) ? { ...before, ...read } : read
}

/** @returns what the list of values is afterwards. Undefined: none. */
function changedList(members: Draft, change: Change, attribute: Attribute): readonly unknown[] | undefined {
  const { op, path, place, value } = change
  const before = listOf(members[attribute.name])
  const after =
    path.filter !== undefined
      ? changedWhere(before, change, attribute, path.filter)
      : place.sub !== undefined
        ? changedEach(before, change, place.sub)
        : changedWhole(before, { op, value, path: path.path }, attribute)
  if (after.length > MAX_VALUES) throw tooManyValues(attribute)
  return after.length === 0 ? undefined : onePrimary(after, before)
}

type WholeChange = { readonly op: Op; readonly value: unknown; readonly path: string }

function changedWhole(
  before: readonly unknown[],
  { op, value, path }: WholeChange,
  attribute: Attribute,
): readonly unknown[] {
  if (op === 'remove' && (value === undefined || value === null)) return []
  const given = listOf(readValue(attribute, value, { unknown: 'refuse', path }))
  if (op === 'replace') return given
  if (op === 'add') return [...before, ...given.filter((one) => !before.some((other) => isSame(one, other)))]
  // Entra ID removes by value.
  return before.filter((one) => !given.some((gone) => isSame(gone, one) || hasSameValue(gone, one)))
}

function changedEach(before: readonly unknown[], { op, path, value }: Change, sub: Attribute): readonly unknown[] {
  const read = op === 'remove' ? undefined : readOne(sub, value, { unknown: 'refuse', path: path.path })
  if (before.length === 0 && read !== undefined) return [{ [sub.name]: read }]
  return before.flatMap((one) => withMember(one, sub, read))
}

function changedWhere(
  before: readonly unknown[],
  change: Change,
  attribute: Attribute,
  filter: Filter,
): readonly unknown[] {
  const { op, place, value, path } = change
  const { sub } = place
  const fits = before.map((one) => valueMatches(filter, one, attribute))
  if (op === 'remove' && sub === undefined) return before.filter((_, at) => fits[at] !== true)
  const read = op === 'remove' ? undefined : readOne(sub ?? attribute, value, { unknown: 'refuse', path: path.path })
  if (!fits.includes(true)) {
    if (op === 'remove' || read === undefined) return before
    return [...before, newValue(change, attribute, filter, read)]
  }
  return before.flatMap((one, at) => {
    if (fits[at] !== true) return [one]
    if (sub !== undefined) return withMember(one, sub, read)
    if (read === undefined) return []
    return op === 'add' && isObject(one) && isObject(read) ? [{ ...one, ...read }] : [read]
  })
}

/**
 * A value that fits the filter, where there is none yet: Entra ID adds and replaces `emails[type eq "work"].value` like this.
 *
 * @throws `SCIM_NO_TARGET` if the filter does not say what the value would be.
 */
function newValue({ op, place, path }: Change, attribute: Attribute, filter: Filter, read: unknown): Resource {
  const known = equalitiesIn(filter, attribute)
  const may = op === 'add' || place.sub !== undefined
  if (known === undefined || !may) throw new SuretyError('SCIM_NO_TARGET', `no value of ${path.path} fits the filter`)
  return { ...known, ...(place.sub === undefined ? (isObject(read) ? read : {}) : { [place.sub.name]: read }) }
}

function equalitiesIn(filter: Filter, attribute: Attribute): Resource | undefined {
  if (filter.kind === 'and') {
    const parts = filter.filters.map((one) => equalitiesIn(one, attribute))
    return parts.includes(undefined) ? undefined : Object.assign({}, ...parts)
  }
  if (filter.kind !== 'compare' || filter.operator !== 'eq' || filter.value === null) return undefined
  const sub = attributeNamed(attribute.subAttributes ?? [], filter.path)
  if (sub === undefined) return undefined
  const value = readOne(sub, filter.value, { unknown: 'refuse', path: filter.path })
  return value === undefined ? undefined : { [sub.name]: value }
}

function withMember(one: unknown, sub: Attribute, value: unknown): readonly unknown[] {
  const whole = draftOf(one)
  setMember(whole, sub, value)
  return Object.keys(whole).length === 0 ? [] : [whole]
}

function setMember(whole: Draft, sub: Attribute, value: unknown): void {
  if (value === undefined) delete whole[sub.name]
  else whole[sub.name] = value
}

/** What became primary replaces what was. */
function onePrimary(after: readonly unknown[], before: readonly unknown[]): readonly unknown[] {
  const primary = after.filter(isPrimary)
  if (primary.length < 2) return after
  const chosen = primary.find((one) => !before.some((other) => isPrimary(other) && isSame(one, other))) ?? primary[0]
  return after.map((one) => (isPrimary(one) && one !== chosen ? { ...draftOf(one), primary: false } : one))
}

function isSame(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return a === b
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => a[name] === b[name])
}

function hasSameValue(a: unknown, b: unknown): boolean {
  return isObject(a) && isObject(b) && a.value !== undefined && a.value === b.value
}

function draftOf(value: unknown): Draft {
  return isObject(value) ? { ...value } : {}
}

function listOf(value: unknown): readonly unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

function emptyAsUndefined(value: Draft): Draft | undefined {
  return Object.keys(value).length === 0 ? undefined : value
}
