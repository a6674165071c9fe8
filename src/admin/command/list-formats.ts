import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { printable, printableJson } from '../../base/text/printable.ts'
import { similarWords } from '../../base/text/similar-words.ts'
import { type Terminal, type Tone, table } from '../../view/terminal.ts'
import { answer, type CommandComponents, type CommonOptions, oneOf } from './command-line.ts'

/** Lists for people and for programs. Foreign text is escaped for each format. */

export const LIST_FORMATS = ['table', 'wide', 'csv', 'tsv', 'json', 'jsonl', 'yaml', 'id'] as const
/** Of one thing, in sections. */
export const PAGE_FORMATS = ['table', 'json', 'yaml'] as const
type ListFormat = (typeof LIST_FORMATS)[number]

export interface Column<T> {
  readonly heading: string
  /** For a person. */
  readonly cell: (item: T) => string
  /** For a program: whole, times in RFC 3339, undefined for nothing. Absent: the cell. */
  readonly value?: (item: T) => string | undefined
  /** Tables have it only if they are wide. */
  readonly wide?: true
}

export interface FormatOptions extends CommonOptions {
  readonly output?: ListFormat
  readonly columns?: readonly string[]
}

export interface ItemList<T> {
  readonly items: readonly T[]
  readonly columns: readonly Column<T>[]
  readonly idOf: (item: T) => string
  /** Of its line in a table. */
  readonly toneOf?: ((item: T) => Tone | undefined) | undefined
  readonly document: Parameters<typeof answer>[2]
  /** The last line of a table: how many, and of how many. */
  readonly footer: string
}

export function withFormat(command: Command): Command {
  return command
    .option(
      '-o, --output <format>',
      `one of ${LIST_FORMATS.join(', ')} (default: table; tsv where standard output is no terminal)`,
      oneOf('format', LIST_FORMATS),
    )
    .option('--columns <names>', 'only these columns, in this order, separated by commas: id,owner', (names) =>
      names.split(',').map((name) => name.trim()),
    )
}

/** Prints a list in the format that was asked for. */
export async function printList<T extends object>(
  components: CommandComponents,
  options: FormatOptions,
  list: ItemList<T>,
): Promise<void> {
  const { terminal, out, err } = components
  const { items, footer } = list
  const format = options.json === true ? 'json' : (options.output ?? (terminal.columns === undefined ? 'tsv' : 'table'))
  const columns = chosenColumns(list.columns, options.columns, format)
  switch (format) {
    case 'json':
      answer(components, { json: true }, list.document, () => [])
      return
    case 'yaml': {
      // Loaded when it is asked for: few lists are.
      const { printableYaml } = await import('./printable-yaml.ts')
      out(printableYaml(list.document))
      return
    }
    case 'jsonl':
      out(items.map((item) => `${printableJson(item)}\n`).join(''))
      break
    case 'csv':
      out(csvOf(items, columns))
      break
    case 'tsv':
      out(tsvOf(items, columns))
      break
    case 'id':
      out(items.map((item) => `${list.idOf(item)}\n`).join(''))
      break
    default: {
      const wide = format === 'wide' || options.columns !== undefined
      const lines = items.length === 0 ? [] : tableOf(items, columns, { terminal, wide, toneOf: list.toneOf })
      out([...lines, footer].map((line) => `${line}\n`).join(''))
      return
    }
  }
  // An empty answer in a format for programs looks like a failure.
  if (items.length === 0) err(`${footer}\n`)
}

/** The formats that have columns. */
const WITH_COLUMNS: readonly ListFormat[] = ['table', 'wide', 'csv', 'tsv']

/** @throws `USAGE_INVALID`. */
function chosenColumns<T>(
  columns: readonly Column<T>[],
  names: readonly string[] | undefined,
  format: ListFormat,
): readonly Column<T>[] {
  if (names === undefined) return columns
  if (!WITH_COLUMNS.includes(format)) {
    throw new SuretyError('USAGE_INVALID', `--columns is for ${WITH_COLUMNS.join(', ')}: ${format} has all members`)
  }
  return names.map((name) => {
    const column = columns.find((one) => nameOf(one) === name.toLowerCase().replaceAll(/[ -]/g, '_'))
    if (column !== undefined) return column
    const known = columns.map(nameOf)
    const [similar] = similarWords(name, known)
    const hint = similar === undefined ? 'name some of' : `did you mean ${similar}? There are`
    throw new SuretyError('USAGE_INVALID', `there is no column ${JSON.stringify(name)}: ${hint} ${known.join(', ')}`)
  })
}

interface TableInit<T> extends Pick<ItemList<T>, 'toneOf'> {
  readonly terminal: Terminal
  readonly wide: boolean
}

export function tableOf<T>(
  items: readonly T[],
  columns: readonly Column<T>[],
  { terminal, wide, toneOf }: TableInit<T>,
): readonly string[] {
  const shown = columns.filter((column) => wide || column.wide !== true)
  const rows = items.map((item) => ({ cells: shown.map(({ cell }) => cell(item)), tone: toneOf?.(item) }))
  return table(rows, terminal, { heading: shown.map(({ heading }) => heading) })
}

/** RFC 4180, with a heading. */
export function csvOf<T>(items: readonly T[], columns: readonly Column<T>[]): string {
  const rows = items.map((item) => columns.map((column) => textFor(column, item)))
  return [columns.map(nameOf), ...rows].map(csvLine).join('')
}

/** One line of RFC 4180. No cell runs in a spreadsheet as a formula. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

/** With a heading. No value has a tab or a line feed. */
export function tsvOf<T>(items: readonly T[], columns: readonly Column<T>[]): string {
  const rows = [columns.map(nameOf), ...items.map((item) => columns.map((column) => textFor(column, item)))]
  return rows.map((row) => `${row.map((value) => printable(value)).join('\t')}\n`).join('')
}

function nameOf<T>({ heading }: Column<T>): string {
  return heading.toLowerCase().replaceAll(' ', '_')
}

function textFor<T>({ cell, value = cell }: Column<T>, item: T): string {
  return value(item) ?? ''
}

/** Spreadsheets run what begins like this as a formula, also in quotes. Full-width signs count as the others do. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/

function csvCell(value: string): string {
  const text = printable(value)
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
