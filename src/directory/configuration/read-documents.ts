import { codeOf, describeError } from '../../base/errors.ts'
import { asObject, textOf } from '../../base/json-object.ts'
import { type Fault, faultOf } from '../../base/schema.ts'
import { similarWords } from '../../base/text/similar-words.ts'
import { type Action, mayDo, type Principal } from '../../protocol/noun/permissions.ts'
import {
  CONFIGURATION_KINDS,
  type ConfigurationRefusal,
  configurationDocumentSchema,
} from '../../protocol/nouns/directory/configuration.ts'
import type { Kind, Spec } from './kind.ts'

/** Checks documents before anything is done: form, names that are there twice, cycles, and what a role may do. Pure. */

/** A document that has the right form. */
export interface Wanted {
  /** Index in the request. */
  readonly source: number
  readonly kind: Kind
  readonly key: string
  readonly name: string
  readonly spec: Spec
}

export interface ReadDocuments {
  readonly wanted: readonly Wanted[]
  readonly refusals: readonly ConfigurationRefusal[]
}

/** @param access what a role must be allowed: to plan, or to apply. */
export function readDocuments(
  documents: readonly unknown[],
  kinds: readonly Kind[],
  { by, access }: { readonly by: Principal; readonly access: 'reads' | 'changes' },
): ReadDocuments {
  const wanted: Wanted[] = []
  const refusals: ConfigurationRefusal[] = []
  const first = new Map<string, Wanted>()
  for (const [source, document] of documents.entries()) {
    const read = readDocument(document, kinds, source)
    if ('refusal' in read) refusals.push({ ...read.refusal, source })
    else {
      const place = `${read.kind.kind} ${read.key}`
      const twin = first.get(place)
      if (twin !== undefined) refusals.push({ source, place: '/name', code: 'CONFLICT', message: twice(read, twin) })
      else if (!mayDo(by.role, read.kind[access]))
        refusals.push({ source, ...mayNot(by, read.kind[access], read.kind) })
      else {
        first.set(place, read)
        wanted.push(read)
      }
    }
  }
  return { wanted, refusals: [...refusals, ...managerCycles(wanted)] }
}

type Refusal = Omit<ConfigurationRefusal, 'source'>

function readDocument(
  document: unknown,
  kinds: readonly Kind[],
  source: number,
): Wanted | { readonly refusal: Refusal } {
  const written = textOf(asObject(document), 'kind')
  const kind = kinds.find((one) => one.kind === written)
  if (written !== undefined && kind === undefined) {
    return { refusal: { place: '/kind', code: 'INPUT_MALFORMED', message: unknownKind(written) } }
  }
  const fault = faultOf(configurationDocumentSchema, document)
  if (fault !== undefined) return { refusal: malformed(fault, configurationDocumentSchema, 'a document') }
  const { name, spec } = document as { readonly name: string; readonly spec: Spec } // `faultOf` has checked it
  if (kind === undefined) return { refusal: malformed({ place: '', wanted: 'lacks kind' }, {}, 'a document') }
  const inSpec = faultOf(kind.schema, spec)
  if (inSpec !== undefined) {
    const { place, ...rest } = malformed(inSpec, kind.schema, `spec of a ${kind.kind}`)
    return { refusal: { ...rest, place: `/spec${place}` } }
  }
  try {
    return { source, kind, key: kind.keyOf(name), name, spec }
  } catch (error) {
    return { refusal: { place: '/name', ...about(error) } }
  }
}

function malformed({ place, wanted }: Fault, schema: object, what: string): Refusal {
  const members = place.split('/').slice(1)
  const message = `${members.join(' > ') || what}: ${wanted}${wanted === 'no such member' ? known(schema, members) : ''}`
  return { place, code: 'INPUT_MALFORMED', message: message.slice(0, 1000) }
}

/** The members that are there instead. */
function known(schema: object, members: readonly string[]): string {
  let within: { readonly properties?: Readonly<Record<string, object>> } | undefined = schema
  for (const member of members.slice(0, -1)) within = within?.properties?.[member]
  const names = Object.keys(within?.properties ?? {})
  return names.length === 0 ? '' : `; the members are ${names.join(', ')}`
}

function unknownKind(written: string): string {
  const [similar] = similarWords(written, CONFIGURATION_KINDS)
  const shown = JSON.stringify(written.slice(0, 64))
  return similar === undefined
    ? `there is no kind ${shown}: the kinds are ${CONFIGURATION_KINDS.join(', ')}`
    : `there is no kind ${shown}: did you mean ${similar}?`
}

function twice({ kind, name }: Wanted, twin: Wanted): string {
  const same = twin.name === name ? '' : `, which is the same name as ${JSON.stringify(name)}`
  return `two documents have the kind ${kind.kind} and the name ${JSON.stringify(twin.name)}${same}: keep one of them`
}

function mayNot({ name, role }: Principal, action: Action, { kind }: Kind): Refusal {
  const why = `${name} has the role ${role}, which may not ${action}: a ${kind} needs an administrator whose role may`
  return { place: '/kind', code: 'NOT_PERMITTED', message: `${why}; or leave it out` }
}

/** Of people who are all in the documents. A service finds cycles with others. */
function managerCycles(wanted: readonly Wanted[]): readonly ConfigurationRefusal[] {
  const people = new Map(wanted.filter(({ kind }) => kind.kind === 'person').map((one) => [one.key, one]))
  const above = ({ kind, spec }: Wanted) => {
    const manager = textOf(spec, 'manager')
    return manager === undefined ? undefined : people.get(keyOrNone(kind, manager))
  }
  const settled = new Set<Wanted>()
  const refusals: ConfigurationRefusal[] = []
  for (const person of people.values()) {
    const chain: Wanted[] = []
    let one: Wanted | undefined = person
    while (one !== undefined && !settled.has(one) && !chain.includes(one)) {
      chain.push(one)
      one = above(one)
    }
    if (one !== undefined && chain.includes(one)) {
      const circle = [...chain.slice(chain.indexOf(one)), one].map(({ name }) => name)
      const message = `a cycle of managers: ${circle.slice(0, 10).join(' -> ')}: one of them has no manager here`
      refusals.push({ source: one.source, place: '/spec/manager', code: 'CONFLICT', message: message.slice(0, 1000) })
    }
    for (const seen of chain) settled.add(seen)
  }
  return refusals
}

function keyOrNone(kind: Kind, name: string): string {
  try {
    return kind.keyOf(name)
  } catch {
    return ''
  }
}

/** What a refusal says of an error. A failure of the directory is none. @throws it. */
export function about(error: unknown): Pick<Refusal, 'code' | 'message'> {
  const code = codeOf(error)
  if (code === undefined || code.startsWith('STORE_')) throw error
  return { code, message: describeError(error).slice(0, 1000) }
}
