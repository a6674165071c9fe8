import { userIdText } from '../../base/text/user-id.ts'
import { RISK_WORDS } from '../../protocol/risks.ts'
import type {
  AgentSighting,
  FrozenBy,
  McpServerSighting,
  ModelRuntimeSighting,
  Sighting,
  SightingKind,
  SightingOf,
  User,
} from '../../protocol/sighting.ts'
import type { TableRow, Tone } from '../terminal.ts'
import { risksIn } from './risks.ts'

/** How each kind of sighting is shown to people. All text is foreign: the table makes it printable. */

interface KindView<S extends Sighting> {
  /** The command of `surety` and `surety-directory` that lists this kind. */
  readonly command: string
  /** One of them, and several, in messages. */
  readonly noun: string
  readonly plural: string
  /** For `--help`. */
  readonly about: string
  /** Members of JSON documents that hold one of them, or a list. */
  readonly json: { readonly one: string; readonly list: string }
  readonly heading: readonly string[]
  readonly row: (sighting: S) => TableRow
  /** Lower ranks come first in lists. */
  readonly rank: (sighting: S) => number
}

/** The view of each kind. A new kind of sighting needs a row here and nothing else to be listed and shown. */
export const KIND_VIEWS: { readonly [K in SightingKind]: KindView<SightingOf<K>> } = {
  agent: {
    command: 'agents',
    noun: 'agent',
    plural: 'agents',
    about: 'AI agents that run or are installed on this device, unrecognised ones first',
    json: { one: 'agent', list: 'agents' },
    heading: ['AGENT', 'STATE', 'USER', 'PROCESS', 'AUTONOMY', 'WHERE'],
    row: agentRow,
    rank: (agent) => runningFirst(agent) + (isUnknown(agent) ? 0 : isAutonomous(agent) ? 1 : 2),
  },
  extension: {
    command: 'extensions',
    noun: 'extension',
    plural: 'extensions',
    about: 'browser and editor extensions on this device',
    json: { one: 'extension', list: 'extensions' },
    heading: ['AI', 'EXTENSION', 'IN', 'USER', 'STATE', 'FROM', 'MAY'],
    row: extensionRow,
    rank: ({ ai, installSource }) => (ai ? 0 : installSource === 'bundled' ? 2 : 1),
  },
  'mcp-server': {
    command: 'mcp',
    noun: 'MCP server',
    plural: 'MCP servers',
    about: 'MCP servers in the configuration of agents and editors',
    json: { one: 'server', list: 'servers' },
    heading: ['MCP SERVER', 'STATE', 'CLIENT', 'USER', 'STARTS', 'RISKS', 'CONFIGURED IN'],
    row: mcpServerRow,
    rank: riskyFirst,
  },
  'model-runtime': {
    command: 'runtimes',
    noun: 'model runtime',
    plural: 'model runtimes',
    about: 'programs that serve models on this device',
    json: { one: 'runtime', list: 'runtimes' },
    heading: ['RUNTIME', 'STATE', 'USER', 'PROCESS', 'LISTENS', 'MODELS', 'WHERE'],
    row: modelRuntimeRow,
    rank: (runtime) => runningFirst(runtime) + riskyFirst(runtime),
  },
  'agent-file': {
    command: 'files',
    noun: 'agent file',
    plural: 'agent files',
    about: 'agent files on this device: instructions, skills, plugins, hooks, policies',
    json: { one: 'file', list: 'files' },
    heading: ['FILE', 'KIND', 'FOR', 'SCOPE', 'OWNER', 'RISKS', 'WHERE'],
    row: agentFileRow,
    rank: riskyFirst,
  },
}

function viewOf<K extends SightingKind>(sighting: SightingOf<K>): KindView<SightingOf<K>> {
  // The kind of a sighting of K is K.
  return KIND_VIEWS[sighting.kind as K]
}

export function sightingRow<K extends SightingKind>(sighting: SightingOf<K>): TableRow {
  return viewOf(sighting).row(sighting)
}

/** What a person should look at, in words. */
export function risksOf(sighting: Sighting): string[] {
  return [...new Set(risksIn(sighting).map((risk) => RISK_WORDS[risk]))]
}

function rankOf<K extends SightingKind>(sighting: SightingOf<K>): number {
  return viewOf(sighting).rank(sighting)
}

/** What needs attention first, then by name. */
export function inOrder<S extends Sighting>(sightings: readonly S[]): S[] {
  return sightings
    .map((sighting) => ({ sighting, rank: rankOf(sighting) }))
    .sort((a, b) => a.rank - b.rank || a.sighting.name.localeCompare(b.sighting.name))
    .map(({ sighting }) => sighting)
}

