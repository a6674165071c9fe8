import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Health } from '../health/health.ts'
import { type CarriedTime, type CarriedTimeComponents, carriedTime } from './carried-time.ts'

/** Holds the device's wall clock against the directory's, and says so when a person must set it. */
export interface ClockWatch {
  /** The directory told its time just now: it replaces what was known. */
  told(time: number): void
  /** The directory's time now, once it was told. Milliseconds since 1970. */
  time(): number | undefined
  /** Holds the two against each other; called again and again. */
  look(): void
}

export interface ClockWatchComponents extends CarriedTimeComponents {
  readonly clock: Clock
  readonly log: Log
  readonly health: Pick<Health, 'raise' | 'clear'>
  /** The clock was off and is right now. */
  readonly onSet: () => void
}

/** Less is a matter of synchronisation. */
export const OFF_FROM_MS = 5 * 60_000

export function clockWatch(components: ClockWatchComponents): ClockWatch {
  const { clock, log, health } = components
  let directory: CarriedTime | undefined
  let off = false
  /** A machine that was suspended without its counters knowing looks the same, until the directory speaks again. */
  let suspected = false
  const compare = () => {
    if (directory === undefined) return
    const offByMs = clock.now() - directory.time()
    const wrong = Math.abs(offByMs) > OFF_FROM_MS
    if (wrong && suspected) {
      health.raise('CLOCK_OFF', `The clock of this device is about ${offsetInWords(offByMs)} the directory's.`)
      if (!off) log.warn('the clock is off', { offByMs: Math.round(offByMs) })
      off = true
    } else if (!wrong && off) {
      off = false
      health.clear('CLOCK_OFF')
      log.info('the clock is right again')
      components.onSet()
    }
    suspected = wrong
  }
  return {
    look: compare,
    time: () => directory?.time(),
    told(time) {
      directory = carriedTime(components, time)
      suspected = true
      compare()
    },
  }
}

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'days'],
  [3_600_000, 'hours'],
  [60_000, 'minutes'],
]

/** `3 days behind`: rounded so far that it stays the same while it is read. */
export function offsetInWords(offByMs: number): string {
  const [size, name] = UNITS.find(([unit]) => Math.abs(offByMs) >= 2 * unit) ?? [60_000, 'minutes']
  return `${Math.round(Math.abs(offByMs) / size)} ${name} ${offByMs < 0 ? 'behind' : 'ahead of'}`
}
