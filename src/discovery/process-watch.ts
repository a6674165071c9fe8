import type { ProcessEventSource, ProcessEvents } from '../system/process-events.ts'
import type { ProcessEntry, ProcessTable } from '../system/process-table.ts'

export interface ProcessWatchComponents {
  readonly events: ProcessEventSource
  readonly processes: Pick<ProcessTable, 'entry'>
}

export interface ProcessWatchInit {
  /** Does it bear the mark of an agent? */
  readonly isAgent: (process: ProcessEntry) => boolean
  /** An agent started, became another program or ended, or events were lost: a look at all processes tells what is so. */
  readonly onChange: () => void
}

/** Watches agents come and go, and keeps what they were when they started. */
export interface ProcessWatch extends Disposable {
  /**
   * What is looked at now, in the words of its start: a program may overwrite its command line afterwards.
   * Agents that started before the watch are watched from here on.
   */
  asStarted(processes: readonly ProcessEntry[]): readonly ProcessEntry[]
}

/** So many agents at once are remembered; a machine that runs more is looked at without memory. */
const MAX_REMEMBERED = 10_000

/** @throws as `ProcessEventSource.watch`. */
export function watchProcesses(components: ProcessWatchComponents, init: ProcessWatchInit): ProcessWatch {
  const agents = new Map<number, ProcessEntry>()
  const started = (pid: number): boolean => {
    const was = agents.delete(pid)
    // Many are gone before they can be looked at: those are no agents that work.
    const process = components.processes.entry(pid)
    if (process === undefined || !init.isAgent(process)) return was
    if (agents.size < MAX_REMEMBERED) agents.set(pid, process)
    return true
  }
  const take = ({ events, lost }: ProcessEvents) => {
    let changed = lost
    for (const { kind, pid } of events) {
      if (kind === 'exec' && started(pid)) changed = true
      if (kind === 'exit' && agents.delete(pid)) changed = true
    }
    if (changed) init.onChange()
  }
  const watch = components.events.watch(['exec', 'exit'], take)
  return {
    asStarted(processes) {
      const present = new Set(processes.map(({ pid }) => pid))
      // Their end may be among the events that were lost.
      for (const pid of agents.keys()) if (!present.has(pid)) agents.delete(pid)
      return processes.map((process) => {
        const known = agents.get(process.pid)
        if (known?.startTicks === process.startTicks) {
          return { ...process, executable: known.executable, argv: known.argv }
        }
        if (init.isAgent(process) && agents.size < MAX_REMEMBERED) agents.set(process.pid, process)
        return process
      })
    },
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  }
}
