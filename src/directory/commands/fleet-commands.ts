import { type Command, InvalidArgumentError } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import type { Reader } from '../../base/schema.ts'
import { deviceSightingReader, sightingPageReader } from '../../protocol/api-devices.ts'
import {
  type FleetAgent,
  fleetAgentReader,
  type McpConflict,
  mcpConflictPageReader,
  type SeenAgent,
  type SeenAgentFile,
  type SeenExtension,
  type SeenMcpServer,
  type SeenModelRuntime,
  seenAgentFilePageReader,
  seenAgentPageReader,
  seenExtensionPageReader,
  seenMcpServerPageReader,
  seenModelRuntimePageReader,
} from '../../protocol/api-fleet.ts'
import type { McpServerSighting, Sighting } from '../../protocol/sighting.ts'
import { agentTree } from '../../view/agent-tree.ts'
import { shortIds } from '../../view/short-ids.ts'
import { HEADINGS, inOrder, isUnknown, sightingRow } from '../../view/sighting-rows.ts'
import { hanging, table } from '../../view/terminal.ts'
import type { ApiClient } from './api-client.ts'
import {
  allPages,
  answer,
  type CommandComponents,
  type CommonOptions,
  openApi,
  withApiOptions,
} from './command-line.ts'
import { ago, facts, timeOf } from './words.ts'

/** What is seen on all devices: `agents`, `mcp`, `extensions`, `runtimes`, `files`. */

type Seen = SeenAgent | SeenExtension | SeenMcpServer | SeenModelRuntime | SeenAgentFile

interface Filters extends CommonOptions {
  readonly device?: string
  readonly key?: string
  readonly running?: boolean
  readonly unknown?: boolean
  readonly autonomous?: boolean
  readonly ai?: boolean
  readonly new?: number
  readonly rare?: number
  readonly endOfLife?: boolean
  readonly idle?: number
}

export function addFleetCommands(program: Command, components: CommandComponents): void {
  addAgents(program, components)
  const mcp = program.command('mcp').description('MCP servers that are configured on all devices')
  addList(components, comparable(mcp.command('list').description('each, with its device and what it starts')), {
    ...{ path: '/mcp-servers', member: 'servers', none: 'no MCP servers', reader: seenMcpServerPageReader },
  })
  addConflicts(mcp, components)
  const extensions = program.command('extensions').description('extensions of browsers and editors on all devices')
  addList(
    components,
    comparable(extensions.command('list').description('each, with its device')).option(
      '--ai',
      'only those that are AI',
    ),
    { path: '/extensions', member: 'extensions', none: 'no extensions', reader: seenExtensionPageReader },
  )
  const runtimes = program.command('runtimes').description('programs that serve models, on all devices')
  addList(
    components,
    comparable(runtimes.command('list').description('each, with its device')).option(
      '--running',
      'only those that run now',
    ),
    { path: '/model-runtimes', member: 'runtimes', none: 'no model runtimes', reader: seenModelRuntimePageReader },
  )
  const files = program.command('files').description('files that tell agents what to do or to run, on all devices')
  addList(
    components,
    files
      .command('list')
      .description('each, with its device')
      .option(...DEVICE),
    {
      ...{ path: '/agent-files', member: 'files', none: 'no files of agents', reader: seenAgentFilePageReader },
    },
  )
}

const DEVICE = ['--device <id>', 'only on this device'] as const

function comparable(command: Command): Command {
  return command
    .option(...DEVICE)
    .option('--key <key>', 'only this one: a key as `--json` tells it')
    .option('--new <days>', 'only what came to its device within so many days, after all of that was told once', count)
    .option('--rare <devices>', 'only what is on at most so many devices', count)
}

