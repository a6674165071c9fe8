import { Command, InvalidArgumentError } from 'commander'
import {
  type BodyOf,
  type Column,
  camelCased,
  type Document,
  dashed,
  type Filters,
  type ListQuery,
  type Noun,
  type Option,
  type Verb,
  type Verbs,
} from '../../protocol/nouns/noun.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  oneOf,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { requireConsent, withConsent } from '../command/consent.ts'
import { countOf, facts, isoTime, parseDuration, timeOf } from '../command/format.ts'
import { type FormatOptions, printList, type Column as ShownColumn, withFormat } from '../command/list-formats.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { humanIdOf } from '../names/name-human.ts'
import { call, idOf, list, show } from './call.ts'

/** The commands of a noun, from its declaration. A command with a way of its own brings code for its action. */

/** What the action of a command of a verb has. */
export interface Run {
  readonly api: ApiClient
  readonly options: Readonly<Record<string, unknown>> & CommonOptions
  /** Of the item that was named. Empty for a verb of all items. */
  readonly id: string
  /** What was written, without the name of the item. */
  readonly words: readonly string[]
  /** From the arguments and options that the declaration gives members. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface NounCode<T, V extends Verbs> {
  /** Instead of all columns, one a line. */
  readonly show?: (run: Pick<Run, 'api' | 'options'>, item: T) => Promise<void>
  /** What is sent, where it does not come from arguments and options that have members. */
  readonly bodies?: { readonly [K in keyof V]?: (run: Run) => Promise<BodyOf<V[K]>> }
  /** Instead of sending the body and saying what the declaration says. */
  readonly verbs?: { readonly [K in keyof V]?: (run: Run) => Promise<void> }
}

interface ListOptions extends FormatOptions {
  readonly limit?: number
  readonly sort?: string
  readonly reverse?: boolean
  readonly search?: string
}

export function addNounCommands<T extends { readonly id: string }, F extends Filters, V extends Verbs>(
  program: Command,
  components: CommandComponents,
  noun: Noun<T, F, V>,
  { show: shown, bodies = {}, verbs: code = {} }: NounCode<T, V> = {},
): Command {
  const command = program.command(dashed(noun.many)).description(noun.about)
  addList(command, components, noun)
  if (noun.show !== undefined) addShow(command, components, noun, shown)
  for (const [name, verb] of Object.entries(noun.verbs)) {
    if (verb.command !== undefined)
      addVerb(command, components, { noun, name, verb, bodyOf: bodies[name], code: code[name] })
  }
  return command
}

function addList<T extends { readonly id: string }>(
  parent: Command,
  components: CommandComponents,
  noun: Noun<T>,
): void {
  const { many, list: declared } = noun
  const command = withFormat(withApiOptions(parent.command('list').description(declared.about)))
  const filters = Object.entries(declared.filters ?? {}).flatMap(([member, { options = [] }]) =>
    options.map((option) => ({ ...option, member })),
  )
  for (const option of filters) addOption(command, option, components)
  if (declared.search !== undefined) command.option('--search <text>', declared.search)
  if (declared.sorts !== undefined) {
    command
      .option('--sort <column>', `one of ${declared.sorts.join(', ')}`, oneOf('column', declared.sorts))
      .option('--reverse', 'in the opposite order')
  }
  command
    .option('--limit <count>', `at most COUNT ${many} (default: all)`, readLimit)
    .addHelpText('after', examples(...declared.examples.map((one) => `surety-directory ${dashed(many)} ${one}`)))
    .action(async (options: ListOptions) => {
      const api = await openApi(components, options)
      const { limit, sort, reverse, search } = options
      const query: ListQuery = {
        ...(await membersOf(api, filters, options)),
        ...(limit === undefined ? {} : { limit }),
        ...(sort === undefined ? {} : { sort }),
        ...(reverse === true ? { order: 'descending' as const } : {}),
        ...(search === undefined ? {} : { search }),
      }
      const { items, total } = await list(api, noun, query)
      await printList<T>(components, options, {
        items,
        columns: declared.columns.map(shownColumn),
        idOf: ({ id }) => id,
        document: { schema: `surety-directory/${dashed(many)}@1`, [camelCased(many)]: items },
        footer: footerOf(items.length, total, noun),
      })
    })
}

function footerOf(shown: number, total: number, { one, many }: Pick<Noun, 'one' | 'many'>): string {
  if (total === 0) return `no ${many}`
  const all = total === 1 ? `1 ${one}` : `${countOf(total)} ${many}`
  return shown < total ? `${countOf(shown)} of ${all}` : all
}

function addShow<T extends { readonly id: string }>(
  parent: Command,
  components: CommandComponents,
  noun: Noun<T>,
  shown: NounCode<T, Verbs>['show'],
): void {
  const { one, many, called, show: declared } = noun
  if (declared === undefined) return
  withApiOptions(parent.command('show').description(declared.about))
    .argument(`<${one}>`, called)
    .addHelpText('after', examples(...declared.examples.map((line) => `surety-directory ${dashed(many)} ${line}`)))
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      const item = await show(api, noun, await idOf(api, noun, wanted))
      if (shown !== undefined) return shown({ api, options: { ...options } }, item)
      answerWith(components, options, { document: documentOf(noun), value: item }, () => factsOf(noun, item))
    })
}