function runningFirst({ state }: { readonly state: 'running' | 'installed' }): number {
  return state === 'running' ? 0 : 4
}

function riskyFirst(sighting: Sighting): number {
  return risksOf(sighting).length > 0 ? 0 : 1
}

export function isUnknown(agent: AgentSighting): boolean {
  return agent.agentKind === 'unknown' || agent.catalogueId === undefined
}

function isAutonomous({ autonomy }: AgentSighting): boolean {
  return autonomy?.level === 'autonomous'
}

/** `2 running, 1 installed; of these 1 FROZEN, 1 UNRECOGNISED, 1 AUTONOMOUS`. */
export function agentCounts(agents: readonly AgentSighting[]): string {
  const running = agents.filter(({ state }) => state === 'running').length
  const [unknown, autonomous] = [agents.filter(isUnknown).length, agents.filter(isAutonomous).length]
  const frozen = agents.filter(({ frozenBy }) => frozenBy !== undefined).length
  const marked = [
    ...(frozen === 0 ? [] : [`${frozen} FROZEN`]),
    ...(unknown === 0 ? [] : [`${unknown} UNRECOGNISED`]),
    ...(autonomous === 0 ? [] : [`${autonomous} AUTONOMOUS`]),
  ]
  const all = `${running} running, ${agents.length - running} installed`
  return marked.length === 0 ? all : `${all}; of these ${marked.join(', ')}`
}

export function titleOf({ name, version }: Pick<Sighting, 'name' | 'version'>): string {
  return `${name.trim() === '' ? NAMELESS : name} ${version ?? ''}`.trimEnd()
}

const NAMELESS = '(no name)'

const REASON_LENGTH = 60

/** `FROZEN by ada (incident 42)`: the first stop that holds it. */
export function frozenWords([first, ...others]: readonly FrozenBy[]): string {
  if (first === undefined) return ''
  const { by, reason } = first
  const short = reason.length <= REASON_LENGTH ? reason : `${reason.slice(0, REASON_LENGTH - 1)}…`
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return `FROZEN by ${by}${short === '' ? '' : ` (${short})`}${more}`
}

export function stateOf({ state, ended, frozenBy }: AgentSighting): string {
  if (frozenBy !== undefined) return frozenWords(frozenBy)
  return ended === true ? 'ENDED, what it started still runs' : state
}

const AUTONOMY = { asks: 'asks', autonomous: 'AUTONOMOUS', unknown: 'not known' } as const

function agentRow(agent: AgentSighting): TableRow {
  const { user, process, path, workspace, flags, autonomy, score } = agent
  const where = workspace ?? process?.executable ?? path ?? ''
  const notes = [...(score === undefined ? [] : [`score ${score}`]), ...endNote(agent), ...(flags ?? [])]
  return {
    cells: [
      titleOf(agent),
      `${isUnknown(agent) ? 'UNRECOGNISED, ' : ''}${stateOf(agent)}`,
      nameOf(user),
      process === undefined ? '-' : `pid ${process.pid}`,
      AUTONOMY[autonomy?.level ?? 'unknown'],
      `${where}${notes.length === 0 ? '' : `  (${notes.join(', ')})`}`.trim(),
    ],
    tone: agentTone(agent),
  }
}

function endNote({ endOfLife }: { readonly endOfLife?: string }): string[] {
  return endOfLife === undefined ? [] : [`ends ${endOfLife}`]
}

function agentTone(agent: AgentSighting): Tone | undefined {
  if (isUnknown(agent) || agent.frozenBy !== undefined) return 'bad'
  return agent.state === 'running' && isAutonomous(agent) ? 'warning' : undefined
}

function extensionRow(extension: SightingOf<'extension'>): TableRow {
  const {
    ai,
    user,
    enabled,
    enabledIn = [],
    disabledIn = [],
    installSource,
    product,
    profile,
    path,
    evidence,
  } = extension
  const may = rightsOf(extension)
  const notes = [
    ...(installSource === 'unpacked' && path !== undefined ? [`in ${path}`] : []),
    ...(ai ? evidence.slice(0, 1) : []),
    ...endNote(extension),
  ]
  return {
    cells: [
      ai ? 'AI' : '-',
      titleOf(extension),
      // A profile that a process named has a path instead of a name.
      `${product}${/^[~/]/.test(profile) ? ' ' : '/'}${profile}`,
      nameOf(user),
      [enabledWord(enabled), ...exceptions('on', enabledIn), ...exceptions('off', disabledIn)].join(', '),
      installSource,
      `${may.join(', ')}${notes.length === 0 ? '' : `  (${notes.join('; ')})`}`.trim(),
    ],
    tone: ai && (enabled !== false || enabledIn.length > 0) && may.length > 0 ? 'warning' : undefined,
  }
}