function addAgents(program: Command, components: CommandComponents): void {
  const agents = program.command('agents').description('AI agents on all devices')
  const list = comparable(agents.command('list').description('each, with its device; filters narrow each other'))
    .option('--running', 'only those that run now; on a device that is not connected nobody knows')
    .option('--unknown', 'only those that no catalogue knows')
    .option('--autonomous', 'only those that act without asking')
    .option('--end-of-life', 'only those that their maker has ended')
    .option('--idle <days>', 'only those that do not run, and neither ran nor left a trace for so many days', count)
  addList(components, list, {
    ...{ path: '/agents', member: 'agents', none: 'no agents', reader: seenAgentPageReader },
  })
  withApiOptions(
    agents
      .command('show')
      .description('one agent in the fleet by its key, or one on a device as a tree of its processes')
      .argument('<key or device>', 'claude-code, unknown/NAME, or dev_…')
      .argument('[id]', 'of the sighting on that device, or the beginning of it'),
  ).action(async (wanted: string, id: string | undefined, options: CommonOptions) => {
    const api = await openApi(components, options)
    if (id === undefined) await showInFleet(components, api, wanted, options)
    else await showOnDevice(components, api, { device: wanted, id }, options)
  })
}

const HOST_WIDTH = 24

interface List<T extends Seen> {
  readonly path: string
  readonly member: string
  readonly none: string
  readonly reader: Reader<{ items: T[]; next?: string }>
}

function addList<T extends Seen>(components: CommandComponents, command: Command, list: List<T>): void {
  const { path, member, none, reader } = list
  withApiOptions(command).action(async (filters: Filters) => {
    const seen = await allPages(await openApi(components, filters), `${path}${queryOf(filters)}`, reader)
    const document = { schema: `surety-directory/${member}@1` as const, [member]: seen }
    answer(components, filters, document, () => (seen.length === 0 ? [none] : seenLines(components, seen)))
  })
}

function queryOf(filters: Filters): string {
  const yes = (given: boolean | undefined, word = 'yes') => (given === true ? word : undefined)
  const given: Readonly<Record<string, string | number | undefined>> = {
    device: filters.device,
    key: filters.key,
    state: yes(filters.running, 'running'),
    presence: yes(filters.running, 'now'),
    unknown: yes(filters.unknown),
    autonomous: yes(filters.autonomous),
    ai: yes(filters.ai),
    newWithinDays: filters.new,
    onAtMostDevices: filters.rare,
    endOfLife: yes(filters.endOfLife, 'passed'),
    idleForDays: filters.idle,
  }
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(given)) if (value !== undefined) query.set(name, `${value}`)
  return query.size === 0 ? '' : `?${query}`
}

/** By device; what is not as it is now but as it was last told says since when. */
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
  return table(rows, terminal, { heading: ['DEVICE', 'HOST', 'TOLD', 'FIRST SEEN', 'ON', 'ID', ...HEADINGS[kind]] })
}

function rowOf(
  { device, hostname, presence, deviceSeenAt, item, firstSeenAt, sighting }: Seen,
  id: string,
  now: number,
) {
  const { cells, tone } = sightingRow(sighting)
  const since = item?.firstSeenAt ?? firstSeenAt
  return {
    cells: [
      device,
      shortened(hostname ?? '-'),
      presence === 'now' ? 'now' : `silent, ${ago(deviceSeenAt, now)}`,
      `${ago(since, now)}${item?.isNew === true ? ', new' : ''}`,
      item === undefined ? '-' : `${item.devices}`,
      id,
      ...cells,
    ],
    tone: presence === 'now' ? tone : ('faint' as const),
  }
}

function shortened(hostname: string): string {
  return hostname.length <= HOST_WIDTH ? hostname : `${hostname.slice(0, HOST_WIDTH - 1)}…`
}

async function showInFleet(components: CommandComponents, api: ApiClient, key: string, options: CommonOptions) {
  const agent = await api.ask('GET', `/agents/${encodeURIComponent(key)}`, fleetAgentReader)
  answer(components, options, { schema: 'surety-directory/fleet-agent@1', agent }, () => fleetAgentLines(agent))
}

function fleetAgentLines(agent: FleetAgent): readonly string[] {
  const { key, name, unknown, devices, present, running, firstSeenAt, versions } = agent
  return [
    ...facts([
      ['agent', name],
      ['key', key],
      ['known', unknown ? 'NO: no catalogue knows it' : undefined],
      ['devices', `${devices}`],
      ['seen', `${present}, ${running} of them running, as last told`],
      ['first seen', timeOf(firstSeenAt)],
      ...versions.map(({ version, devices: on }) => ['version', `${version ?? 'not told'}, on ${on}`] as const),
    ]),
    '',
    'Where: surety-directory agents list --key KEY',
  ]
}

