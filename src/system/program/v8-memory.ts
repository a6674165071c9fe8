import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The JavaScript engine of programs that run for months. `suretyd` does little, and shares its machine with others. */

/** As options of Node's. */
export const ENGINE_FLAGS = [
  // What runs a few times an hour is not worth compiling: code, its profile and the compiler itself take 15 MB.
  ...['--no-opt', '--no-maglev', '--no-sparkplug'],
  // Code that did not run between two collections is freed, and compiled again when it runs. By default it takes six.
  '--bytecode-old-age=1',
  // A burst must not leave a nursery of its size behind.
  '--semi-space-growth-factor=1',
  // Memory is given back when we say so: the engine would do it once more, a while later, in five threads.
  '--memory-reducer-gc-count=0',
] as const

/** With what takes their place once they are no longer wanted: the engine's own defaults. */
const EAGER_FLAGS = [
  ['--heap-growing-percent=30', '--heap-growing-percent=0'],
  ['--external-memory-accounted-in-global-limit', '--no-external-memory-accounted-in-global-limit'],
] as const

/**
 * Has garbage collected sooner, for as long as much of it is made: else the heap grows several times over, and what lies
 * outside it by 64 MB, before the engine collects. It costs a fifth more CPU.
 */
export function collectEagerly(eagerly: boolean): void {
  for (const [on, off] of EAGER_FLAGS) setFlagsFromString(eagerly ? on : off)
}

/** Before anything else is loaded. */
export function keepEngineSmall(): void {
  for (const flag of ENGINE_FLAGS) setFlagsFromString(flag)
}

/**
 * Frees what nothing reaches, and code that has not run lately, which the engine alone would do in its own time. The other
 * flavours take half the time, and leave half-empty pages behind: five megabytes more after a month.
 */
export function collectGarbage(): void {
  collect({ type: 'major', flavor: 'last-resort' })
  whenCollected = heapNow()
}

/** What is used, and what is taken for it: pages that are half empty, and what lies outside. Bytes. */
interface Heap {
  readonly used: number
  readonly taken: number
}

let whenCollected: Heap = { used: 0, taken: 0 }

function heapNow(): Heap {
  const { used_heap_size: used, total_physical_size: pages, external_memory: outside } = getHeapStatistics()
  return { used, taken: pages + outside }
}

/**
 * Is more than `bytes` of the heap used than `collectGarbage` left, the garbage of late not counted, or more than twice as
 * much taken? A millisecond at most.
 */
export function hasHeapGrown(bytes: number): boolean {
  const hasGrown = () => {
    const { used, taken } = heapNow()
    return used - whenCollected.used > bytes || taken - whenCollected.taken > 2 * bytes
  }
  if (!hasGrown()) return false
  collect({ type: 'minor' })
  return hasGrown()
}

function collect(options: { readonly type: 'major' | 'minor'; readonly flavor?: 'last-resort' }): void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof gc === 'function') gc(options)
}
