import type { ProcessRecord } from '../matching/process-record.ts'
import type { Marker } from './markers.ts'
import { ProgramNotes } from './program-notes.ts'
import { commandName, loadsSnapshot } from './shell-command.ts'
import { isStateQuery } from './state-query.ts'

/** One tool that was started. Of its command line only a hash is kept. */
export interface PastTool {
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
