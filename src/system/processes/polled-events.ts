import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { ProcessEvent, ProcessEventSource } from './process-events.ts'

/** What names a process, and who started it. */
export interface ProcessIdentity {
  readonly pid: number
  readonly parentPid: number
  readonly startTicks: number
  /** Differs when the same process runs another program; left out where none ever does. */
  readonly program?: string
}

/** Lists processes for less than a look at each costs. */
export interface ProcessLister {
  /** All of them, now. @throws `FILE_UNREADABLE`, `INPUT_MALFORMED` when not all can be had. */
  identities(): readonly ProcessIdentity[]
}

export interface PolledProcessEventsInit {
  readonly everyMs: number
}

/**
 * For systems that announce processes to no program, or only to programs that their vendor signed: lists processes again and
 * again, and reports what is new. Processes that live shorter than the interval are missed.
 */
export function polledProcessEvents(
  { processes, clock }: { readonly processes: ProcessLister; readonly clock: Pick<Clock, 'sleep'> },
  { everyMs }: PolledProcessEventsInit,
): ProcessEventSource {
  return {
    watch(kinds, onEvents) {
      let known = byPid(processes.identities())
      const look = () => {
        let now: Map<number, ProcessIdentity>
        try {
          now = byPid(processes.identities())
        } catch {
          // The caller then scans all processes, and reports why that fails.
          onEvents({ events: [], lost: true })
          return
        }
        const events = changes(known, now).filter(({ kind }) => kinds.includes(kind))
        known = now
        if (events.length > 0) onEvents({ events, lost: false })
      }
      const ended = new AbortController()
      void untilAborted(clock, everyMs, ended.signal, look)
      const filesFault = new SuretyError('FILE_ABSENT', 'this system does not tell which files are run')
      const fault = new SuretyError(
        'NOT_SUPPORTED',
        `this system announces no processes: they are listed every ${everyMs} ms, and what lives shorter is missed`,
      )
      return { fault, filesFault, [Symbol.dispose]: () => ended.abort() }
    },
  }
}

async function untilAborted(clock: Pick<Clock, 'sleep'>, everyMs: number, signal: AbortSignal, look: () => void) {
  for (;;) {
    try {
      await clock.sleep(everyMs, { signal })
    } catch {
      return
    }
    look()
  }
}

function byPid(identities: readonly ProcessIdentity[]): Map<number, ProcessIdentity> {
  return new Map(identities.map((identity) => [identity.pid, identity]))
}

/** Ends first: a pid may have been reused. */
function changes(
  before: ReadonlyMap<number, ProcessIdentity>,
  now: ReadonlyMap<number, ProcessIdentity>,
): ProcessEvent[] {
  const events: ProcessEvent[] = []
  for (const { pid, startTicks } of before.values()) {
    if (now.get(pid)?.startTicks !== startTicks) events.push({ kind: 'exit', pid })
  }
  // Parents before their children.
  for (const { pid, parentPid, startTicks, program } of [...now.values()].sort((a, b) => a.startTicks - b.startTicks)) {
    const known = before.get(pid)
    const isNew = known?.startTicks !== startTicks
    if (isNew) events.push({ kind: 'fork', pid, parentPid })
    if (isNew || known?.program !== program) events.push({ kind: 'exec', pid })
  }
  return events
}
