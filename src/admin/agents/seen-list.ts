import type { Command } from 'commander'
import type { Reader } from '../../base/schema.ts'
import { ago } from '../../base/text/ago.ts'
import type {
  SeenAgent,
  SeenAgentFile,
  SeenExtension,
  SeenMcpServer,
  SeenModelRuntime,
} from '../../protocol/nouns/devices/fleet.ts'
import type { Sighting, SightingKind } from '../../protocol/sighting.ts'
import { riskLines } from '../../view/sightings/risk-sentences.ts'
import { shortIds } from '../../view/sightings/short-ids.ts'
import { inOrder, KIND_VIEWS, sightingRow } from '../../view/sightings/sighting-rows.ts'
import { table } from '../../view/terminal.ts'
import { type CommandComponents, oneOf, openApi, queryOf, withApiOptions } from '../command/command-line.ts'
import { countOf, isoTime } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { readLimit } from '../command/read-numbers.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { deviceIdOf } from '../names/name-device.ts'

type Seen = SeenAgent | SeenExtension | SeenMcpServer | SeenModelRuntime | SeenAgentFile

interface Filters extends FormatOptions {
  readonly device?: string
  readonly owner?: string
  readonly user?: string
  readonly limit?: number
  readonly sort?: Sort
  readonly reverse?: boolean
  readonly product?: string
  readonly search?: string
  readonly key?: string
  readonly risk?: string
  readonly unrecognised?: boolean
  readonly unregistered?: boolean
  readonly running?: boolean
  readonly unknown?: boolean
  readonly autonomous?: boolean
  readonly frozen?: boolean
  readonly ai?: boolean
  readonly new?: number
  readonly rare?: number
  readonly endOfLife?: boolean
  readonly idle?: number
}

/** What `--sort` compares. No index of the directory has these orders: the command reads all that match, and then sorts. */
const SORTS = {
  host: ({ hostname = '' }) => hostname.toLowerCase(),
  owner: ({ owner }) => owner.toLowerCase(),
  name: ({ sighting }) => sighting.name.toLowerCase(),
  'last report': ({ deviceSeenAt = 0 }) => -deviceSeenAt,
  'first seen': ({ item, firstSeenAt }) => -(item?.firstSeenAt ?? firstSeenAt),
  devices: ({ item }) => -(item?.devices ?? 0),
} as const satisfies Readonly<Record<string, (seen: Seen) => string | number>>
type Sort = keyof typeof SORTS
const SORT_NAMES = Object.keys(SORTS)

const HOST_WIDTH = 24
/** Those of thousands of devices would hide the table. */
const MOST_RISKS = 20

interface SeenList<T extends Seen> {
  readonly path: string
  /** Of the document, and the name of its schema. */
  readonly member: string
  readonly kind: SightingKind
  readonly reader: Reader<{ items: T[]; next?: string; total?: number; totalAbove?: number }>
}

/** Makes `command` answer with what is seen on all devices, narrowed by those of the filters that it takes. */
export function addSeenList<T extends Seen>(components: CommandComponents, command: Command, list: SeenList<T>): void {
  withFormat(withApiOptions(command))
    .option('--owner <name>', 'only on devices of this person: any spelling')
    .option('--user <name>', 'only of the account with this name on its device')
    .option(
      '--sort <column>',
      `one of ${SORT_NAMES.join(', ')}: the newest and the most frequent first`,
      oneOf('column', SORT_NAMES),
    )
    .option('--reverse', 'with --sort: in the opposite order')
    .option('--limit <count>', `at most COUNT ${KIND_VIEWS[list.kind].plural} (default: all)`, readLimit)
    .action(async (filters: Filters) => {
      const api = await openApi(components, filters)
      const { device } = filters
      const on = device === undefined ? filters : { ...filters, device: await deviceIdOf(api, device) }
      const { limit, sort } = filters
      const path = `${list.path}${narrowed(on)}`
      const { items, total, totalAbove } = await counted(api, path, list, sort === undefined ? limit : undefined)
      await printSeen(components, filters, { ...list, items: sorted(items, filters), total, totalAbove })
    })
}

function sorted<T extends Seen>(items: readonly T[], { sort, reverse, limit }: Filters): readonly T[] {
  if (sort === undefined) return items
  const ordered = items.toSorted((one, other) => compared(SORTS[sort](one), SORTS[sort](other)))
  return (reverse === true ? ordered.toReversed() : ordered).slice(0, limit)
}

function compared(one: string | number, other: string | number): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

/** How many there are, where the directory says so: it does not count very many. */
interface Totals {
  readonly total?: number | undefined
  readonly totalAbove?: number | undefined
}

async function counted<T extends Seen>(
  api: ApiClient,
  path: string,
  { reader }: SeenList<T>,
  limit = Number.POSITIVE_INFINITY,
): Promise<Totals & { readonly items: readonly T[] }> {
  const items: T[] = []
  let first: (Totals & { readonly next?: string }) | undefined
  let cursor: string | undefined
  do {
    const query = queryOf({ limit: Math.min(500, limit - items.length), cursor })
    const page = await api.ask('GET', `${path}${path.includes('?') ? query.replace('?', '&') : query}`, reader)
    items.push(...page.items)
    first ??= page
    cursor = page.next
  } while (cursor !== undefined && items.length < limit)
  if (cursor === undefined) return { items, total: items.length }
  return {
    items,
    total: first.total,
    totalAbove: first.totalAbove ?? (first.total === undefined ? items.length : undefined),
  }
}

