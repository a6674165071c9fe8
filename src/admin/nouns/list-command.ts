import type { Command } from 'commander'
import { ago } from '../../base/text/ago.ts'
import {
  type Column,
  commandOf,
  dashed,
  type Item,
  type ListQuery,
  listMemberOf,
  type Noun,
  usualQuery,
} from '../../protocol/noun/noun.ts'
import { type CommandComponents, examples, oneOf, openApi, withApiOptions } from '../command/command-line.ts'
import { countOf, isoTime, timeOf } from '../command/format.ts'
import { type FormatOptions, printList, type Column as ShownColumn, withFormat } from '../command/list-formats.ts'
import { readLimit } from '../command/read-numbers.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { type Loaded, list } from './call.ts'
import { addOption, membersOf } from './options.ts'

/** `list`, the same for every noun: filters that combine, search, order, limit, formats, and how many there are. */

interface ListOptions extends FormatOptions {
  readonly limit?: number
  readonly sort?: string
  readonly reverse?: boolean
  readonly search?: string
}

interface ListRun {
  readonly api: ApiClient
  readonly options: Readonly<Record<string, unknown>> & ListOptions
  readonly query: ListQuery
}

/** Instead of loading what is asked for. Undefined: it has printed all. */
export type ListCode<T> = (run: ListRun) => Promise<Loaded<T> | undefined>

export function addListCommand<T extends Item>(
  parent: Command,
  components: CommandComponents,
  noun: Noun<T>,
  load: ListCode<T> = ({ api, query }) => list(api, noun, query),
): void {
  const { spoken, list: declared } = noun
  const command = withFormat(withApiOptions(parent.command(declared.command ?? 'list').description(declared.about)))
  const filters = Object.entries(declared.filters ?? {}).flatMap(([member, { schema, options = [] }]) =>
    options.map((option) => ({ ...option, member, schema, others: options.filter((other) => other !== option) })),
  )
  for (const option of filters) addOption(command, option, components)
  if (declared.search !== undefined) command.option('--search <text>', declared.search)
  if (declared.sorts !== undefined) {
    command
      .option('--sort <column>', `one of ${declared.sorts.join(', ')}`, oneOf('column', declared.sorts))
      .option('--reverse', 'in the opposite order')
  }
  for (const option of declared.options ?? []) addOption(command, option, components)
  command
    .option('--limit <count>', `at most COUNT ${spoken.many} (default: ${declared.mostShown ?? 'all'})`, readLimit)
    .addHelpText('after', examples(...declared.examples.map((one) => `surety-directory ${commandOf(noun)} ${one}`)))
    .action(async (options: ListOptions) => {
      const api = await openApi(components, options)
      const { limit = declared.mostShown, sort, reverse, search } = options
      const narrowed = await membersOf(api, filters, options)
      const query: ListQuery = {
        ...usualQuery(noun),
        ...narrowed,
        ...(limit === undefined ? {} : { limit }),
        ...(sort === undefined ? {} : { sort }),
        ...(reverse === true ? { order: oppositeOrder(noun, options) } : {}),
        ...(search === undefined ? {} : { search }),
      }
      const loaded = await load({ api, options: { ...options }, query })
      if (loaded === undefined) return
      const { items, total } = loaded
      await printList<T>(components, options, {
        items,
        columns: declared.columns.map((column) => shownColumn(column, components.now())),
        toneOf: declared.toneOf,
        idOf: (item) => noun.keyOf?.(item) ?? `${item.id}`,
        document: {
          schema: `surety-directory/${dashed(noun.many)}@1`,
          [listMemberOf(noun)]: items,
          ...(total === undefined ? { more: true } : { total }),
        },
        footer: await footerOf(api, noun, { shown: items.length, total }),
      })
    })
}

function oppositeOrder({ list: { newestFirst, foundBy } }: Noun, { sort, search }: ListOptions) {
  const by = sort ?? (search === undefined ? undefined : foundBy)
  return newestFirst === true && by === undefined ? 'ascending' : 'descending'
}

interface Counted {
  readonly shown: number
  /** Undefined: nobody counted. */
  readonly total: number | undefined
}

async function footerOf<T extends Item>(api: ApiClient, noun: Noun<T>, { shown, total }: Counted): Promise<string> {
  const { one, many } = noun.spoken
  const { none = `no ${many}`, countsAll } = noun.list
  if (total === undefined) return `${countOf(shown)} ${many}, and more`
  if (total === 0 && countsAll === true) {
    const { total: whole = 0 } = await list(api, noun, { limit: 1 })
    return whole === 0 ? none : `none of ${countOf(whole, one, many)} matches`
  }
  if (total === 0) return none
  const all = countOf(total, one, many)
  return shown < total ? `${countOf(shown)} of ${all}` : all
}

/** For a person times are short, and counts have commas. */
export function shownColumn<T>(column: Column<T>, now: number): ShownColumn<T> {
  const { heading, wide, as } = column
  return {
    heading,
    cell: (item) => shownText(column, item, now) ?? '-',
    value(item) {
      const value = column.of(item)
      return typeof value === 'number' && (as === 'time' || as === 'ago') ? isoTime(value) : value?.toString()
    },
    ...(wide === undefined ? {} : { wide }),
  }
}

export function shownText<T>(column: Column<T>, item: T, now: number): string | undefined {
  if (column.shown !== undefined) return column.shown(item, now)
  const value = column.of(item)
  if (typeof value !== 'number') return value
  if (column.as === 'ago') return ago(value, now)
  return column.as === 'time' ? timeOf(value) : countOf(value)
}
