import type { Command } from 'commander'
import {
  type BodyOf,
  camelCased,
  choicesOf,
  commandOf,
  type Document,
  dashed,
  type Filters,
  type Item,
  memberSchema,
  type Noun,
  type Single,
  type Verb,
  type Verbs,
} from '../../protocol/noun/noun.ts'
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
import { facts as factLines } from '../command/format.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { call, idOf, show } from './call.ts'
import { addListCommand, type ListCode, shownText } from './list-command.ts'
import { addOption, membersOf } from './options.ts'

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

export interface NounCode<T, V extends Verbs> extends VerbCode<V> {
  readonly list?: ListCode<T>
  /** Instead of all columns, one a line. */
  readonly show?: (run: Pick<Run, 'api' | 'options'>, item: T) => Promise<void>
}

interface VerbCode<V extends Verbs> {
  /** The id of what a person means, where names are found in another way. */
  readonly idOf?: (api: ApiClient, wanted: string) => Promise<string>
  /** What is sent, where it does not come from arguments and options that have members. */
  readonly bodies?: { readonly [K in keyof V]?: (run: Run) => Promise<BodyOf<V[K]>> }
  /** Instead of sending the body and saying what the declaration says. */
  readonly verbs?: { readonly [K in keyof V]?: (run: Run) => Promise<void> }
  /** What is wrong with options: a usage error, before anything is asked of the directory. */
  readonly refusals?: { readonly [K in keyof V]?: (options: Run['options']) => string | undefined }
  /** What a person reads before a verb asks. Undefined: it asks nothing. */
  readonly facts?: { readonly [K in keyof V]?: (run: Run) => Promise<readonly string[] | undefined> }
}

export function addNounCommands<T extends Item, F extends Filters, V extends Verbs>(
  program: Command,
  components: CommandComponents,
  noun: Noun<T, F, V>,
  code: NounCode<T, V> = {},
): Command {
  const command = program.command(commandOf(noun)).description(noun.about)
  if (noun.alias !== undefined) command.alias(noun.alias)
  addCommandsTo(command, components, noun, code)
  return command
}

/** To the command of another noun, such as `devices`. */
export function addCommandsTo<T extends Item, F extends Filters, V extends Verbs>(
  command: Command,
  components: CommandComponents,
  noun: Noun<T, F, V>,
  { list, show: shown, ...code }: NounCode<T, V> = {},
): void {
  addListCommand(command, components, noun, list)
  if (noun.show !== undefined) addShow(command, components, noun, shown)
  addVerbCommands(command, components, noun, code)
}

export function addVerbCommands<V extends Verbs>(
  command: Command,
  components: CommandComponents,
  noun: Single<V>,
  { idOf: idCode, bodies = {}, verbs: code = {}, refusals = {}, facts: read = {} }: VerbCode<V>,
): void {
  for (const [name, verb] of Object.entries(noun.verbs)) {
    if (verb.command !== undefined)
      addVerb(command, components, {
        noun,
        idCode,
        name,
        verb,
        bodyOf: bodies[name],
        code: code[name],
        refusalOf: refusals[name],
        factsOf: read[name],
      })
  }
}

function addShow<T extends Item>(
  parent: Command,
  components: CommandComponents,
  noun: Noun<T>,
  shown: NounCode<T, Verbs>['show'],
): void {
  const { spoken, called, show: declared } = noun
  if (declared === undefined) return
  const command = withApiOptions(parent.command('show').description(declared.about))
  for (const option of declared.options ?? []) addOption(command, option, components)
  command
    .argument(`<${spoken.one}>`, called)
    .addHelpText('after', examples(...declared.examples.map((line) => `surety-directory ${commandOf(noun)} ${line}`)))
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      const item = await show(api, noun, await idOf(api, noun, wanted))
      if (shown !== undefined) return shown({ api, options: { ...options } }, item)
      answerWith(components, options, { document: documentOf(noun), value: item }, () =>
        columnsOf(noun, item, components.now()),
      )
    })
}

