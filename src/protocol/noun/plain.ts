import type { TSchema } from '../../base/schema.ts'
import { type Column, commandOf, dashed, type Filter, type Item, type Noun, type Option, type Verb } from './noun.ts'
import { type Action, PERMISSIONS, type Role } from './permissions.ts'

/** Nouns as plain JSON, for programs that have neither these declarations nor the library of schemas. */

/**
 * `human`: a person, by id, user name or e-mail address. `device`: an id. `list`: of texts. `time`: milliseconds since 1970. `duration`:
 * milliseconds. `other`: has members of its own.
 */
type ValueKind = 'text' | 'number' | 'yes-no' | 'choice' | 'list' | 'human' | 'device' | 'time' | 'duration' | 'other'

interface PlainValue {
  readonly kind: ValueKind
  readonly choices?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  /** Of a text, in characters. */
  readonly maxLength?: number
  /** `null` removes it. */
  readonly removable?: true
  /** What a person reads about it, once for each way to set it. */
  readonly about: readonly string[]
}

interface PlainColumn {
  readonly heading: string
  readonly kind: 'text' | 'time' | 'ago' | 'count'
  /** The member of the item that it shows as it is. Absent: it is made of several, or of a part of one. */
  readonly member?: string
  /** The list can be sorted by this. */
  readonly sort?: string
  readonly wide: boolean
}

export interface PlainField extends PlainValue {
  readonly name: string
  readonly required: boolean
}

export interface PlainVerb {
  readonly name: string
  readonly method: string
  /** With `{id}` for the item. */
  readonly path: string
  readonly ofItem: boolean
  readonly summary: string
  readonly action: Action
  readonly roles: readonly Role[]
  /** What a person is asked before it is done. */
  readonly asks?: string
  /** What it does, in the words of the command. */
  readonly about?: string
  /** A command that does it, from the name of the program on. */
  readonly example?: string
  /** The member of the answer with a secret, which is shown once. */
  readonly secret?: string
  /** It takes a body, perhaps without members. */
  readonly hasBody: boolean
  readonly fields: readonly PlainField[]
}

export interface PlainNoun {
  readonly one: string
  readonly many: string
  readonly spoken: { readonly one: string; readonly many: string }
  readonly about: string
  readonly path: string
  /** How a person may name an item. */
  readonly called: string
  /** Absent: an item is only in the list. */
  readonly show?: { readonly path: string; readonly roles: readonly Role[] }
  readonly list: {
    readonly roles: readonly Role[]
    readonly about: string
    readonly none: string
    readonly columns: readonly PlainColumn[]
    readonly filters: readonly (PlainValue & { readonly name: string; readonly usual?: string })[]
    readonly orders: readonly string[]
    readonly newestFirst: boolean
    /** What a search looks at. Absent: there is none. */
    readonly search?: string
  }
  readonly verbs: readonly PlainVerb[]
}

export function plainNoun<T extends Item>(noun: Noun<T>): PlainNoun {
  const { one, many, spoken, about, path, called, show, list, verbs } = noun
  const { none = `no ${spoken.many}`, search, sorts = [], filters = {}, newestFirst = false } = list
  return {
    one,
    many,
    spoken,
    about,
    path,
    called,
    ...(show === undefined ? {} : { show: { path: `${path}/{id}`, roles: PERMISSIONS[show.action] } }),
    list: {
      roles: PERMISSIONS[list.action],
      about: list.about,
      none,
      columns: list.columns.map((column) => plainColumn(column, sorts)),
      filters: Object.entries(filters).map(([name, filter]) => plainFilter(name, filter)),
      orders: sorts,
      newestFirst,
      ...(search === undefined ? {} : { search }),
    },
    verbs: Object.entries(verbs).map(([name, verb]) => plainVerb(noun, name, verb)),
  }
}

function plainColumn<T>(column: Column<T>, sorts: readonly string[]): PlainColumn {
  const { heading, as = 'text', wide = false } = column
  const member = memberOf(column)
  const sort = sorts.find((one) => one.replaceAll('-', ' ') === heading.toLowerCase())
  return {
    heading,
    kind: as,
    ...(member === undefined ? {} : { member }),
    ...(sort === undefined ? {} : { sort }),
    wide,
  }
}

/** The only member that a column reads, if it has its very value. */
function memberOf<T>({ of, shown }: Column<T>): string | undefined {
  const read = new Map<string, object>()
  const item = new Proxy(
    {},
    {
      get(_, name) {
        // It has a part in every spelling, which is another value.
        const value = { toString: () => 'https://host/path' }
        read.set(name.toString(), value)
        return value
      },
    },
  )
  try {
    const value = of(item as T)
    const [only, ...others] = read
    return shown === undefined && others.length === 0 && Object.is(only?.[1], value) ? only?.[0] : undefined
  } catch {
    return undefined // It looks into its members.
  }
}

