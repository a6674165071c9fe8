import type { Column, Filter, Item, Noun } from '../../protocol/noun/noun.ts'
import { capital } from '../data/words.ts'
import { Said } from '../parts/said.tsx'
import { Ago } from '../parts/time.tsx'
import type { ListColumn, ListFilter, ListSpec } from './list-spec.ts'

/** The list of a noun, from its declaration. */

export function nounList<T extends Item>(noun: Noun<T>): ListSpec<T> {
  const { spoken, path, list } = noun
  return {
    title: capital(spoken.many),
    one: spoken.one,
    many: spoken.many,
    path,
    columns: list.columns.map((column, place) => ({
      ...columnOf(column, list.sorts ?? []),
      // The page of an item has its id.
      ...(column.heading === 'ID' && place > 0 ? { wide: true as const } : {}),
    })),
    // What wants an id is set by links to the list.
    filters: Object.entries(list.filters ?? {})
      .filter(([, { options = [] }]) =>
        options.every(({ as }) => as !== 'human' && as !== 'device' && as !== 'registration'),
      )
      .map(([member, filter]) => filterOf(member, filter)),
    ...(list.search === undefined ? {} : { search: list.search }),
    keyOf: (item) => noun.keyOf?.(item) ?? `${item.id}`,
    ...(noun.keyOf === undefined ? { hrefOf: ({ id = '' }: T) => `${PLACES[path] ?? pageOf(noun)}/${id}` } : {}),
    empty: <p className="muted">{capital(noun.about)}.</p>,
  }
}

/** Where items are that are items of another noun too. */
const PLACES: Readonly<Record<string, string>> = { '/zombies': '/registrations' }

/** The address of its list in the console. */
export function pageOf({ spoken }: Pick<Noun, 'spoken'>): string {
  return `/${spoken.many.replaceAll(' ', '-')}`
}

function columnOf<T>(column: Column<T>, sorts: readonly string[]): ListColumn<T> {
  const { heading, as, wide } = column
  const sort = sorts.find((name) => name.replaceAll('-', ' ') === heading.toLowerCase())
  return {
    heading: capital(heading.toLowerCase()),
    cell: (item) => <Value column={column} item={item} />,
    value(item) {
      const value = column.of(item)
      return typeof value === 'number' && (as === 'time' || as === 'ago') ? new Date(value).toISOString() : value
    },
    ...(sort === undefined ? {} : { sort }),
    ...(as === 'count' ? { isNumber: true } : {}),
    ...(wide === undefined ? {} : { wide }),
  }
}

/** What an item has in a column. */
export function Value<T>({ column, item }: { readonly column: Column<T>; readonly item: T }) {
  const value = column.of(item)
  if (typeof value === 'number' && (column.as === 'time' || column.as === 'ago')) return <Ago at={value} />
  return <Said>{column.shown?.(item, Date.now()) ?? value?.toString()}</Said>
}

function filterOf(member: string, { schema, usual, options = [] }: Filter): ListFilter {
  const values = 'enum' in schema && Array.isArray(schema.enum) ? schema.enum.map(String) : undefined
  const isSwitch = 'type' in schema && schema.type === 'boolean'
  const choices = isSwitch
    ? [
        { value: 'true', label: 'yes' },
        { value: 'false', label: 'no' },
      ]
    : values?.map((value) => ({ value, label: value.replaceAll('-', ' ') }))
  // A flag without a value, such as `--no-owner`, stands for one of the choices.
  const [, written] = /^--([a-z-]+) </.exec(options[0]?.flags ?? '') ?? []
  return {
    member,
    label: written?.replaceAll('-', ' ') ?? member.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    ...(choices === undefined ? {} : { choices }),
    ...(usual === undefined ? {} : { usual }),
    ...(options.some(({ as }) => as === 'since') ? { isTime: true as const } : {}),
    ...('pattern' in schema && typeof schema.pattern === 'string' ? { pattern: new RegExp(schema.pattern) } : {}),
  }
}
