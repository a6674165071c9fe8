import { closed, type Static, type TSchema, Type, words } from '../../base/schema.ts'
import { countedPageOf, cursorSchema } from './answers.ts'
import type { Action } from './permissions.ts'

/**
 * A noun of the register as data: what an item is, how it is listed, and what can be done with it. Routes, OpenAPI, commands,
 * completion, schemas of documents and help pages are derived from it.
 */

/** One column of a list. It is named by its heading, in lower case: `valid until` for `VALID UNTIL`. */
export interface Column<T> {
  readonly heading: string
  /** Undefined: there is none. */
  of(item: T): string | number | undefined
  /** `time`: milliseconds since 1970, shown whole; `ago`: shown as how long ago. `count`: a number of things. */
  readonly as?: 'time' | 'ago' | 'count'
  /** What a person reads instead. */
  shown?(item: T, now: number): string
  /** Tables have it only if they are wide. */
  readonly wide?: true
}

/** Options of commands, as commander reads them: `--status <status>`. */
export interface Option {
  readonly flags: string
  readonly about: string
  /** What a form says of the member instead, where `about` speaks of the command line. */
  readonly inForm?: string
  /** The member of the query or the body that it sets. Absent: the command of this noun has code for it. */
  readonly member?: string
  /** What the member is set to; undefined in a list: to nothing, instead of the usual value. Absent: what a person writes. */
  readonly value?: string | boolean | null | undefined
  /**
   * `human`, `device`, `registration`: any spelling of it, sent as an id. `time`: a duration from now, such as 90d. `until`: that, or a time to come.
   * `since`: a time gone by. `duration`: milliseconds. `count`: as many as a page may have. `event`: a kind of event.
   */
  readonly as?: 'human' | 'device' | 'registration' | 'time' | 'until' | 'since' | 'duration' | 'count' | 'event'
  readonly required?: true
  /** All that may be written. */
  readonly choices?: readonly string[]
  /** What people write where it differs, by the word of the member. They may write that too. */
  readonly words?: Readonly<Record<string, string>>
  /** How it is written, in the refusal of what does not fit the schema of the member. */
  readonly form?: string
  /** Help does not name it: another spelling from before. */
  readonly hidden?: true
}

/** A member of the query of a list. */
export interface Filter<S extends TSchema = TSchema> {
  readonly schema: S
  /** What commands ask for unless an option says otherwise. The API has no usual value. */
  readonly usual?: string
  /** Only one of them at a time. */
  readonly options?: readonly Omit<Option, 'member' | 'required'>[]
}

export type Filters = Readonly<Record<string, Filter>>

interface VerbCommand<R extends TSchema> {
  readonly about: string
  readonly examples: readonly string[]
  /** After the name of the item: its words in help, and the member of the body. */
  readonly arguments?: readonly { readonly name: string; readonly about?: string; readonly member?: string }[]
  readonly options?: readonly Option[]
  /** Asks first: `Remove the group "payments"`. */
  readonly asks?: string
  /** Lines for a person. Absent: the command of this noun has code for it. */
  says?(answer: Static<R>): readonly string[]
  /** The document with `--json`. Absent: the item, named as the noun is. */
  readonly document?: Document
}

/** `surety-directory/<name>@1`. The answer is its member, or without a member all of it. */
export interface Document {
  readonly name: string
  readonly member?: string
}

/** Something that can be done with an item, or with all of them. */
export interface Verb<B extends TSchema | undefined = TSchema | undefined, R extends TSchema = TSchema> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** The path has the id of an item. */
  readonly ofItem?: true
  /** What follows in the path. */
  readonly path?: string
  readonly operationId: string
  readonly action: Action
  readonly summary: string
  readonly body?: B
  /** Replaces the limit of all other routes. */
  readonly bodyMaxBytes?: number
  readonly response: R
  /** It creates something: it takes an idempotency key. */
  readonly creates?: true
  /** Of its answer. Absent: 201 if it creates something, else 200. */
  readonly status?: 201
  /** The member of the answer with a secret, which no other answer has. */
  readonly secret?: string
  readonly command?: VerbCommand<R>
}

export type Verbs = Readonly<Record<string, Verb>>

/** What a verb takes. */
export type BodyOf<V extends Verb> = [Exclude<V['body'], undefined>] extends [never]
  ? undefined
  : Static<Exclude<V['body'], undefined>>

interface List<T, F extends Filters> {
  /** Its command, where that is another word than `list`. */
  readonly command?: string
  readonly operationId: string
  readonly action: Action
  readonly summary: string
  readonly filters?: F
  /** Names of columns that the list can be sorted by. The usual order is that in which they came. */
  readonly sorts?: readonly string[]
  /** What came last is first, unless it is sorted. */
  readonly newestFirst?: true
  /** What `search` looks at: `only those whose name begins with this`. Absent: there is no search. */
  readonly search?: string
  /** The column by which a search is sorted, unless another one is asked for: by the index that finds it. */
  readonly foundBy?: string
  /** Where filters leave none, a person reads of how many. */
  readonly countsAll?: true
  readonly about: string
  readonly examples: readonly string[]
  /** What a person reads where there are none. Absent: `no service accounts`. */
  readonly none?: string
  /** The member of the document that has the items, where that is another word. */
  readonly member?: string
  /** How many are shown unless an option says otherwise. Absent: all. */
  readonly mostShown?: number
  /** For the code of this noun that lists it. */
  readonly options?: readonly (Option & { readonly schema?: TSchema })[]
  /** Of its line in a table. */
  toneOf?(item: T): 'good' | 'bad' | 'warning' | 'faint' | 'strong' | undefined
  readonly columns: readonly Column<T>[]
}