function plainFilter(name: string, { schema, usual, options = [] }: Filter) {
  return { name, ...plainValue(schema, options), ...(usual === undefined ? {} : { usual }) }
}

function plainVerb(noun: Pick<Noun, 'path' | 'command' | 'spoken'>, name: string, verb: Verb): PlainVerb {
  const { method, summary, action, path = '', command, secret } = verb
  const body = withMembers(verb.body)
  const ofItem = verb.ofItem === true
  const required: readonly unknown[] = Object(body).required ?? []
  const [example] = command?.examples ?? []
  const fields = Object.entries(body === undefined ? {} : membersOf(body)).map(([member, schema]) => ({
    name: member,
    required: required.includes(member),
    ...plainValue(schema, waysToSet(command, member)),
  }))
  return {
    name,
    method,
    path: `${noun.path}${ofItem ? '/{id}' : ''}${path}`,
    ofItem,
    summary,
    action,
    roles: PERMISSIONS[action],
    ...(command?.asks === undefined ? {} : { asks: command.asks }),
    ...(command === undefined ? {} : { about: command.about }),
    ...(example === undefined ? {} : { example: `surety-directory ${commandOf(noun)} ${example}` }),
    ...(secret === undefined ? {} : { secret }),
    hasBody: body !== undefined,
    fields,
  }
}

/** A body that may be absent. */
function withMembers(body: TSchema | undefined): TSchema | undefined {
  const kinds: readonly TSchema[] = Object(body).anyOf ?? []
  return kinds.find((kind) => Object(kind).type === 'object') ?? body
}

type Way = Pick<Option, 'flags' | 'about' | 'inForm' | 'as' | 'value'>

/** Options and arguments that set a member, or are called as it is. What a person writes comes before what is fixed. */
function waysToSet(command: Verb['command'], member: string): readonly Way[] {
  const { options = [], arguments: given = [] } = command ?? {}
  const named = options.filter(({ flags, member: sets }) =>
    sets === undefined ? flags.startsWith(`--${dashed(member)} `) : sets === member,
  )
  const written = given.flatMap(({ name, about, member: sets = name }) =>
    sets === member && about !== undefined ? [{ flags: `<${name}>`, about }] : [],
  )
  return [...written, ...named.filter((way) => !('value' in way)), ...named.filter((way) => 'value' in way)]
}

function plainValue(schema: TSchema, options: readonly Way[]): PlainValue {
  const removable = isRemovable(schema)
  const { minimum, maximum, maxLength, enum: choices } = Object(removable ? presentOf(schema) : schema)
  const as = options.find((option) => option.as !== undefined)?.as
  const kind = kindOf(schema)
  const isPerson = kind === 'text' && options.some(({ flags }) => flags.endsWith('<person>'))
  return {
    kind: KIND_OF_OPTION[as ?? ''] ?? (isPerson ? 'human' : kind),
    ...(Array.isArray(choices) ? { choices: choices.map(String) } : {}),
    ...(typeof minimum === 'number' ? { minimum } : {}),
    ...(typeof maximum === 'number' ? { maximum } : {}),
    ...(typeof maxLength === 'number' && kind === 'text' ? { maxLength } : {}),
    ...(removable ? { removable } : {}),
    about: options.map(({ about, inForm = about }) => inForm),
  }
}

const KIND_OF_OPTION: Readonly<Record<string, ValueKind>> = {
  human: 'human',
  device: 'device',
  time: 'time',
  until: 'time',
  duration: 'duration',
}

const KINDS: Readonly<Record<string, ValueKind>> = {
  string: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'yes-no',
}

function kindOf(schema: TSchema): ValueKind {
  const { type, enum: choices, anyOf, items } = Object(schema)
  if (type === 'array') return kindOf(items) === 'text' || kindOf(items) === 'choice' ? 'list' : 'other'
  if (Array.isArray(choices)) return 'choice'
  // What can be removed is `null` or has a value.
  if (Array.isArray(anyOf)) return anyOf.map(kindOf).find((kind) => kind !== 'other') ?? 'other'
  return KINDS[`${type}`] ?? 'other'
}

/** Whether `null` is one of the kinds of value. */
function isRemovable(schema: TSchema): boolean {
  const { anyOf } = Object(schema)
  return Array.isArray(anyOf) && anyOf.some(({ type }) => type === 'null')
}

function presentOf(schema: TSchema): TSchema {
  const kinds: readonly TSchema[] = Object(schema).anyOf ?? []
  return kinds.find((kind) => Object(kind).type !== 'null') ?? schema
}

function membersOf(schema: TSchema): Readonly<Record<string, TSchema>> {
  return { ...Object(schema).properties }
}