/** By the beginning of its id, as lists show it. @throws `NOT_FOUND`. */
async function showOnDevice(
  components: CommandComponents,
  api: ApiClient,
  { device, id }: { readonly device: string; readonly id: string },
  options: CommonOptions,
): Promise<void> {
  const path = `/devices/${encodeURIComponent(device)}/sightings`
  const whole = /^[0-9a-f]{32}$/.test(id) ? id : await idOf(api, `${path}?kind=agent`, id)
  const seen = await api.ask('GET', `${path}/${whole}`, deviceSightingReader)
  const { sighting: agent } = seen
  if (agent.kind !== 'agent') throw new SuretyError('NOT_FOUND', `${whole} is no agent but of kind ${agent.kind}`)
  const configured = agent.parts?.some(({ server }) => server !== undefined) === true
  const servers = configured ? await allPages(api, `${path}?kind=mcp-server`, sightingPageReader) : []
  const byId = new Map(servers.map(({ sighting }) => [sighting.id, sighting]))
  answer(components, options, { schema: 'surety-directory/agent@1', device, ...seen }, () => [
    ...hanging(
      components.terminal,
      '',
      0,
      `on ${device}, first seen ${timeOf(seen.firstSeenAt)}, last told ${timeOf(seen.lastSeenAt)}${seen.goneAt === undefined ? '' : `, GONE since ${timeOf(seen.goneAt)}`}`,
    ),
    ...agentTree(
      agent,
      { servers: new Map([...byId].filter(isMcpServer)), nowMs: components.now() },
      components.terminal,
    ),
    ...(isUnknown(agent) ? ['', `  elsewhere: surety-directory agents show unknown/NAME`] : []),
  ])
}

function isMcpServer(entry: [string, Sighting]): entry is [string, McpServerSighting] {
  return entry[1].kind === 'mcp-server'
}

const SHORTEST_ID = 4

async function idOf(api: ApiClient, path: string, beginning: string): Promise<string> {
  const lower = beginning.toLowerCase()
  if (!/^[0-9a-f]+$/.test(lower) || lower.length < SHORTEST_ID) {
    throw new SuretyError(
      'NOT_FOUND',
      `${JSON.stringify(beginning)} is no beginning of an id: agents list --device shows them`,
    )
  }
  const found = (await allPages(api, path, sightingPageReader)).filter(({ sighting }) => sighting.id.startsWith(lower))
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return only.sighting.id
  const what = only === undefined ? 'of no agent there' : `of ${found.length} agents there: give more of it`
  throw new SuretyError('NOT_FOUND', `${beginning} is the beginning ${what}`)
}

function addConflicts(mcp: Command, components: CommandComponents): void {
  withApiOptions(
    mcp.command('conflicts').description('names that start or reach one thing here and another there'),
  ).action(async (options: CommonOptions) => {
    const conflicts = await allPages(
      await openApi(components, options),
      '/mcp-servers/conflicts',
      mcpConflictPageReader,
    )
    answer(components, options, { schema: 'surety-directory/mcp-conflicts@1', conflicts }, () =>
      conflicts.length === 0 ? ['no conflicts'] : conflictLines(components, conflicts),
    )
  })
}

function conflictLines({ terminal }: CommandComponents, conflicts: readonly McpConflict[]): readonly string[] {
  const rows = conflicts.flatMap(({ name, launches, moreLaunches }) => [
    ...launches.map(({ reach, devices, example }, index) => ({
      cells: [index === 0 ? name : '', `${devices}`, example.device, reach || 'not told'],
      // The most usual one is the least to be looked at.
      tone: index === 0 ? undefined : ('warning' as const),
    })),
    ...(moreLaunches === 0 ? [] : [{ cells: ['', '', '', `and ${moreLaunches} more`] }]),
  ])
  return table(rows, terminal, { heading: ['MCP SERVER', 'DEVICES', 'FOR EXAMPLE ON', 'STARTS OR REACHES'] })
}

function count(text: string): number {
  if (!/^(0|[1-9]\d{0,5})$/.test(text)) throw new InvalidArgumentError('a whole number')
  return Number(text)
}