interface Spoken {
  readonly one: string
  readonly many: string
}

interface NounInit<T, F extends Filters, V extends Verbs> {
  /** `service account`. Documents and arguments of commands are named after it. */
  readonly one: string
  /** `service accounts`. The path, the command and lists are named after it. */
  readonly many: string
  /** What people say and read instead, where only the API and documents keep `one` and `many`: `person` and `people`. */
  readonly spoken?: Spoken
  /** Its command, where that is another word: `token`. */
  readonly command?: string
  /** Another name of its command. */
  readonly alias?: string
  readonly about: string
  readonly id: TSchema
  /** How a person may name an item. */
  readonly called: string
  /** What tells items apart that have no id. */
  keyOf?(item: T): string
  /** An item in one line, where more than one may be meant. */
  describe(item: T): string
  /** What the completion of a shell offers. */
  completes(item: T): { readonly word: string; readonly about: string }
  /** Of those that have a name, a person rather means these. */
  preferred?(item: T): boolean
  /** Names mean only what the list usually has, called so: `pending re-enrolment`. A whole id may be of any item. */
  readonly onlyUsual?: string
  readonly list: List<T, F>
  readonly show?: {
    readonly operationId: string
    readonly action: Action
    readonly summary: string
    readonly about: string
    readonly examples: readonly string[]
    /** For the code of this noun that shows it. */
    readonly options?: readonly Option[]
  }
  readonly verbs: V
}

/** What `list` asks for. */
export type ListQuery<F extends Filters = Filters> = {
  readonly [K in keyof F]?: Static<F[K]['schema']>
} & {
  readonly limit?: number
  readonly cursor?: string
  readonly named?: string
  readonly search?: string
  readonly sort?: string
  readonly order?: 'ascending' | 'descending'
}

/** @typeParam T an item. */
export interface Noun<T extends Item = Item, F extends Filters = Filters, V extends Verbs = Verbs>
  extends NounInit<T, F, V> {
  readonly item: TSchema
  readonly spoken: Spoken
  /** `/service-accounts`. */
  readonly path: string
  /** One page of a list. The first page has the total. */
  readonly page: TSchema
  readonly query: TSchema
}

/** What a directory has one of, such as its catalogue: verbs, without a list. */
export interface Single<V extends Verbs = Verbs> extends Pick<Noun, 'one' | 'spoken' | 'command' | 'about' | 'path'> {
  readonly verbs: V
}

export interface Item {
  /** Absent: the noun has `keyOf`. */
  readonly id?: string | number
}

export const MAX_PAGE = 500
export const DEFAULT_PAGE = 100
const nameFilter = Type.Optional(Type.String({ minLength: 1, maxLength: 256 }))

/** Gives a verb the type of its answer. */
export function verb<const B extends TSchema | undefined, const R extends TSchema>(init: Verb<B, R>): Verb<B, R> {
  return init
}

export function noun<
  const I extends TSchema,
  const F extends Filters = Record<never, never>,
  const V extends Verbs = Record<never, never>,
>(init: NounInit<Static<I> & Item, F, V> & { readonly item: I }): Noun<Static<I> & Item, F, V> {
  const { one, many, spoken = { one, many }, item, list } = init
  const filters = Object.entries<Filter>(list.filters ?? {}).map(([name, { schema }]) => [name, Type.Optional(schema)])
  return {
    ...init,
    spoken,
    path: `/${dashed(many)}`,
    page: countedPageOf(item),
    query: closed({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE })),
      cursor: Type.Optional(cursorSchema),
      ...Object.fromEntries(filters),
      named: nameFilter,
      ...(list.search === undefined ? {} : { search: nameFilter }),
      ...(list.sorts === undefined
        ? {}
        : { sort: Type.Optional(words(...list.sorts)), order: Type.Optional(words('ascending', 'descending')) }),
    }),
  }
}

export function single<const V extends Verbs>(init: Pick<Single<V>, 'one' | 'command' | 'about' | 'verbs'>): Single<V> {
  const { one } = init
  return { ...init, spoken: { one, many: one }, path: `/${dashed(one)}` }
}

/** Of a member of a body. */
export function memberSchema(body: TSchema | undefined, member: string | undefined): TSchema | undefined {
  const properties: Readonly<Record<string, TSchema>> = { ...Object(body === undefined ? {} : Object(body).properties) }
  return member === undefined ? undefined : properties[member]
}

/** The words of a choice. */
export function choicesOf(schema: TSchema | undefined): readonly string[] | undefined {
  return schema !== undefined && 'enum' in schema && Array.isArray(schema.enum) ? schema.enum.map(String) : undefined
}

/** What commands ask for unless an option says otherwise. */
export function usualQuery({ list: { filters = {} } }: Pick<Noun, 'list'>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(filters).flatMap(([member, { usual }]) => (usual === undefined ? [] : [[member, usual]])),
  )
}

/** As commands, paths and documents spell it: `service-accounts`. */
export function dashed(name: string): string {
  return name.replaceAll(' ', '-')
}

/** As JSON spells it: `serviceAccounts`. */
export function camelCased(name: string): string {
  return name.replace(/[ -](\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** The command of a noun: `service-accounts`. */
export function commandOf({ command, spoken }: Pick<Noun, 'command' | 'spoken'>): string {
  return command ?? dashed(spoken.many)
}

/** The document of a list, as it has its items. */
export function listMemberOf({ many, list: { member } }: Pick<Noun, 'many' | 'list'>): string {
  return member ?? camelCased(many)
}

/** `service-accounts list`. */
export function listCommandOf(noun: Pick<Noun, 'command' | 'spoken' | 'list'>): string {
  return `${commandOf(noun)} ${noun.list.command ?? 'list'}`
}
