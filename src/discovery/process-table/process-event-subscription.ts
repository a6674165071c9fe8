import { SuretyError } from '../../base/errors.ts'
import { type Log, silentLog } from '../../base/log.ts'
import type { ProcessEventSource, ProcessEventWatch, ProgramFilter } from '../../system/processes/process-events.ts'
import type { ProcessChange } from './change-counter.ts'
import type { ProcessMemory } from './process-memory.ts'

/**
 * Feeds process events to the process memory and subscribes again when they stop. Before Linux 6.6 any root program
 * can turn the connector off for all listeners, and some do when they exit.
 */
export class ProcessEventSubscription {
  readonly #memory: Pick<ProcessMemory, 'follow' | 'isSilent'>
  readonly #source: ProcessEventSource | undefined
  readonly #log: Log
  #onChange: ((change: ProcessChange) => void) | undefined
  #programs: ProgramFilter | undefined
  #watch: ProcessEventWatch | undefined
  #fault: unknown = new SuretyError(
    'FILE_ABSENT',
    'Process events are not available. Processes are scanned on a schedule.',
  )

  constructor(
    memory: Pick<ProcessMemory, 'follow' | 'isSilent'>,
    { events, log = silentLog }: { readonly events?: ProcessEventSource | undefined; readonly log?: Log },
  ) {
    this.#memory = memory
    this.#source = events
    this.#log = log
  }

  /** Why there are no events, or not all; undefined while they arrive. */
  get fault(): unknown {
    return this.#fault ?? this.#watch?.fault
  }

  /** Why events do not name the executed files. */
  get filesFault(): unknown {
    return this.#fault ?? this.#watch?.filesFault
  }

  /** Follows events until the result is disposed. */
  follow(programs: ProgramFilter, onChange: (change: ProcessChange) => void): Disposable {
    this.#programs = programs
    this.#onChange = onChange
    this.#open()
    return {
      [Symbol.dispose]: () => {
        this.#onChange = undefined
        this.#close()
      },
    }
  }

  setFilter(programs: ProgramFilter): void {
    this.#programs = programs
    this.#watch?.setFilter?.(programs)
  }

  /** Call after each full scan. Subscribes again if events no longer arrive. */
  fullScanDone(): void {
    const isSilent = this.#watch === undefined || this.#memory.isSilent
    if (!isSilent || this.#onChange === undefined) return
    if (this.#watch !== undefined) this.#log.warn('Process events stopped although programs start. Subscribed again.')
    this.#close()
    this.#open()
  }

  #open(): void {
    if (this.#source === undefined || this.#onChange === undefined) return
    try {
      this.#watch = this.#memory.follow(this.#source, this.#onChange)
      if (this.#programs !== undefined) this.#watch.setFilter?.(this.#programs)
      this.#fault = undefined
    } catch (error) {
      this.#fault = error
    }
  }

  #close(): void {
    this.#watch?.[Symbol.dispose]()
    this.#watch = undefined
  }
}
