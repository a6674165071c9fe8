import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  DAYS,
  type McpConflict,
  mcpConflictPageReader,
  RARE_DEVICES,
  seenAgentFilePageReader,
  seenAgentPageReader,
  seenExtensionPageReader,
  seenMcpServerPageReader,
  seenModelRuntimePageReader,
} from '../../protocol/nouns/devices/fleet.ts'
import { table } from '../../view/terminal.ts'
import { answerList, type CommandComponents, type CommonOptions, withApiOptions } from '../command/command-line.ts'
import { DEVICE_WORDS } from '../names/name-device.ts'
import {
  addAgentProducts,
  addExtensionProducts,
  addRiskCommands,
  addServerNames,
  withRisk,
} from './counted-commands.ts'
import { addSeenList } from './seen-list.ts'
import { showAgent } from './show-agent.ts'

/** What is seen on all devices: `agents`, `mcp`, `extensions`, `runtimes`, `files`, `risks`. */
export function addFleetCommands(program: Command, components: CommandComponents): void {
  addAgents(program, components)
  addMcp(program, components)
  addExtensions(program, components)
  addRuntimes(program, components)
  addFiles(program, components)
  addRiskCommands(program, components)
}

const DEVICE = ['--device <device>', `only on this device: ${DEVICE_WORDS}`] as const
const ENDED = ['--end-of-life', 'only discontinued products'] as const

function comparable(command: Command): Command {
  return withRisk(command)
    .option(...DEVICE)
    .option('--product <key>', 'only this product, such as claude-code; an MCP server by its name')
    .option('--search <text>', 'only those whose product has this in it, in any case')
    .addOption(new Option('--key <key>', 'as --product').hideHelp())
    .option(
      '--new <days>',
      "only items first seen in the last DAYS days (a device's first report does not count)",
      wholeNumber(DAYS),
    )
    .option('--rare <devices>', 'only items on DEVICES devices or fewer', wholeNumber(RARE_DEVICES))
}

function addAgents(program: Command, components: CommandComponents): void {
  const agents = program.command('agents').description('AI agents on all devices')
  const list = comparable(agents.command('list').description('list agents by device; filters combine (AND)'))
    .option('--running', 'only running agents on connected devices')
    .option('--frozen', 'only those that a stop holds, by the last report of their device')
    .option('--unrecognised', 'only those that no catalogue has')
    .addOption(new Option('--unknown', 'as --unrecognised').hideHelp())
    .option(
      '--unregistered',
      'only those that no registration matches: they wait in the inbox, or are ignored or blocked',
    )
    .option('--autonomous', 'only those that act without asking')
    .option(...ENDED)
    .option(
      '--idle <days>',
      'only those that do not run, and neither ran nor left a trace for DAYS days',
      wholeNumber(DAYS),
    )
  addSeenList(components, list, {
    path: '/agents',
    member: 'agents',
    kind: 'agent',
    reader: seenAgentPageReader,
  })
  addAgentProducts(agents, components)
  withApiOptions(
    agents
      .command('show')
      .description('one agent in the fleet by its key, or one on a device as a tree of its processes')
      .argument('<key or device>', 'claude-code, unknown/NAME; or, with an id, a device as `--device` takes it')
      .argument('[id]', 'of the sighting on that device, or the beginning of it'),
  ).action((wanted: string, id: string | undefined, options: CommonOptions) =>
    showAgent(components, { wanted, id }, options),
  )
}

function addMcp(program: Command, components: CommandComponents): void {
  const mcp = program.command('mcp').description('MCP servers that are configured on all devices')
  const list = comparable(mcp.command('list').description('each, with its device and what it starts'))
  addSeenList(components, list, {
    path: '/mcp-servers',
    member: 'servers',
    kind: 'mcp-server',
    reader: seenMcpServerPageReader,
  })
  addServerNames(mcp, components)
  addConflicts(mcp, components)
}

function addExtensions(program: Command, components: CommandComponents): void {
  const extensions = program.command('extensions').description('extensions of browsers and editors on all devices')
  const list = comparable(extensions.command('list').description('each, with its device'))
  addSeenList(components, list.option('--ai', 'only those that are AI').option(...ENDED), {
    path: '/extensions',
    member: 'extensions',
    kind: 'extension',
    reader: seenExtensionPageReader,
  })
  addExtensionProducts(extensions, components)
}

function addRuntimes(program: Command, components: CommandComponents): void {
  const runtimes = program.command('runtimes').description('programs that serve models, on all devices')
  const list = comparable(runtimes.command('list').description('each, with its device'))
  addSeenList(components, list.option('--running', 'only running ones on connected devices').option(...ENDED), {
    path: '/model-runtimes',
    member: 'runtimes',
    kind: 'model-runtime',
    reader: seenModelRuntimePageReader,
  })
}

function addFiles(program: Command, components: CommandComponents): void {
  const files = program.command('files').description('files that tell agents what to do or to run, on all devices')
  const list = files.command('list').description('each, with its device')
  addSeenList(components, withRisk(list).option(...DEVICE), {
    path: '/agent-files',
    member: 'files',
    kind: 'agent-file',
    reader: seenAgentFilePageReader,
  })
}

function addConflicts(mcp: Command, components: CommandComponents): void {
  withApiOptions(
    mcp.command('conflicts').description('servers with the same name but different commands or addresses'),
  ).action((options: CommonOptions) =>
    answerList(components, options, {
      path: '/mcp-servers/conflicts',
      member: 'conflicts',
      schema: 'mcp-conflicts',
      none: 'no conflicts',
      reader: mcpConflictPageReader,
      lines: (conflicts) => conflictLines(components, conflicts),
    }),
  )
}

function conflictLines({ terminal }: CommandComponents, conflicts: readonly McpConflict[]): readonly string[] {
  const rows = conflicts.flatMap(({ name, launches, moreLaunches }) => [
    ...launches.map(({ reach, devices, example }, index) => ({
      cells: [index === 0 ? name : '', `${devices}`, example.device, reach || 'not reported'],
      // The most usual one is the least to be looked at.
      tone: index === 0 ? undefined : ('warning' as const),
    })),
    ...(moreLaunches === 0 ? [] : [{ cells: ['', '', '', `and ${moreLaunches} more`] }]),
  ])
  return table(rows, terminal, { heading: ['MCP SERVER', 'DEVICES', 'FOR EXAMPLE ON', 'STARTS OR REACHES'] })
}

function wholeNumber({ minimum, maximum }: { readonly minimum: number; readonly maximum: number }) {
  return (text: string): number => {
    const number = /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : Number.NaN
    if (number >= minimum && number <= maximum) return number
    throw new InvalidArgumentError(`a whole number from ${minimum} to ${maximum}`)
  }
}
