/** What is asked of the few processes that could be agents, and of no others. None of it throws. */
export interface BehaviourDetails {
  /** Its standard input, output and error; undefined when it has ended or may not be seen. */
  streams(process: ProcessName): readonly [StreamKind, StreamKind, StreamKind] | undefined
  /** Their TCP sockets, by pid; costs milliseconds. */
  sockets(processes: readonly (ProcessName & { readonly uid: number })[]): ReadonlyMap<number, ProcessSockets>
  /** Paths of the regular files it holds open; undefined as `streams`. */
  openFiles(process: ProcessName): readonly string[] | undefined
}

interface ProcessName {
  readonly pid: number
  readonly startTicks: number
}

export type StreamKind = 'socket' | 'pipe' | 'null' | 'terminal' | 'other'

export interface ProcessSockets {
  /** The other ends. */
  readonly connected: readonly SocketEnd[]
  readonly listening: readonly SocketEnd[]
}

interface SocketEnd {
  readonly port: number
  /** Is it this machine? */
  readonly loopback: boolean
}
