import { describeError, SuretyError } from '../base/errors.ts'
import type { NativeAddon } from './native-addon.ts'

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
}

/** Tells of processes as they start, divide and end. Linux's process connector is the real one. */
export interface ProcessEventSource {
  /**
   * Until the answer is disposed. An older kernel tells of more kinds than were asked for; they are left out here.
   * @throws `NOT_PERMITTED` when the kernel tells only root, `ADDON_UNAVAILABLE` when it has no such thing.
   */
  watch(kinds: readonly ProcessEvent['kind'][], onEvents: (events: ProcessEvents) => void): Disposable
}

/** Their bits in cn_proc.h. */
const BITS: Readonly<Record<ProcessEvent['kind'], number>> = { fork: 1, exec: 2, session: 128, exit: 2147483648 }
const NUMBERS = 3
const EVENTS_A_CALL = 512
/** The kernel keeps so much for us while we are busy: some 30,000 events. */
const RECEIVE_BYTES = 8 * 1024 * 1024
/** Since then the kernel leaves out what was not asked for. */
const FILTER_SINCE = [6, 6] as const

export interface ProcessEventsInit {
  /** Of the kernel, as uname(2) tells it: `6.12.4-amd64`. */
  readonly release: string
  /** Smaller in tests, so that it overflows. */
  readonly receiveBytes?: number
}

/** The process connector of Linux through the addon: the descriptor is polled, no thread waits. */
export function linuxProcessEvents(
  { addon }: { readonly addon: Pick<NativeAddon, 'watchProcesses'> },
  init: ProcessEventsInit,
): ProcessEventSource {
  return {
    watch(kinds, onEvents) {
      const numbers = new Uint32Array(NUMBERS * EVENTS_A_CALL)
      const byBit = new Map(kinds.map((kind) => [BITS[kind], kind]))
      const wanted = hasFilter(init.release) ? [...byBit.keys()].reduce((mask, bit) => mask + bit, 0) : 0
      const told = (count: number, lost: number) => {
        const events = readEvents(numbers, count, byBit)
        if (events.length > 0 || lost !== 0) onEvents({ events, lost: lost !== 0 })
      }
      try {
        const close = addon.watchProcesses(numbers, wanted, init.receiveBytes ?? RECEIVE_BYTES, told)
        return { [Symbol.dispose]: close }
      } catch (cause) {
        const refused = /Operation not permitted|Permission denied/.test(describeError(cause))
        throw new SuretyError(
          refused ? 'NOT_PERMITTED' : 'ADDON_UNAVAILABLE',
          refused ? 'only root is told of processes as they start' : 'this kernel has no process connector',
          { cause },
        )
      }
    },
  }
}

function readEvents(
  numbers: Uint32Array,
  count: number,
  byBit: ReadonlyMap<number, ProcessEvent['kind']>,
): ProcessEvent[] {
  const events: ProcessEvent[] = []
  for (let at = 0; at < count * NUMBERS; at += NUMBERS) {
    const kind = byBit.get(numbers[at] ?? 0)
    const pid = numbers[at + 1] ?? 0
    if (kind === 'fork') events.push({ kind, pid, parentPid: numbers[at + 2] ?? 0 })
    else if (kind !== undefined) events.push({ kind, pid })
  }
  return events
}

function hasFilter(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10))
  return major > FILTER_SINCE[0] || (major === FILTER_SINCE[0] && minor >= FILTER_SINCE[1])
}
