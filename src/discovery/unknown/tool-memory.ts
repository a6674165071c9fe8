import type { ProcessRecord } from '../matching/process-record.ts'
import type { Marker } from './markers.ts'
import { ProgramNotes } from './program-notes.ts'
import { commandName, loadsSnapshot } from './shell-command.ts'
import { isStateQuery } from './state-query.ts'

/** What is kept of one tool: of its command line a number that tells two of them apart, and how it begins. */
export interface PastTool {
  readonly pid: number
  readonly startTicks: number
  readonly command: number
  /** Likewise, of the program alone. */
  readonly program: number
  readonly loadsSnapshot: boolean
  readonly markers: readonly Marker[]
}

const MAX_TOOLS = 16

type Parent = Pick<ProcessRecord, 'pid' | 'startTicks'>

/** The last 16 tools of the programs that started one last: most are over before anybody looks again. */
export class ToolMemory {
  readonly #rows = new ProgramNotes<PastTool[]>()

  note(parent: Parent & Pick<ProcessRecord, 'userId'>, tool: ProcessRecord, markers: readonly Marker[]): void {
    // Whoever watches a device asks them all one after another: they are no steps towards anything.
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
      ...numbersOf(tool),
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

  /** What is no more is forgotten. */
  keep(lives: (parent: Parent) => boolean): void {
    this.#rows.keep(lives)
  }
}

/**
 * Looked at once more: on a busy machine nothing was there to be read when it began, and what is a shell at first becomes the
 * program that it was given.
 */
function withMore(known: PastTool, tool: ProcessRecord, markers: readonly Marker[]): PastTool {
  return {
    ...known,
    loadsSnapshot: known.loadsSnapshot || loadsSnapshot(tool),
    markers: markers.length > known.markers.length ? markers : known.markers,
  }
}

function numbersOf(tool: ProcessRecord): Pick<PastTool, 'command' | 'program'> {
  const command = numberOf(tool.argv)
  const name = commandName(tool)
  return { command, program: name === undefined ? command : numberOf([name]) }
}

/** FNV-1a over the first of the arguments: bounded, and of no use to who wants them back. */
function numberOf(argv: readonly string[]): number {
  let hash = 0x811c9dc5
  for (const part of argv.slice(0, 8)) {
    for (let at = 0; at < part.length && at < 4096; at++) hash = Math.imul(hash ^ part.charCodeAt(at), 0x01000193)
    hash = Math.imul(hash ^ 0xff, 0x01000193)
  }
  return hash >>> 0
}
