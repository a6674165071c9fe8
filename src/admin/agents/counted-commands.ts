import type { Command } from 'commander'
import type { Reader } from '../../base/schema.ts'
import type { Column } from '../../protocol/noun/noun.ts'
import {
  type AgentProduct,
  agentProductPageReader,
  COUNTED_SORTS,
  type CountedRisk,
  countedRiskPageReader,
  type ExtensionProduct,
  extensionProductPageReader,
  type ServerName,
  serverNamePageReader,
} from '../../protocol/nouns/agents/counted-things.ts'
import { RISK_WORDS, RISKS, type Risk } from '../../protocol/risks.ts'
import { remedyOf } from '../../view/sightings/risk-sentences.ts'
import { type CommandComponents, examples, oneOf, openApi, queryOf, withApiOptions } from '../command/command-line.ts'
import { countOf } from '../command/format.ts'
import { type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { readLimit } from '../command/read-numbers.ts'
import { shownColumn } from '../nouns/list-command.ts'

/** Which products, MCP servers, extensions and risks there are, and on how many devices. */

interface CountedOptions extends FormatOptions {
  readonly limit?: number
  readonly search?: string
  readonly sort?: string
  readonly reverse?: boolean
  readonly risk?: Risk
  readonly running?: boolean
  readonly autonomous?: boolean
  readonly unrecognised?: boolean
}

interface CountedList<T> {
  readonly path: string
  /** Of the document, and the name of its schema. */
  readonly member: string
  readonly schema: string
  readonly one: string
  readonly many: string
  readonly idOf: (item: T) => string
  readonly columns: readonly Column<T>[]
  readonly reader: Reader<{ items: T[]; next?: string; total?: number }>
  readonly examples: readonly string[]
}

const RISK_OPTION = ['--risk <risk>', `only with this risk: ${RISKS.join(', ')}`, oneOf('risk', RISKS)] as const

/** `--risk`, as all lists of things seen take it. */
export function withRisk(command: Command): Command {
  return command.option(...RISK_OPTION)
}

const risksOf = <T extends { readonly risks: AgentProduct['risks'] }>(): Column<T> => ({
  heading: 'RISKS',
  of: ({ risks }) => risks.map(({ risk, sightings }) => `${risk} ${sightings}`).join(', ') || undefined,
  shown: ({ risks }) =>
    risks.map(({ risk, sightings }) => `${RISK_WORDS[risk]} (${countOf(sightings)})`).join(', ') || '-',
})

export function addAgentProducts(agents: Command, components: CommandComponents): void {
  const command = agents
    .command('products')
    .description('which agents there are, each once: on how many devices, running, autonomous, registered')
    .option('--running', 'only products that run somewhere')
    .option('--autonomous', 'only products that act without asking somewhere')
    .option('--unrecognised', 'only products that no catalogue has')
  addCounted<AgentProduct>(components, command, {
    path: '/agent-products',
    member: 'products',
    schema: 'agent-products',
    one: 'product',
    many: 'products',
    idOf: ({ key }) => key,
    reader: agentProductPageReader,
    examples: ['agents products', 'agents products --autonomous -o csv'],
    columns: [
      { heading: 'PRODUCT', of: ({ key }) => key },
      { heading: 'NAME', of: ({ name }) => name },
      { heading: 'DEVICES', of: ({ devices }) => devices, as: 'count' },
      { heading: 'RUNNING', of: ({ running }) => running, as: 'count' },
      { heading: 'AUTONOMOUS', of: ({ autonomous }) => autonomous, as: 'count' },
      { heading: 'VERSIONS', of: ({ versions }) => versions, as: 'count' },
      { heading: 'REGISTERED', of: ({ registered }) => registered, as: 'count' },
      { heading: 'UNREGISTERED', of: ({ unregistered }) => unregistered, as: 'count' },
      { heading: 'BLOCKED', of: ({ blocked }) => blocked, as: 'count' },
      { heading: 'FIRST SEEN', of: ({ firstSeenAt }) => firstSeenAt, as: 'ago', wide: true },
      { heading: 'LAST SEEN', of: ({ lastSeenAt }) => lastSeenAt, as: 'ago', wide: true },
    ],
  })
}

export function addServerNames(mcp: Command, components: CommandComponents): void {
  const command = mcp
    .command('servers')
    .description('which MCP servers there are, each name once: on how many devices, for which agents, with which risks')
  addCounted<ServerName>(components, command, {
    path: '/mcp-server-names',
    member: 'servers',
    schema: 'mcp-server-names',
    one: 'MCP server',
    many: 'MCP servers',
    idOf: ({ name }) => name,
    reader: serverNamePageReader,
    examples: ['mcp servers', 'mcp servers --risk secret-in-file -o csv'],
    columns: [
      { heading: 'SERVER', of: ({ name }) => name },
      { heading: 'DEVICES', of: ({ devices }) => devices, as: 'count' },
      { heading: 'AGENTS', of: ({ agents }) => agents.join(', ') || undefined },
      risksOf(),
      { heading: 'FIRST SEEN', of: ({ firstSeenAt }) => firstSeenAt, as: 'ago' },
      { heading: 'LAST SEEN', of: ({ lastSeenAt }) => lastSeenAt, as: 'ago' },
    ],
  })
}

export function addExtensionProducts(extensions: Command, components: CommandComponents): void {
  const command = extensions
    .command('products')
    .description('which extensions there are, each once: on how many devices, with which risks')
  addCounted<ExtensionProduct>(components, command, {
    path: '/extension-products',
    member: 'products',
    schema: 'extension-products',
    one: 'extension',
    many: 'extensions',
    idOf: ({ key }) => key,
    reader: extensionProductPageReader,
    examples: ['extensions products', 'extensions products --search chromium -o csv'],
    columns: [
      { heading: 'EXTENSION', of: ({ name }) => name },
      { heading: 'DEVICES', of: ({ devices }) => devices, as: 'count' },
      { heading: 'VERSIONS', of: ({ versions }) => versions, as: 'count' },
      risksOf(),
      { heading: 'FIRST SEEN', of: ({ firstSeenAt }) => firstSeenAt, as: 'ago' },
      { heading: 'LAST SEEN', of: ({ lastSeenAt }) => lastSeenAt, as: 'ago' },
      { heading: 'KEY', of: ({ key }) => key, wide: true },
    ],
  })
}

/** Where each risk shows thing by thing. */
const LIST_OF: Readonly<Record<Risk, string>> = {
  'secret-in-file': 'mcp list',
  'configuration-writable': 'mcp list',
  'program-writable': 'mcp list',
  'no-tls': 'mcp list',
  'started-by-shell': 'mcp list',
  'not-pinned': 'mcp list',
  'hook-runs-download': 'files list',
  'text-runs-download': 'files list',
  'invisible-text': 'files list',
  'file-writable': 'files list',
  'open-to-network': 'runtimes list',
  autonomous: 'agents list',
  discontinued: 'agents list',
  'reads-every-site': 'extensions list',
  'drives-browser': 'extensions list',
  'not-from-store': 'extensions list',
}

export function addRiskCommands(program: Command, components: CommandComponents): void {
  const risks = program
    .command('risks')
    .description('risks of agents, MCP servers, extensions and files on all devices')
  const command = withFormat(withApiOptions(risks.command('list')))
    .description('each risk: how many, on how many devices, the device with most, and what to do')
    .addHelpText('after', examples('surety-directory risks list', 'surety-directory risks list -o csv'))
  command.action(async (options: FormatOptions) => {
    const api = await openApi(components, options)
    const { items } = await api.ask('GET', '/risks', countedRiskPageReader)
    await printList<CountedRisk>(components, options, {
      items,
      columns: RISK_COLUMNS.map((column) => shownColumn(column, components.now())),
      idOf: ({ risk }) => risk,
      document: { schema: 'surety-directory/risks@1', risks: items, total: items.length },
      footer: items.length === 0 ? 'no risks' : countOf(items.length, 'risk'),
    })
  })
}

const RISK_COLUMNS: readonly Column<CountedRisk>[] = [
  { heading: 'RISK', of: ({ risk }) => risk },
  { heading: 'COUNT', of: ({ sightings }) => sightings, as: 'count' },
  { heading: 'DEVICES', of: ({ devices }) => devices, as: 'count' },
  {
    heading: 'WORST DEVICE',
    of: ({ worst }) => worst.hostname ?? worst.device,
    shown: ({ worst }) => `${worst.hostname ?? worst.device} (${countOf(worst.sightings)})`,
  },
  { heading: 'WHAT TO DO', of: ({ risk }) => remedyOf(risk) },
  { heading: 'WHERE', of: ({ risk }) => `surety-directory ${LIST_OF[risk]} --risk ${risk}` },
  { heading: 'OWNER', of: ({ worst }) => worst.owner, wide: true },
  { heading: 'DEVICE', of: ({ worst }) => worst.device, wide: true },
]

function addCounted<T extends object>(components: CommandComponents, command: Command, list: CountedList<T>): void {
  const { columns, idOf, member, one, many } = list
  withRisk(withFormat(withApiOptions(command)))
    .option('--search <text>', 'only those whose key has this in it')
    .option('--sort <column>', `one of ${COUNTED_SORTS.join(', ')} (default: devices)`, oneOf('column', COUNTED_SORTS))
    .option('--reverse', 'in the opposite order')
    .option('--limit <count>', `at most COUNT ${many} (default: all)`, readLimit)
    .addHelpText('after', examples(...list.examples.map((line) => `surety-directory ${line}`)))
    .action(async (options: CountedOptions) => {
      const { items, total } = await readCounted(components, options, list)
      const all = total === 1 ? `1 ${one}` : `${countOf(total)} ${many}`
      await printList<T>(components, options, {
        items,
        columns: columns.map((column) => shownColumn(column, components.now())),
        idOf,
        document: { schema: `surety-directory/${list.schema}@1`, [member]: items, total },
        footer: total === 0 ? `no ${many}` : items.length < total ? `${countOf(items.length)} of ${all}` : all,
      })
    })
}

async function readCounted<T extends object>(
  components: CommandComponents,
  options: CountedOptions,
  { path, reader }: CountedList<T>,
): Promise<{ readonly items: readonly T[]; readonly total: number }> {
  const { search, sort, reverse, risk, limit = Number.POSITIVE_INFINITY } = options
  const api = await openApi(components, options)
  const yes = (given: boolean | undefined) => (given === true ? 'yes' : undefined)
  const filters = {
    search,
    sort,
    order: reverse === true ? (sort === 'name' ? 'descending' : 'ascending') : undefined,
    risk,
    running: yes(options.running),
    autonomous: yes(options.autonomous),
    unrecognised: yes(options.unrecognised),
  }
  const items: T[] = []
  let cursor: string | undefined
  let total: number | undefined
  do {
    const query = queryOf({ ...filters, limit: Math.min(500, limit - items.length), cursor })
    const page: { items: T[]; next?: string; total?: number } = await api.ask('GET', `${path}${query}`, reader)
    items.push(...page.items)
    total ??= page.total
    cursor = page.next
  } while (cursor !== undefined && items.length < limit)
  return { items, total: total ?? items.length }
}
