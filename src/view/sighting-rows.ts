import { userIdText } from '../base/user-id.ts'
import type {
  AgentFileSighting,
  AgentSighting,
  ExtensionSighting,
  McpServerSighting,
  ModelRuntimeSighting,
  Sighting,
  User,
} from '../protocol/sighting.ts'
import type { TableRow, Tone } from './terminal.ts'

/** What is seen on a device as rows of a table. All text is foreign: the table makes it printable. */

export const HEADINGS = {
  agent: ['AGENT', 'STATE', 'USER', 'PROCESS', 'AUTONOMY', 'WHERE'],
  extension: ['AI', 'EXTENSION', 'IN', 'USER', 'STATE', 'FROM', 'MAY'],
  'mcp-server': ['MCP SERVER', 'STATE', 'CLIENT', 'USER', 'STARTS', 'BEWARE', 'CONFIGURED IN'],
  'model-runtime': ['RUNTIME', 'STATE', 'USER', 'PROCESS', 'LISTENS', 'MODELS', 'WHERE'],
  'agent-file': ['FILE', 'KIND', 'FOR', 'SCOPE', 'OWNER', 'BEWARE', 'WHERE'],
} as const satisfies Readonly<Record<Sighting['kind'], readonly string[]>>

export function sightingRow(sighting: Sighting): TableRow {
  switch (sighting.kind) {
    case 'agent':
      return agentRow(sighting)
    case 'extension':
      return extensionRow(sighting)
    case 'mcp-server':
      return mcpServerRow(sighting)
    case 'model-runtime':
      return modelRuntimeRow(sighting)
    case 'agent-file':
      return agentFileRow(sighting)
    default:
      return sighting satisfies never
  }
}

/** What needs a person first: unknown and autonomous agents, AI extensions, what somebody else may change; then by name. */
export function inOrder<S extends Sighting>(sightings: readonly S[]): S[] {
  return sightings
    .map((sighting) => ({ sighting, rank: rankOf(sighting) }))
    .sort((a, b) => a.rank - b.rank || a.sighting.name.localeCompare(b.sighting.name))
    .map(({ sighting }) => sighting)
}

function rankOf(sighting: Sighting): number {
  const running = 'state' in sighting && sighting.state === 'running' ? 0 : 4
  if (sighting.kind === 'extension') return sighting.ai ? 0 : sighting.installSource === 'bundled' ? 2 : 1
  if (sighting.kind !== 'agent') return running + (bewareOf(sighting).length > 0 ? 0 : 1)
  return running + (isUnknown(sighting) ? 0 : isAutonomous(sighting) ? 1 : 2)
}

export function isUnknown(agent: AgentSighting): boolean {
  return agent.agentKind === 'unknown' || agent.catalogueId === undefined
}

function isAutonomous({ autonomy }: AgentSighting): boolean {
  return autonomy?.level === 'autonomous'
}

/** How many run and are only installed, and of both what needs a person, in the capitals of their rows. */
export function agentCounts(agents: readonly AgentSighting[]): string {
  const running = agents.filter(({ state }) => state === 'running').length
  const [unknown, autonomous] = [agents.filter(isUnknown).length, agents.filter(isAutonomous).length]
  const marked = [
    ...(unknown === 0 ? [] : [`${unknown} UNKNOWN`]),
    ...(autonomous === 0 ? [] : [`${autonomous} AUTONOMOUS`]),
  ]
  const all = `${running} running, ${agents.length - running} installed`
  return marked.length === 0 ? all : `${all}; of these ${marked.join(', ')}`
}

export function titleOf({ name, version }: Pick<Sighting, 'name' | 'version'>): string {
  return `${name.trim() === '' ? NAMELESS : name} ${version ?? ''}`.trimEnd()
}

const NAMELESS = '(no name)'

export function stateOf({ state, ended }: AgentSighting): string {
  return ended === true ? 'ENDED, its tools run' : state
}

/** `asks` before it does what matters, or does it. */
const AUTONOMY = { asks: 'asks', autonomous: 'AUTONOMOUS', unknown: 'unknown' } as const

