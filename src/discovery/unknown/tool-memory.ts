import type { StartTicks } from '../../system/processes/start-ticks.ts'
import { ALLOWED_COMMANDS } from '../../system/program/allowed-commands.ts'
import { STATE_QUERIES } from '../../system/program/query-commands.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import type { Marker } from './markers.ts'
import { ProgramNotes } from './program-notes.ts'
import { commandName, loadsSnapshot } from './shell-loops.ts'
import type { Reason } from './signals.ts'

/** One tool that was started. Of its command line only a hash is kept. */
interface PastTool {
  readonly pid: number
  readonly startTicks: number
  readonly command: number
  /** Hash of the program name alone. */
  readonly program: number
  readonly loadsSnapshot: boolean
  readonly markers: readonly Marker[]
}

const MAX_TOOLS = 16

type Parent = Pick<ProcessRecord, 'pid' | 'startTicks'>

/** Remembers the last 16 tools of each program. Most end before the next scan. */
export class ToolMemory {
  readonly #rows = new ProgramNotes<PastTool[]>()

  note(parent: Parent & Pick<ProcessRecord, 'userId'>, tool: ProcessRecord, markers: readonly Marker[]): void {
    // Monitoring programs run these one after another; they are not steps of an agent.
    if (isStateQuery(tool)) return
    const tools = this.#rows.of(parent) ?? []
    const at = tools.findIndex(({ pid, startTicks }) => pid === tool.pid && startTicks === tool.startTicks)
    const known = tools[at]
    if (known !== undefined) {
      tools[at] = withMore(known, tool, markers)
      return
    }
    this.#rows.set(parent, tools)
    tools.push({
      pid: tool.pid,
      startTicks: tool.startTicks,
      ...hashesOf(tool),
      loadsSnapshot: loadsSnapshot(tool),
      markers,
    })
    if (tools.length > MAX_TOOLS) tools.shift()
  }

  of(parent: Parent): readonly PastTool[] {
    return this.#rows.of(parent) ?? []
  }

  /** Pids of parents. */
  get parents(): readonly number[] {
    return this.#rows.pids
  }

  /** Forgets programs that have ended. */
  keep(lives: (parent: Parent) => boolean): void {
    this.#rows.keep(lives)
  }
}

/** Adds what a later scan found: on a busy machine the start could not be read, and a shell may have run `exec`. */
function withMore(known: PastTool, tool: ProcessRecord, markers: readonly Marker[]): PastTool {
  return {
    ...known,
    loadsSnapshot: known.loadsSnapshot || loadsSnapshot(tool),
    markers: markers.length > known.markers.length ? markers : known.markers,
  }
}

function hashesOf(tool: ProcessRecord): Pick<PastTool, 'command' | 'program'> {
  const command = hashOf(tool.argv)
  const name = commandName(tool)
  return { command, program: name === undefined ? command : hashOf([name]) }
}

/** FNV-1a over the first arguments: bounded, and the arguments cannot be recovered from it. */
function hashOf(argv: readonly string[]): number {
  let hash = 0x811c9dc5
  for (const part of argv.slice(0, 8)) {
    for (let at = 0; at < part.length && at < 4096; at++) hash = Math.imul(hash ^ part.charCodeAt(at), 0x01000193)
    hash = Math.imul(hash ^ 0xff, 0x01000193)
  }
  return hash >>> 0
}

const UNIT = /^[A-Za-z][A-Za-z0-9@_.-]{0,63}\.(service|timer|socket)$/
/** Allowed variables. Others can make a query do more than its arguments say (`APT_CONFIG`). */
const BARE: readonly string[] = ['LC_ALL', 'PATH']

const QUERIES = Object.entries(STATE_QUERIES).map(([name, [command, ...args]]) => {
  // With a merged /sbin the kernel reports the /bin path.
  const places: readonly string[] = ALLOWED_COMMANDS[command].flatMap((path) => [path, path.replace('/sbin/', '/bin/')])
  return { takesUnit: name === 'unit', places, args: args.map(String) }
})

/**
 * True for a query of system state exactly as our posture checks run it: a root-owned program path, the same arguments, and
 * no variables but LC_ALL and PATH. Such a query changes nothing, whichever program runs it.
 */
export function isStateQuery({ executable = '', argv, environmentNames }: ProcessRecord): boolean {
  if (environmentNames?.every((name) => BARE.includes(name)) !== true) return false
  const [, ...words] = argv
  return QUERIES.some(
    ({ places, args, takesUnit }) =>
      places.includes(executable) &&
      words.length === args.length + Number(takesUnit) &&
      args.every((arg, at) => words[at] === arg) &&
      (!takesUnit || UNIT.test(words.at(-1) ?? '')),
  )
}

const MIN_TOOLS = 4
const MIN_COMMANDS = 3
const MIN_PROGRAMS = 3
const SHORTEST_GAP_SECONDS = 0.3
const LONGEST_GAP_SECONDS = 60

/**
 * One tool after another, each another command, with a model's pause between them: too steady for a person, too slow
 * and too varied for a build (its commands start together) or for a watcher (it repeats the same one).
 */
export function paceReason(
  tools: readonly PastTool[],
  { perSecond }: Pick<StartTicks, 'perSecond'>,
): Reason | undefined {
  const starts = tools.map(({ startTicks }) => startTicks).sort((a, b) => a - b)
  let run = 1
  let longest = 1
  for (let at = 1; at < starts.length; at++) {
    const gap = ((starts[at] ?? 0) - (starts[at - 1] ?? 0)) / perSecond
    run = gap >= SHORTEST_GAP_SECONDS && gap <= LONGEST_GAP_SECONDS ? run + 1 : 1
    longest = Math.max(longest, run)
  }
  const commands = new Set(tools.map(({ command }) => command)).size
  if (longest < MIN_TOOLS || commands < MIN_COMMANDS) return undefined
  return {
    name: 'paced-children',
    weight: 25,
    detail: `${longest} tools one after another, ${commands} different commands`,
  }
}

/** True if the tools are different programs. A compiler for each file or a converter for each job is not varied. */
export function isVaried(tools: readonly PastTool[], ticks: Pick<StartTicks, 'perSecond'>): boolean {
  return paceReason(tools, ticks) !== undefined && new Set(tools.map(({ program }) => program)).size >= MIN_PROGRAMS
}

/**
 * The tools load a snapshot of the user's shell, as those of Claude Code, Codex and OpenClaw do. Build tools and
 * development servers have no use for one.
 */
export function snapshotReason(tools: readonly PastTool[]): Reason | undefined {
  if (!tools.some(({ loadsSnapshot }) => loadsSnapshot)) return undefined
  return {
    name: 'shell-snapshots',
    weight: 20,
    detail: 'has its commands begin with a snapshot of a shell that it keeps',
  }
}
