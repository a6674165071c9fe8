import { SuretyError } from '../../base/errors.ts'
import { type Log, silentLog } from '../../base/log.ts'
import type { HeededPrograms, ProcessEventSource, ProcessEventWatch } from '../../system/processes/process-events.ts'
import type { ProcessChange } from './process-change.ts'
import type { ProcessMemory } from './process-memory.ts'

/**
 * Has the memory of processes told what happens, and asks for it anew where it fell silent: before Linux 6.6 any program of root
 * can turn the connector off for all, and some do when they end.
 */
export class FollowedEvents {
  readonly #memory: Pick<ProcessMemory, 'follow' | 'isDeaf'>
  readonly #source: ProcessEventSource | undefined
  readonly #log: Log
  #onChange: ((change: ProcessChange) => void) | undefined
  #programs: HeededPrograms | undefined
  #watch: ProcessEventWatch | undefined
  #fault: unknown = new SuretyError('FILE_ABSENT', 'not told by event: processes are looked at by schedule')
  #filesFault = this.#fault

  constructor(
    memory: Pick<ProcessMemory, 'follow' | 'isDeaf'>,
    { events, log = silentLog }: { readonly events?: ProcessEventSource | undefined; readonly log?: Log },
  ) {
    this.#memory = memory
    this.#source = events
    this.#log = log
  }

  /** Why nothing is told; undefined where it is. */
  get fault(): unknown {
    return this.#fault
  }

  /** Why it is not told which files are run. */
  get filesFault(): unknown {
    return this.#filesFault
  }

  /** Until the answer is disposed. */
  follow(programs: HeededPrograms, onChange: (change: ProcessChange) => void): Disposable {
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

  heed(programs: HeededPrograms): void {
    this.#programs = programs
    this.#watch?.heed?.(programs)
  }

  /** All processes were looked at. */
  looked(): void {
    const isSilent = this.#watch === undefined || this.#memory.isDeaf
    if (!isSilent || this.#onChange === undefined) return
    if (this.#watch !== undefined)
      this.#log.warn('no process event comes any more, though programs start: asked for them anew')
    this.#close()
    this.#open()
  }

  #open(): void {
    if (this.#source === undefined || this.#onChange === undefined) return
    try {
      this.#watch = this.#memory.follow(this.#source, this.#onChange)
      if (this.#programs !== undefined) this.#watch.heed?.(this.#programs)
      this.#fault = undefined
      this.#filesFault = this.#watch.filesFault
    } catch (error) {
      this.#fault = this.#filesFault = error
    }
  }

  #close(): void {
    this.#watch?.[Symbol.dispose]()
    this.#watch = undefined
  }
}
