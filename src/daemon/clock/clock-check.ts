import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Health } from '../health/health.ts'
import { type DirectoryTime, type DirectoryTimeComponents, directoryTimeFrom } from './directory-time.ts'

/** Compares the device's wall clock with the directory's time, and warns when the clock must be set. */
export interface ClockCheck {
  /** Takes the directory's time as of now. It replaces what was known. */
  setDirectoryTime(time: number): void
  /** The directory's time, in milliseconds since 1970. Undefined until it is known. */
  directoryTime(): number | undefined
  /** How often the directory has said it. */
  timesHeard(): number
  /** Compares the two clocks. Called repeatedly. */
  check(): void
}

export interface ClockCheckComponents extends DirectoryTimeComponents {
  readonly clock: Clock
  readonly log: Log
  readonly health: Pick<Health, 'raise' | 'clear'>
  /** The clock was wrong and is right now. */
  readonly onCorrected: () => void
}

/** A smaller offset is left to time synchronisation. */
export const TOLERANCE_MS = 5 * 60_000

export function createClockCheck(components: ClockCheckComponents): ClockCheck {
  const { clock, log, health } = components
  let directory: DirectoryTime | undefined
  let isOff = false
  let heard = 0
  /**
   * One wrong comparison only raises a suspicion: a machine that was suspended without its counters noticing looks the same
   * until the directory's next message.
   */
  let isSuspected = false
  const check = () => {
    if (directory === undefined) return
    const offByMs = clock.now() - directory.time()
    const isWrong = Math.abs(offByMs) > TOLERANCE_MS
    if (isWrong && isSuspected) {
      health.raise('CLOCK_OFF', `The clock of this device is about ${describeOffset(offByMs)} the directory's.`)
      if (!isOff) log.warn('the clock is off', { offByMs: Math.round(offByMs) })
      isOff = true
    } else if (!isWrong && isOff) {
      isOff = false
      health.clear('CLOCK_OFF')
      log.info('the clock is right again')
      components.onCorrected()
    }
    isSuspected = isWrong
  }
  return {
    check,
    directoryTime: () => directory?.time(),
    timesHeard: () => heard,
    setDirectoryTime(time) {
      directory = directoryTimeFrom(components, time)
      heard++
      isSuspected = true
      check()
    },
  }
}

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'days'],
  [3_600_000, 'hours'],
  [60_000, 'minutes'],
]

/** `3 days behind`: rounded so coarsely that the text seldom changes. */
export function describeOffset(offByMs: number): string {
  const [size, name] = UNITS.find(([unit]) => Math.abs(offByMs) >= 2 * unit) ?? [60_000, 'minutes']
  return `${Math.round(Math.abs(offByMs) / size)} ${name} ${offByMs < 0 ? 'behind' : 'ahead of'}`
}