function exceptions(word: 'on' | 'off', folders: readonly string[]): string[] {
  const [first, ...others] = folders
  if (first === undefined) return []
  return [`${word} in ${first}${others.length === 0 ? '' : ` and ${others.length} more`}`]
}

/** The most powerful permissions, in words. */
function rightsOf({ broadHosts, debugger: drives, nativeMessagingHosts = [] }: SightingOf<'extension'>): string[] {
  const [first, ...others] = nativeMessagingHosts
  return [
    ...(broadHosts ? ['read every site'] : []),
    ...(drives === true ? ['drive the browser'] : []),
    ...(first === undefined ? [] : [`talk to ${first}${others.length === 0 ? '' : ` and ${others.length} more`}`]),
  ]
}

function mcpServerRow(server: McpServerSighting): TableRow {
  const risks = risksOf(server)
  return {
    cells: [
      titleOf(server),
      enabledWord(server.enabled),
      server.client,
      server.user?.name ?? 'all users',
      reachOf(server),
      risks.join(', ') || '-',
      server.configuration,
    ],
    tone: risks.length > 0 && server.enabled !== false ? 'warning' : undefined,
  }
}

/** What the server starts or reaches; both for a bridge. Other arguments never leave a device. */
export function reachOf({ package: spec, runs, endpoint, command }: McpServerSighting): string {
  const started = spec === undefined ? runs && command : `${spec.ecosystem} ${spec.name}`
  return [started, runs && `${runs.kind} ${runs.name}`, endpoint].filter(Boolean).join(' ') || (command ?? '-')
}

function modelRuntimeRow(runtime: ModelRuntimeSighting): TableRow {
  const { state, user, process, path, listens, models, moreModelsCount = 0, container } = runtime
  const more = moreModelsCount === 0 ? [] : [`${moreModelsCount} more`]
  const where = process?.executable ?? path ?? ''
  const notes = [...(container === undefined ? [] : [`inside ${container.kind} ${container.id}`]), ...endNote(runtime)]
  return {
    cells: [
      titleOf(runtime),
      state,
      nameOf(user),
      process === undefined ? '-' : `pid ${process.pid}`,
      portWords(listens) || '-',
      [...models, ...more].join(', ') || '-',
      `${where}${notes.length === 0 ? '' : `  (${notes.join(', ')})`}`,
    ],
    tone: risksOf(runtime).length > 0 ? 'warning' : undefined,
  }
}

/** Each port once: `11434` on loopback, `8080 on all addresses`, `8080 on 192.0.2.1`. */
function portWords(listens: ModelRuntimeSighting['listens']): string {
  return [...Map.groupBy(listens, ({ port }) => port)]
    .map(([port, sockets]) => {
      const open = sockets.filter(({ loopback }) => !loopback)
      if (open.length === 0) return `${port}`
      const onAll = open.some(({ address }) => address === undefined || address === '0.0.0.0' || address === '::')
      return onAll ? `${port} on all addresses` : `${port} on ${open.map(({ address }) => address).join(', ')}`
    })
    .join(', ')
}

function agentFileRow(file: SightingOf<'agent-file'>): TableRow {
  const risks = risksOf(file)
  return {
    cells: [
      file.name,
      file.enabled === undefined || file.enabled === true
        ? file.fileKind
        : `${file.fileKind}, ${enabledWord(file.enabled)}`,
      file.client,
      file.scope,
      file.user?.id === file.owner ? file.user.name : userIdText(file.owner),
      risks.join(', ') || '-',
      file.path,
    ],
    tone: risks.length > 0 && file.enabled !== false ? 'warning' : undefined,
  }
}

/** `7, 4 need attention`. */
export function riskCounts(sightings: readonly Sighting[]): string {
  const risky = sightings.filter((sighting) => risksOf(sighting).length > 0).length
  const note = risky === 0 ? '' : `, ${risky} ${risky === 1 ? 'needs' : 'need'} attention`
  return `${sightings.length}${note}`
}

function enabledWord(enabled: boolean | 'unknown'): string {
  return enabled === true ? 'enabled' : enabled === false ? 'disabled' : 'not known'
}

function nameOf(user: User | undefined): string {
  return user?.name ?? '-'
}
