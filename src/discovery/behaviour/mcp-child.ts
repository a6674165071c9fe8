import type { StreamKind } from '../../system/process-details.ts'
import type { ProcessRecord } from '../process-record.ts'
import { programName } from './program-name.ts'
import type { Reason } from './signals.ts'

/** `mcp` as a whole word of a name, or the folder of the protocol's own packages. */
const MCP_WORD = /(^|[^a-z0-9])mcp([^a-z0-9]|$)|modelcontextprotocol/i
const MAX_ARGUMENTS = 8
const MAX_NAME = 256
const MAX_CHILDREN = 16

/**
 * Does its command line name an MCP server? Looks at names of programs, scripts and packages, not at whole paths (people
 * have folders called `mcp`) nor at texts.
 */
export function namesMcpServer({ argv, executable }: ProcessRecord): boolean {
  // `npm exec @scope/mcp-server` is one argument: npm overwrites its title.
  const words = [executable ?? '', ...argv.slice(0, MAX_ARGUMENTS)].flatMap((part) =>
    part.slice(0, 4096).split(' ').slice(0, 8),
  )
  return words.some((word) => MCP_WORD.test(nameIn(word)))
}

/** The package of a path under `node_modules`, else its last part; an option is no name. */
function nameIn(word: string): string {
  if (word.startsWith('-')) return ''
  const modules = word.lastIndexOf('/node_modules/')
  if (modules >= 0) return word.slice(modules + '/node_modules/'.length, modules + MAX_NAME)
  if (word.startsWith('@')) return word.slice(0, MAX_NAME)
  return word.slice(word.lastIndexOf('/') + 1).slice(0, MAX_NAME)
}

/** An MCP server among what they started in their own session. */
export function mcpReason(
  members: readonly ProcessRecord[],
  tree: { childrenOf(process: ProcessRecord): readonly ProcessRecord[] },
  streamsOf: (process: ProcessRecord) => readonly StreamKind[] | undefined,
): Reason | undefined {
  const children = members.flatMap((member) =>
    tree.childrenOf(member).filter((child) => child.sessionId === member.sessionId && namesMcpServer(child)),
  )
  const server = children.slice(0, MAX_CHILDREN).find((child) => speaksThroughStdio(streamsOf(child) ?? []))
  if (server === undefined) return undefined
  const name = programName(server)?.name ?? server.comm
  return { name: 'mcp-children', weight: 20, detail: `speaks to the MCP server ${name} through its standard streams` }
}

/** MCP servers speak through all three; what a person or a build starts keeps the terminal, a file or nothing for one. */
function speaksThroughStdio(streams: readonly StreamKind[]): boolean {
  return streams.length === 3 && streams.every((kind) => kind === 'socket' || kind === 'pipe')
}
