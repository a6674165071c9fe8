import type { ProcessRecord } from '../process-record.ts'
import type { Marker } from './markers.ts'
import { commandName } from './shell-command.ts'

/** What is kept of one tool: nothing of its command line but a number that tells two of them apart. */
export interface PastTool {
  readonly pid: number
  readonly startTicks: number
  readonly command: number
  /** Likewise, of the program alone. */
  readonly program: number
  readonly markers: readonly Marker[]
}

const MAX_PARENTS = 64
const MAX_TOOLS = 16

interface Row {
  readonly startTicks: number
  readonly tools: PastTool[]
}

type Parent = Pick<ProcessRecord, 'pid' | 'startTicks'>

/** The last 16 tools of the 64 programs that started one last: most are over before anybody looks again. */
export class ToolMemory {
  readonly #rows = new Map<number, Row>()

  note(parent: Parent, tool: ProcessRecord, markers: readonly Marker[]): void {
    const row: Row = this.#row(parent) ?? { startTicks: parent.startTicks, tools: [] }
    if (row.tools.some(({ pid, startTicks }) => pid === tool.pid && startTicks === tool.startTicks)) return
    // Set anew, so that the parent that started one last stands last.
    this.#rows.delete(parent.pid)
    this.#rows.set(parent.pid, row)
    row.tools.push({ pid: tool.pid, startTicks: tool.startTicks, ...numbersOf(tool), markers })
    if (row.tools.length > MAX_TOOLS) row.tools.shift()
    const [oldest] = this.#rows.keys()
    if (this.#rows.size > MAX_PARENTS && oldest !== undefined) this.#rows.delete(oldest)
  }

  of(parent: Parent): readonly PastTool[] {
    return this.#row(parent)?.tools ?? []
  }

  /** Pids of parents. */
  get parents(): readonly number[] {
    return [...this.#rows.keys()]
  }

  /** What is no more is forgotten. */
  keep(lives: (parent: Parent) => boolean): void {
    for (const [pid, { startTicks }] of this.#rows) if (!lives({ pid, startTicks })) this.#rows.delete(pid)
  }

  #row({ pid, startTicks }: Parent): Row | undefined {
    const row = this.#rows.get(pid)
    return row?.startTicks === startTicks ? row : undefined
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