function agentRow(agent: AgentSighting): TableRow {
  const { state, user, process, path, workspace, flags, autonomy, score } = agent
  const where = workspace ?? process?.executable ?? path ?? ''
  const notes = [...(score === undefined ? [] : [`score ${score}`]), ...endNote(agent), ...(flags ?? [])]
  return {
    cells: [
      titleOf(agent),
      isUnknown(agent) ? `UNKNOWN, ${state}` : stateOf(agent),
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
  if (isUnknown(agent)) return 'bad'
  return agent.state === 'running' && isAutonomous(agent) ? 'warning' : undefined
}

function extensionRow(extension: ExtensionSighting): TableRow {
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
    ...(installSource === 'unpacked' && path !== undefined ? [`lies in ${path}`] : []),
    ...(ai ? evidence.slice(0, 1) : []),
    ...endNote(extension),
  ]
  return {
    cells: [
      ai ? 'AI' : '-',
      titleOf(extension),
      // One that a process named is called by its path.
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

/** The rights that reach furthest, in words. */
function rightsOf({ broadHosts, debugger: drives, nativeMessagingHosts = [] }: ExtensionSighting): string[] {
  const [first, ...others] = nativeMessagingHosts
  return [
    ...(broadHosts ? ['read every site'] : []),
    ...(drives === true ? ['drive the browser'] : []),
    ...(first === undefined ? [] : [`speak to ${first}${others.length === 0 ? '' : ` and ${others.length} more`}`]),
  ]
}

function mcpServerRow(server: McpServerSighting): TableRow {
  const beware = bewareOf(server)
  return {
    cells: [
      titleOf(server),
      enabledWord(server.enabled),
      server.client,
      server.user?.name ?? 'everybody',
      reachOf(server),
      beware.join(', ') || '-',
      server.configuration,
    ],
    tone: beware.length > 0 && server.enabled !== false ? 'warning' : undefined,
  }
}

/** What it starts or reaches, of a bridge both; other arguments never leave a device. */
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
    tone: bewareOf(runtime).length > 0 ? 'warning' : undefined,
  }
}

/** Each port once: `11434` for this machine alone, `8080 FOR ALL` or `8080 at 192.0.2.1` for others too. */
function portWords(listens: ModelRuntimeSighting['listens']): string {
  return [...Map.groupBy(listens, ({ port }) => port)]
    .map(([port, places]) => {
      const open = places.filter(({ loopback }) => !loopback)
      if (open.length === 0) return `${port}`
      const all = open.some(({ address }) => address === undefined || address === '0.0.0.0' || address === '::')
      return all ? `${port} FOR ALL` : `${port} at ${open.map(({ address }) => address).join(', ')}`
    })
    .join(', ')
}

function agentFileRow(file: AgentFileSighting): TableRow {
  const beware = bewareOf(file)
  return {
    cells: [
      file.name,
      file.enabled === undefined || file.enabled === true
        ? file.fileKind
        : `${file.fileKind}, ${enabledWord(file.enabled)}`,
      file.client,
      file.scope,
      file.user?.id === file.owner ? file.user.name : userIdText(file.owner),
      beware.join(', ') || '-',
      file.path,
    ],
    tone: beware.length > 0 && file.enabled !== false ? 'warning' : undefined,
  }
}

/** What is wrong with it, in words. */
export function bewareOf(sighting: Sighting): string[] {
  switch (sighting.kind) {
    case 'mcp-server':
      return [
        ...(sighting.plaintextSecret ? ['secret in the file'] : []),
        ...(sighting.writableByOthers ? ['others may change it'] : []),
        ...(sighting.programWritableByOthers ? ['others may change its program'] : []),
        ...(sighting.cleartext ? ['no TLS'] : []),
        ...(sighting.shell ? ['through a shell'] : []),
        ...(sighting.unpinned ? ['any version'] : []),
      ]
    case 'agent-file':
      return [
        ...(sighting.invisibleUnicode ? ['invisible characters'] : []),
        ...(sighting.writableByOthers ? ['others may change it'] : []),
      ]
    case 'model-runtime':
      return sighting.listens.some(({ loopback }) => !loopback) ? ['listens for all'] : []
    default:
      return []
  }
}

/** `7 configured, 4 TO LOOK AT`: how many there are, and of how many something is wrong. */
export function bewareCounts(sightings: readonly Sighting[], word: string): string {
  const beware = sightings.filter((sighting) => bewareOf(sighting).length > 0).length
  return `${sightings.length} ${word}${beware === 0 ? '' : `, ${beware} TO LOOK AT`}`
}

function enabledWord(enabled: boolean | 'unknown'): string {
  return enabled === true ? 'enabled' : enabled === false ? 'disabled' : 'unknown'
}

function nameOf(user: User | undefined): string {
  return user?.name ?? '-'
}
