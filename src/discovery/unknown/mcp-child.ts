import type { StreamKind } from '../../system/processes/process-details.ts'
import { packageLaunch } from '../launch/package-launch.ts'
import { baseName } from '../matching/agent-index.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { looksSecret } from '../redaction/known-tokens.ts'
import { isLanguageServer } from '../running/helper-programs.ts'
import { isRunnerName } from './known-runners.ts'
import { programName } from './program-name.ts'
import type { Reason } from './signals.ts'

/** `mcp` as a whole word of a name, or the folder of the protocol's own packages. */
const MCP_WORD = /(^|[^a-z0-9])mcp([^a-z0-9]|$)|modelcontextprotocol/i
const MAX_ARGUMENTS = 8
const MAX_LAUNCH_ARGUMENTS = 64
const MAX_NAME = 256
const MAX_CHILDREN = 16

/**
 * True if the command line names an MCP server. Checks names of programs, scripts and packages, not whole paths (folders
 * can be called `mcp`) and not texts.
 */
export function namesMcpServer({ argv, executable }: ProcessRecord): boolean {
  // `npm exec @scope/mcp-server` is one argument: npm overwrites its title.
  const words = [executable ?? '', ...argv.slice(0, MAX_ARGUMENTS)].flatMap((part) =>
    part.slice(0, 4096).split(' ').slice(0, 8),
  )
  return words.some((word) => MCP_WORD.test(nameIn(word)))
}

/** Returns the package of a path under `node_modules`, else the last part; undefined for an option. */
function nameIn(text: string): string {
  if (text.startsWith('-')) return ''
  const word = text.replaceAll('\\', '/')
  const modules = word.lastIndexOf('/node_modules/')
  if (modules >= 0) return word.slice(modules + '/node_modules/'.length, modules + MAX_NAME)
  if (word.startsWith('@')) return word.slice(0, MAX_NAME)
  return word.slice(word.lastIndexOf('/') + 1).slice(0, MAX_NAME)
}

const NAMED_WEIGHT = 20
const LAUNCHED_WEIGHT = 10

/** Finds an MCP server among the children in the members' own session. */
export function mcpReason(
  members: readonly ProcessRecord[],
  tree: { childrenOf(process: ProcessRecord): readonly ProcessRecord[] },
  streamsOf: (process: ProcessRecord) => readonly StreamKind[] | undefined,
): Reason | undefined {
  const children = members.flatMap((member) =>
    tree.childrenOf(member).filter((child) => child.sessionId === member.sessionId),
  )
  const find = (isServer: (child: ProcessRecord) => boolean) =>
    children
      .filter(isServer)
      .slice(0, MAX_CHILDREN)
      .find((child) => speaksThroughStdio(streamsOf(child) ?? []))
  const named = find(namesMcpServer)
  if (named !== undefined) {
    const name = programName(named)?.name ?? named.comm
    return reason(NAMED_WEIGHT, `speaks to the MCP server ${name} through its standard streams`)
  }
  const launched = find((child) => launchedPackage(child) !== undefined)
  if (launched === undefined) return undefined
  const name = launchedPackage(launched)
  return reason(
    LAUNCHED_WEIGHT,
    `speaks to ${name}, fetched and run, through its standard streams, as to an MCP server`,
  )
}

function reason(weight: number, detail: string): Reason {
  return { name: 'mcp-children', weight, detail: boundedText(detail, 256) }
}

/**
 * True for a package or image that is fetched and run, as most MCP configurations do. Three piped streams alone are no
 * sign: resident compilers, test workers and debuggers have them, as do packaged language servers and build tools.
 */
function launchedPackage({ argv, executable = '' }: ProcessRecord): string | undefined {
  const [first = '', ...others] = argv.slice(0, MAX_LAUNCH_ARGUMENTS)
  // `npm exec @scope/mcp-server` is one argument: npm overwrites its title.
  const [program = '', ...args] = /^(npm|npx) /.test(first) ? first.slice(0, 4096).split(' ') : [first, ...others]
  const name = baseName(program)
  const { spec } = packageLaunch(name, args) ?? packageLaunch(baseName(executable), args) ?? {}
  if (spec === undefined || isLanguageServer(spec.name) || isRunnerName(spec.name) || looksSecret(spec.name)) {
    return undefined
  }
  // Packages that create a project.
  if (/^(?:@[^/]*\/)?create(?:-|$)/.test(spec.name)) return undefined
  return spec.ecosystem === 'docker' && !isSpokenTo(args) ? undefined : spec.name
}

/** With its standard input, and without a terminal. */
function isSpokenTo(args: readonly string[]): boolean {
  const flags = args.filter((arg) => arg.startsWith('-'))
  const has = (letter: string, word: string) =>
    flags.some((flag) => flag === word || (/^-[a-z]+$/.test(flag) && flag.includes(letter)))
  return has('i', '--interactive') && !has('t', '--tty') && !has('d', '--detach')
}

/** An MCP server has all three streams piped. Children of a human or build keep a terminal, a file or nothing for one. */
function speaksThroughStdio(streams: readonly StreamKind[]): boolean {
  return streams.length === 3 && streams.every((kind) => kind === 'socket' || kind === 'pipe')
}
