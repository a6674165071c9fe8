import type { Clock } from '../../../base/clock.ts'
import { SuretyError } from '../../../base/errors.ts'
import { type PolledProcessEventsInit, type ProcessLister, polledProcessEvents } from '../polled-events.ts'
import type { ProcessEvent, ProcessEventSource, ProcessEvents, StartedProcess } from '../process-events.ts'
import type { ProcessTable } from '../process-table.ts'

/** What the addon offers on Windows; see `native/windows/addon/processes/process-traces.c`. */
export interface WindowsTraceAddon {
  /**
   * `callback` gets either the state of the subscription, an HRESULT: 0 once events come, and what ended them; or events: a kind, a
   * pid, the pid of the parent and a session for each.
   */
  traceProcesses(callback: (state: number | undefined, events: Float64Array | undefined) => void): WindowsTrace
  traceClose(trace: WindowsTrace): void
}

export const WINDOWS_TRACE_FUNCTIONS: readonly (keyof WindowsTraceAddon)[] = ['traceProcesses', 'traceClose']

/** Of the addon alone. */
export type WindowsTrace = object & { readonly __trace?: never }

export interface WindowsEventsComponents {
  readonly addon: WindowsTraceAddon
  readonly processes: ProcessLister & Pick<ProcessTable, 'entry' | 'surroundings'>
  readonly clock: Pick<Clock, 'sleep'>
}

const EVENT = 4
const START = 1
const STOP = 2
const ACCESS_DENIED = 0x80041003
/** The service starts late, or is started again by an administrator. */
const AGAIN_MS = 60_000
/** Not built there, or not for us: it will not change in this run. */
const FINAL: ReadonlySet<number> = new Set([ACCESS_DENIED, 0x80070005, 0x80004001, 0x80041010, 0x8004100e])

const NAMES_ONLY = new SuretyError(
  'FILE_ABSENT',
  'Windows names programs that start but not their files, so what ends within moments has no path',
)

/**
 * Starts and ends of processes as Windows Management Instrumentation announces them; until it does, and where it does not, processes
 * are listed again and again. `fault` says which.
 */
export function windowsProcessEvents(
  components: WindowsEventsComponents,
  init: PolledProcessEventsInit,
): ProcessEventSource {
  return {
    watch: (kinds, onEvents, { variables = new Set<string>() } = {}) =>
      new WindowsWatch(components, init, { kinds: new Set(kinds), onEvents, variables }),
  }
}

interface Wanted {
  readonly kinds: ReadonlySet<ProcessEvent['kind']>
  readonly onEvents: (events: ProcessEvents) => void
  readonly variables: ReadonlySet<string>
}

class WindowsWatch implements Disposable {
  readonly #components: WindowsEventsComponents
  readonly #init: PolledProcessEventsInit
  readonly #wanted: Wanted
  readonly #ended = new AbortController()
  /** Undefined while events are announced. */
  #polling: Disposable | undefined
  #trace: WindowsTrace | undefined
  #reason = 'Windows Management Instrumentation has not answered yet'
  #isRefused = false

  constructor(components: WindowsEventsComponents, init: PolledProcessEventsInit, wanted: Wanted) {
    this.#components = components
    this.#init = init
    this.#wanted = wanted
    this.#poll()
    this.#subscribe()
  }

  get fault(): SuretyError | undefined {
    if (this.#polling === undefined) return undefined
    const every = `processes are listed every ${this.#init.everyMs} ms instead, and what lives shorter is missed`
    return new SuretyError(this.#isRefused ? 'NOT_PERMITTED' : 'NOT_SUPPORTED', `${this.#reason}: ${every}`)
  }

  get filesFault(): SuretyError {
    return NAMES_ONLY
  }

  [Symbol.dispose](): void {
    this.#ended.abort()
    this.#polling?.[Symbol.dispose]()
    this.#closeTrace()
  }

  #poll(): void {
    const { kinds, onEvents } = this.#wanted
    this.#polling ??= polledProcessEvents(this.#components, this.#init).watch([...kinds], onEvents)
  }

  #subscribe(): void {
    const { addon } = this.#components
    try {
      const trace = addon.traceProcesses((state, events) => {
        if (this.#ended.signal.aborted || this.#trace !== trace) return
        if (events !== undefined) this.#tell(events)
        else this.#stateIs(state ?? 0)
      })
      this.#trace = trace
    } catch {
      this.#reason = 'the addon cannot start another thread'
      this.#subscribeLater()
    }
  }

  #stateIs(state: number): void {
    if (state === 0) {
      this.#polling?.[Symbol.dispose]()
      this.#polling = undefined
      this.#lost()
      return
    }
    this.#closeTrace()
    this.#isRefused = state === ACCESS_DENIED
    this.#reason = `Windows Management Instrumentation does not announce processes (0x${state.toString(16).toUpperCase()})`
    const wasAnnounced = this.#polling === undefined
    try {
      this.#poll()
    } catch {
      // The list cannot be had now: the scan that a loss asks for says why.
    }
    if (wasAnnounced) this.#lost()
    if (!FINAL.has(state)) this.#subscribeLater()
  }

  /** Of the time between two ways only a scan tells what happened. */
  #lost(): void {
    this.#wanted.onEvents({ events: [], lost: true })
  }

  #subscribeLater(): void {
    const { clock } = this.#components
    clock.sleep(AGAIN_MS, { signal: this.#ended.signal }).then(
      () => this.#subscribe(),
      () => undefined,
    )
  }

  #closeTrace(): void {
    if (this.#trace !== undefined) this.#components.addon.traceClose(this.#trace)
    this.#trace = undefined
  }

  #tell(numbers: Float64Array): void {
    const { kinds, onEvents } = this.#wanted
    const events: ProcessEvent[] = []
    for (let at = 0; at + EVENT <= numbers.length; at += EVENT) {
      const [kind = 0, pid = 0, parentPid = 0] = numbers.subarray(at, at + EVENT)
      if (kind === STOP) events.push({ kind: 'exit', pid })
      if (kind !== START) continue
      events.push({ kind: 'fork', pid, parentPid })
      if (kinds.has('exec')) events.push({ kind: 'exec', pid, process: this.#started(pid) })
    }
    const wanted = events.filter(({ kind }) => kinds.has(kind))
    if (wanted.length > 0) onEvents({ events: wanted, lost: false })
  }

  #started(pid: number): StartedProcess | 'gone' | 'unread' {
    const { processes } = this.#components
    try {
      const entry = processes.entry(pid)
      if (entry === undefined) return 'gone'
      const found = processes.surroundings(pid, this.#wanted.variables)
      if (found === undefined || found.startTicks !== entry.startTicks) return 'unread'
      const { environmentNames, sessionMarkers, workingFolder } = found
      return { ...entry, environmentNames, sessionMarkers, workingFolder }
    } catch {
      return 'unread'
    }
  }
}
