import { type Command, InvalidArgumentError } from 'commander'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Reader } from '../../base/schema.ts'
import { printable } from '../../base/text/printable.ts'
import type { Column } from '../../protocol/noun/noun.ts'
import { type ListedVersion, TEXT_MEMBERS, type TextMember, type TextNoun } from '../../protocol/noun/versioned-text.ts'
import { type Terminal, table } from '../../view/terminal.ts'
import {
  allPages,
  answer,
  type CommandComponents,
  type CommonOptions,
  openApi,
  queryOf,
  withApiOptions,
  withCommonOptions,
} from '../command/command-line.ts'
import { countOf } from '../command/format.ts'
import { type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { readLimit } from '../command/read-numbers.ts'
import { readTextFile } from '../command/read-text-file.ts'
import { shownColumn } from '../nouns/list-command.ts'

/** The commands of a file with versions: such as the policy or the rules. */

export interface VersionedText<N extends TextNoun, View, Test, Read, TestOptions> {
  readonly schemas: {
    /** Of the command, and of the path in the API. */
    readonly noun: N
    readonly viewReader: Reader<View>
    readonly historyReader: Reader<{ items: ListedVersion[]; next?: string }>
  }
  readonly about: string
  /** What it is called in sentences, and its format. Absent: as the command, and YAML. */
  readonly called?: string
  readonly format?: string
  /** The end of its help page. */
  readonly examples: string
  /** What version 0 is. */
  readonly first: string
  /** Why a version may need `--force`. */
  readonly forcedThough: string
  readonly maxBytes: number
  /** @throws what is wrong with a file. */
  readonly read: (text: string) => Read | Promise<Read>
  readonly counts: (read: Read) => { readonly document: object; readonly words: string }
  readonly setWords: (view: View) => string
  readonly test: {
    readonly about: string
    readonly withOptions?: (command: Command) => Command
    /** More of the request than the text. */
    readonly request?: (options: TestOptions) => object
    readonly reader: Reader<Test>
    readonly lines: (test: Test, terminal: Terminal) => readonly string[]
  }
}

interface SetOptions extends CommonOptions {
  readonly force?: boolean
  readonly reason?: string
  readonly replaces?: number
}

export function addVersionedText<
  N extends TextNoun,
  View extends Readonly<Record<TextMember<N>, string>> & { readonly refused?: string },
  Test,
  Read,
  TestOptions extends CommonOptions,
>(program: Command, components: CommandComponents, noun: VersionedText<N, View, Test, Read, TestOptions>): void {
  const { schemas, test, first, forcedThough, format = 'YAML' } = noun
  const { noun: name, viewReader, historyReader } = schemas
  const { called = name } = noun
  const member = TEXT_MEMBERS[name]
  const commands = program.command(name).description(noun.about).addHelpText('after', noun.examples)
  const path = `/${name}`
  withApiOptions(commands.command('show').description(`the ${called} in use, as ${format}`))
    .argument('[version]', `an earlier version; 0 is ${first}`, readVersion)
    .action(async (version: number | undefined, options: CommonOptions) => {
      const api = await openApi(components, options)
      const view = await api.ask('GET', `${path}${queryOf({ version })}`, viewReader)
      answerView(options, view, () => textLines(view[member]))
      if (view.refused !== undefined) components.err(`surety-directory: not in use: ${printable(view.refused)}\n`)
    })
  withCommonOptions(
    commands.command('check').description('is a file sound? Asks no directory').argument('<file>'),
  ).action(async (file: string, options: CommonOptions) => {
    const { document, words } = noun.counts((await checked(file)).read)
    answer(components, options, { schema: `surety-directory/${name}-check@1`, ...document }, () => [
      printable(`${file} is sound: ${words}`),
    ])
  })
  const testCommand = withApiOptions(commands.command('test').description(test.about).argument('<file>'))
  const { withOptions = (command) => command, request = () => ({}) } = test
  withOptions(testCommand).action(async (file: string, options: TestOptions) => {
    const { text } = await checked(file)
    const body = { [member]: text, ...request(options) }
    const tested = await (await openApi(components, options)).ask('POST', `${path}/test`, test.reader, body)
    answer(components, options, { schema: `surety-directory/${name}-test@1`, test: tested }, () =>
      test.lines(tested, components.terminal),
    )
  })
  withSetOptions(commands.command('set').description('use a file from now on').argument('<file>')).action(
    async (file: string, options: SetOptions) => {
      const { text } = await checked(file)
      const body = { [member]: text, ...setMembersOf(options) }
      const view = await (await openApi(components, options)).ask('PUT', path, viewReader, body)
      answerView(options, view, () => [noun.setWords(view)])
    },
  )
  withFormat(withApiOptions(commands.command('history').description('versions: who set them and when')))
    .option('--limit <count>', 'at most COUNT versions (default: all)', readLimit)
    .action(async ({ limit, ...options }: FormatOptions & { readonly limit?: number }) => {
      const versions = await allPages(await openApi(components, options), `${path}/history`, historyReader, limit)
      await printList<ListedVersion>(components, options, {
        items: versions,
        columns: VERSION_COLUMNS.map((column) => shownColumn(column, components.now())),
        idOf: ({ version }) => `${version}`,
        document: { schema: `surety-directory/${name}-history@1`, versions },
        footer: countOf(versions.length, 'version'),
      })
    })
  withSetOptions(commands.command('rollback').description('use an earlier version again, as a new one'))
    .argument('<version>', `its number in \`${name} history\`; 0 is ${first}`, readVersion)
    .action(async (version: number, options: SetOptions) => {
      const api = await openApi(components, options)
      const view = await api.ask('POST', `${path}/rollback`, viewReader, { version, ...setMembersOf(options) })
      answerView(options, view, () => [noun.setWords(view)])
    })

  function withSetOptions(command: Command): Command {
    return withApiOptions(command)
      .option('--force', `although ${forcedThough}`)
      .option('--reason <text>', 'why, kept with the version')
      .option('--replaces <version>', 'only if this version is in use', readVersion)
  }

  function answerView(options: CommonOptions, view: View, lines: () => readonly string[]): void {
    answer(components, options, { schema: `surety-directory/${name}@1`, [member]: view }, lines)
  }

  /** The directory checks again: it may know more than the file. */
  async function checked(file: string): Promise<{ readonly text: string; readonly read: Read }> {
    const text = await readTextFile(file, { maxBytes: noun.maxBytes })
    try {
      return { text, read: await noun.read(text) }
    } catch (cause) {
      throw new SuretyError(codeOf(cause) ?? 'INPUT_MALFORMED', `${file}: ${describeError(cause)}`, { cause })
    }
  }
}

function setMembersOf({ force = false, reason, replaces }: SetOptions): object {
  return { force, ...(reason === undefined ? {} : { reason }), ...(replaces === undefined ? {} : { replaces }) }
}

const VERSION_COLUMNS: readonly Column<ListedVersion>[] = [
  { heading: 'VERSION', of: ({ version }) => `${version}` },
  { heading: 'SET', of: ({ setAt }) => setAt, as: 'time' },
  { heading: 'BY', of: ({ setBy = 'this release', setByName = setBy }) => setByName },
  { heading: 'HASH', of: ({ hash }) => hash, shown: ({ hash }) => hash.slice(0, 12) },
  { heading: 'NOTE', of: noteWords },
  { heading: 'REASON', of: ({ reason }) => reason },
]

function noteWords({ forced, restores, current }: ListedVersion): string | undefined {
  const notes = [
    ...(current ? ['in use'] : []),
    ...(restores === undefined ? [] : [`restores ${restores}`]),
    ...(forced === true ? ['forced'] : []),
  ]
  return notes.length === 0 ? undefined : notes.join(', ')
}

function readVersion(text: string): number {
  if (!/^(0|[1-9]\d{0,14})$/.test(text)) throw new InvalidArgumentError('a version is a whole number')
  return Number(text)
}

/** The line breaks of the file stay. */
function textLines(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n').map(printable)
}

/** A table below an empty line, or nothing. */
export function section(terminal: Terminal, heading: readonly string[], rows: readonly (readonly string[])[]) {
  if (rows.length === 0) return []
  return [
    '',
    ...table(
      rows.map((cells) => ({ cells })),
      terminal,
      { heading },
    ),
  ]
}