function footerOf(shown: number, { total, totalAbove }: Totals, kind: SightingKind): string {
  const { noun, plural } = KIND_VIEWS[kind]
  if (shown === 0) return `no ${plural}`
  const things = (count: number) => `${countOf(count)} ${count === 1 ? noun : plural}`
  if (total !== undefined) return shown < total ? `${countOf(shown)} of ${things(total)}` : things(total)
  return `${countOf(shown)} of more than ${things(totalAbove ?? shown)}`
}

async function printSeen<T extends Seen>(
  components: CommandComponents,
  filters: Filters,
  { member, kind, items, total, totalAbove }: SeenList<T> & Totals & { readonly items: readonly T[] },
): Promise<void> {
  const footer = footerOf(items.length, { total, totalAbove }, kind)
  const format = filters.output ?? (components.terminal.columns === undefined ? 'tsv' : 'table')
  // A person reads them by device, with their risks below, unless another order is asked for.
  if (format === 'table' && filters.sort === undefined && filters.json !== true && filters.columns === undefined) {
    const lines = items.length === 0 ? [] : seenLines(components, items)
    components.out([...lines, footer].map((line) => `${line}\n`).join(''))
    return
  }
  await printList<T>(components, filters, {
    items,
    columns: columnsOf(kind, components.now()),
    idOf: ({ sighting }) => sighting.id,
    document: { schema: `surety-directory/${member}@1`, [member]: items, total, totalAbove },
    footer,
  })
}

function columnsOf<T extends Seen>(kind: SightingKind, now: number): readonly Column<T>[] {
  return [
    { heading: 'HOST', cell: ({ hostname }) => hostname ?? '-', value: ({ hostname }) => hostname },
    { heading: 'OWNER', cell: ({ owner }) => owner },
    ...KIND_VIEWS[kind].heading.map((heading, at) => ({
      heading,
      cell: ({ sighting }: T) => sightingRow(sighting).cells[at] ?? '-',
    })),
    {
      heading: 'LAST REPORT',
      cell: ({ presence, deviceSeenAt }) => (presence === 'now' ? 'now' : `silent, ${ago(deviceSeenAt, now)}`),
      value: ({ deviceSeenAt }) => isoTime(deviceSeenAt),
    },
    {
      heading: 'FIRST SEEN',
      cell: ({ item, firstSeenAt }) => ago(item?.firstSeenAt ?? firstSeenAt, now),
      value: ({ item, firstSeenAt }) => isoTime(item?.firstSeenAt ?? firstSeenAt),
    },
    {
      heading: 'DEVICES',
      cell: ({ item }) => `${item?.devices ?? '-'}`,
      value: ({ item }) => item?.devices.toString(),
    },
    { heading: 'KEY', wide: true, cell: ({ item }) => item?.key ?? '-', value: ({ item }) => item?.key },
    { heading: 'DEVICE', wide: true, cell: ({ device }) => device },
    { heading: 'ID', wide: true, cell: ({ sighting }) => sighting.id },
  ]
}

function narrowed(filters: Filters): string {
  const yes = (given: boolean | undefined, word = 'yes') => (given === true ? word : undefined)
  return queryOf({
    device: filters.device,
    owner: filters.owner,
    user: filters.user,
    key: filters.product ?? filters.key,
    search: filters.search,
    risk: filters.risk,
    unregistered: yes(filters.unregistered),
    state: yes(filters.running, 'running'),
    presence: yes(filters.running, 'now'),
    unknown: yes(filters.unrecognised ?? filters.unknown),
    autonomous: yes(filters.autonomous),
    frozen: yes(filters.frozen),
    ai: yes(filters.ai),
    newWithinDays: filters.new,
    onAtMostDevices: filters.rare,
    endOfLife: yes(filters.endOfLife, 'passed'),
    idleForDays: filters.idle,
  })
}

/** By device. What was only last reported says since when. */
function seenLines({ terminal, now }: CommandComponents, seen: readonly Seen[]): readonly string[] {
  const short = shortIds(seen.map(({ sighting }) => sighting.id))
  const rows = [...Map.groupBy(seen, ({ device }) => device).values()].flatMap((onDevice) => {
    const bySighting = new Map<Sighting, Seen>(onDevice.map((one) => [one.sighting, one]))
    return inOrder([...bySighting.keys()]).flatMap((sighting) => {
      const one = bySighting.get(sighting)
      return one === undefined ? [] : [rowOf(one, short(sighting.id), now())]
    })
  })
  const kind = seen[0]?.sighting.kind ?? 'agent'
  return [
    ...table(rows, terminal, {
      heading: ['HOST', ...KIND_VIEWS[kind].heading, 'LAST REPORT', 'FIRST SEEN', 'DEVICES', 'ID'],
    }),
    ...riskLines(
      seen.map(({ sighting }) => sighting),
      terminal,
      { most: MOST_RISKS },
    ),
  ]
}

function rowOf({ hostname, presence, deviceSeenAt, item, firstSeenAt, sighting }: Seen, id: string, now: number) {
  const { cells, tone } = sightingRow(sighting)
  const since = item?.firstSeenAt ?? firstSeenAt
  return {
    cells: [
      shortened(hostname ?? '-'),
      ...cells,
      presence === 'now' ? 'now' : `silent, ${ago(deviceSeenAt, now)}`,
      `${ago(since, now)}${item?.isNew === true ? ', new' : ''}`,
      item === undefined ? '-' : `${item.devices}`,
      id,
    ],
    tone: presence === 'now' ? tone : ('faint' as const),
  }
}

function shortened(hostname: string): string {
  return hostname.length <= HOST_WIDTH ? hostname : `${hostname.slice(0, HOST_WIDTH - 1)}…`
}
