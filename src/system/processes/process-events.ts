import type { SuretyError } from '../../base/errors.ts'
import type { ProcessEntry } from './process-table.ts'

/** What the kernel told of processes since it last told; see cn_proc.h. Of threads nothing is told. */
export interface ProcessEvents {
  /** In the order in which they happened. */
  readonly events: readonly ProcessEvent[]
  /** Some were missed: only a look at all processes tells what is there now. */
  readonly lost: boolean
}

export interface ProcessEvent {
  readonly kind: 'fork' | 'exec' | 'session' | 'exit'
  readonly pid: number
  /** Of a fork. */
  readonly parentPid?: number
  /**
   * Of an exec: the process as it was read right then, `gone` when it had ended before anybody could, `unread` when nobody
   * tried, or it kept us waiting.
   */
  readonly process?: StartedProcess | 'gone' | 'unread'
  /** Of an exec whose process was not read: the file that was opened to be run, where that is certain. */
  readonly executable?: string | undefined
}

/** Values of variables were dropped where they were read, but for those that were asked for. */
export interface StartedProcess extends ProcessEntry {
  readonly environmentNames: readonly string[] | undefined
  readonly sessionMarkers: Readonly<Record<string, string>>
  readonly workingFolder: string | undefined
}

/** Tells of processes as they start, divide and end. */
export interface ProcessEventSource {
  /**
   * Until the answer is disposed. An older kernel tells of more kinds than were asked for; they are left out here.
   * @throws `NOT_PERMITTED` when the kernel tells only root, `ADDON_UNAVAILABLE` when it has no such thing.
   */
  watch(
    kinds: readonly ProcessEvent['kind'][],
    onEvents: (events: ProcessEvents) => void,
    options?: {
      /** Variables whose values are told with an exec, where they are short and plain. */
      readonly variables?: ReadonlySet<string>
    },
  ): ProcessEventWatch
}

/** Programs to be told of as they begin: by the name of the file, by any part of its path, or by how an argument begins. */
export interface ProgramFilter {
  /** One that ends in `*` is how such a name begins. */
  readonly names: readonly string[]
  readonly parts: readonly string[]
  readonly arguments: readonly string[]
}

/**
 * Waking up for an event that nobody uses costs more than the event. A program that starts is reported at once if the filter
 * matches it, where it is watched, where it leads a session without a terminal, and where many begin. The rest comes with those, within
 * ten seconds, or when it is taken.
 */
export interface ProcessEventWatch extends Disposable {
  /** Replaces the filter. Before the first call every program matches. */
  readonly setFilter?: (programs: ProgramFilter) => void
  /** Reports pending events at once. */
  readonly take?: () => void
  /** Reports the end of this process soon after it; with `forks` also that of what it forks. */
  readonly watchProcess?: (pid: number, options?: { readonly forks?: boolean }) => void
  /** Why processes that live briefly are missed; undefined where none is. It may change while it is watched. */
  readonly fault?: SuretyError | undefined
  /** Why the executable of what lives briefly stays unknown; undefined where it is known. */
  readonly filesFault?: SuretyError | undefined
}