/** Every column that the item has, one a line. */
export function factsOf<T extends { readonly id: string }>({ list: { columns } }: Noun<T>, item: T): readonly string[] {
  return facts(columns.map((column) => [column.heading.toLowerCase(), textOf(column, item)]))
}

interface VerbInit<T extends { readonly id: string }> {
  readonly noun: Noun<T>
  readonly name: string
  readonly verb: Verb
  readonly bodyOf: ((run: Run) => Promise<unknown>) | undefined
  readonly code: ((run: Run) => Promise<void>) | undefined
}

function addVerb<T extends { readonly id: string }>(
  parent: Command,
  components: CommandComponents,
  { noun, name, verb, bodyOf, code }: VerbInit<T>,
): void {
  const { command: declared, ofItem, action } = verb
  if (declared === undefined) return
  const { about, arguments: given = [], options: known = [], asks, says, document } = declared
  const command = withApiOptions(parent.command(name).description(about))
  if (asks !== undefined) withConsent(command)
  if (ofItem === true) command.argument(`<${noun.one}>`, noun.called)
  for (const one of given) command.argument(`<${one.name}>`, one.about)
  for (const option of known) addOption(command, option, components)
  command.addHelpText(
    'after',
    examples(...declared.examples.map((line) => `surety-directory ${dashed(noun.many)} ${line}`)),
  )
  command.action(async (...all: unknown[]) => {
    const options = command.opts<CommonOptions & { readonly yes?: boolean }>()
    const words = all.slice(0, command.registeredArguments.length).map(String)
    const api = await openApi(components, options)
    const [wanted = ''] = words
    const id = ofItem === true ? await idOf(api, noun, wanted) : ''
    const rest = ofItem === true ? words.slice(1) : words
    if (asks !== undefined) {
      await requireConsent(components, options, {
        act: `${asks} ${JSON.stringify(wanted)}`,
        permission: { api, action },
      })
    }
    const body = {
      ...Object.fromEntries(given.flatMap(({ member }, at) => (member === undefined ? [] : [[member, rest[at]]]))),
      ...(await membersOf(api, known, options)),
    }
    const run: Run = { api, options: { ...options }, id, words: rest, body }
    if (code !== undefined) return code(run)
    const sent = bodyOf === undefined ? body : await bodyOf(run)
    const value: unknown = await call<Verbs, string>(api, noun, name, {
      ...(ofItem === true ? { id } : {}),
      ...(verb.body === undefined ? {} : { body: sent }),
    })
    answerWith(components, options, { document: document ?? documentOf(noun), value }, () => says?.(value) ?? [])
  })
}

function documentOf({ one }: { readonly one: string }): Document {
  return { name: dashed(one), member: camelCased(one) }
}

export function answerWith(
  components: CommandComponents,
  options: CommonOptions,
  { document: { name, member }, value }: { readonly document: Document; readonly value: unknown },
  lines: () => readonly string[],
): void {
  const members = member === undefined ? { ...Object(value) } : { [member]: value }
  answer(components, options, { schema: `surety-directory/${name}@1`, ...members }, lines)
}

function addOption(command: Command, { flags, about, as, required }: Option, { now }: CommandComponents): void {
  const read = as === 'time' ? (text: string) => now() + readDuration(text) : undefined
  const option = command.createOption(flags, about).makeOptionMandatory(required === true)
  command.addOption(read === undefined ? option : option.argParser(read))
}

/** What options set, by member. */
async function membersOf(
  api: ApiClient,
  options: readonly Option[],
  given: object,
): Promise<Readonly<Record<string, unknown>>> {
  const members: Record<string, unknown> = {}
  for (const { flags, member, value, as } of options) {
    const written = Object.entries(given).find(([name]) => name === attributeOf(flags))?.[1]
    const isNegated = flags.startsWith('--no-')
    if (member === undefined || written === undefined || (isNegated ? written !== false : written === false)) continue
    if (value !== undefined) members[member] = value
    else members[member] = as === 'human' && typeof written === 'string' ? await humanIdOf(api, written) : written
  }
  return members
}

function attributeOf(flags: string): string {
  return new Command().createOption(flags).attributeName()
}

/** @throws `InvalidArgumentError`. */
function readDuration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d, such as 90d')
  return ms
}

function readLimit(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a whole number from 1 to 9999999')
}

/** For a person times are short, and counts have commas. */
export function shownColumn<T>(column: Column<T>): ShownColumn<T> {
  const { heading, wide, as } = column
  return {
    heading,
    cell: (item) => textOf(column, item) ?? '-',
    value(item) {
      const value = column.of(item)
      return as === 'time' && typeof value === 'number' ? isoTime(value) : value?.toString()
    },
    ...(wide === undefined ? {} : { wide }),
  }
}

function textOf<T>({ of, as }: Column<T>, item: T): string | undefined {
  const value = of(item)
  if (typeof value !== 'number') return value
  return as === 'time' ? timeOf(value) : countOf(value)
}