/** Every column that the item has, one a line. */
function columnsOf<T extends Item>({ list: { columns } }: Noun<T>, item: T, now: number): readonly string[] {
  return factLines(columns.map((column) => [column.heading.toLowerCase(), shownText(column, item, now)]))
}

interface VerbInit {
  readonly noun: Single | Noun
  readonly name: string
  readonly verb: Verb
  readonly idCode: VerbCode<Verbs>['idOf']
  readonly bodyOf: ((run: Run) => Promise<unknown>) | undefined
  readonly code: ((run: Run) => Promise<void>) | undefined
  readonly refusalOf: ((options: Run['options']) => string | undefined) | undefined
  readonly factsOf: ((run: Run) => Promise<readonly string[] | undefined>) | undefined
}

function addVerb(
  parent: Command,
  components: CommandComponents,
  { noun, name, verb, idCode, bodyOf, code, refusalOf, factsOf }: VerbInit,
): void {
  const { command: declared, action } = verb
  if (declared === undefined) return
  const ofItem = verb.ofItem === true && 'list' in noun ? noun : undefined
  const { about, arguments: given = [], options: known = [], asks, says, document } = declared
  const command = withApiOptions(parent.command(name).description(about))
  if (asks !== undefined) withConsent(command)
  if (ofItem !== undefined) command.argument(`<${ofItem.spoken.one}>`, ofItem.called)
  for (const { name: word, about: said, member } of given) {
    const choices = choicesOf(memberSchema(verb.body, member))
    // A parser would leave only the last of several words.
    if (choices === undefined) command.argument(`<${word}>`, said ?? '')
    else command.argument(`<${word}>`, said ?? '', oneOf(word, choices))
  }
  for (const option of known) {
    addOption(command, { ...option, schema: memberSchema(verb.body, option.member) }, components)
  }
  command.addHelpText(
    'after',
    examples(...declared.examples.map((line) => `surety-directory ${commandOf(noun)} ${line}`)),
  )
  command.action(async (...all: unknown[]) => {
    const options = command.opts<CommonOptions & { readonly yes?: boolean }>()
    const refusal = refusalOf?.({ ...options })
    if (refusal !== undefined) command.error(`error: ${refusal}`)
    const words = all.slice(0, command.registeredArguments.length).flat().map(String)
    const api = await openApi(components, options)
    const [wanted = ''] = words
    const id = ofItem === undefined ? '' : await (idCode?.(api, wanted) ?? idOf(api, ofItem, wanted))
    const rest = ofItem === undefined ? words : words.slice(1)
    const body = {
      ...Object.fromEntries(given.flatMap(({ member }, at) => (member === undefined ? [] : [[member, rest[at]]]))),
      ...(await membersOf(api, known, options)),
    }
    const run: Run = {
      api,
      options: { ...options },
      id,
      words: rest,
      body,
    }
    const facts = factsOf === undefined ? [] : await factsOf(run)
    if (asks !== undefined && facts !== undefined) {
      const act = wanted === '' ? asks : `${asks} ${JSON.stringify(wanted)}`
      await requireConsent(components, options, { facts, act, permission: { api, action } })
    }
    if (code !== undefined) return code(run)
    const sent = bodyOf === undefined ? body : await bodyOf(run)
    const value: unknown = await call<Verbs, string>(api, noun, name, {
      ...(ofItem === undefined ? {} : { id }),
      ...(verb.body === undefined ? {} : { body: sent }),
    })
    answerWith(components, options, { document: document ?? documentOf(noun), value }, () => says?.(value) ?? [])
  })
}

function documentOf({ one }: { readonly one: string }): Document {
  return { name: dashed(one), member: camelCased(one) }
}

function answerWith(
  components: CommandComponents,
  options: CommonOptions,
  { document: { name, member }, value }: { readonly document: Document; readonly value: unknown },
  lines: () => readonly string[],
): void {
  const members = member === undefined ? { ...Object(value) } : { [member]: value }
  answer(components, options, { schema: `surety-directory/${name}@1`, ...members }, lines)
}
