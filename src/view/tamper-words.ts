import type { TamperSign } from '../protocol/tamper.ts'
import { duration } from './terminal.ts'

/** One line for a person. Names and reasons are foreign: whoever prints it makes them printable. */
export function tamperWords({
  kind,
  durationMs,
  cause,
  offByMs = 0,
  names = [],
  nameCount,
  by,
  reason,
}: TamperSign): string {
  const span = (ms: number) => duration(0, ms)
  const lasted = durationMs === undefined ? '' : ` for ${span(durationMs)}`
  const listed = `${names.join(', ')}${(nameCount ?? 0) > names.length ? ` and ${(nameCount ?? 0) - names.length} more` : ''}`
  switch (kind) {
    case 'stopped':
      return `suretyd did not run${lasted}: ${STOPPED[cause ?? 'unknown']}`
    case 'paused':
      return `suretyd was held${lasted}: ${cause === 'signal' ? 'a signal stopped it' : 'frozen, traced, or its disk did not answer'}`
    case 'starved':
      return `suretyd got no processor${lasted}`
    case 'clock-moved':
      return `the clock was set: it is ${span(Math.abs(offByMs))} ${offByMs < 0 ? 'behind' : 'ahead of'} the directory`
    case 'program-changed':
      return `files of the program changed: ${listed}`
    case 'service-changed':
      return `the service was changed: ${listed}`
    case 'settings-changed':
      return `settings changed: ${listed}`
    case 'record-lost':
      return 'the record of the last run is gone'
    case 'removed':
      return `suretyd was removed${by === undefined ? '' : ` by ${by === '0' ? 'root' : by}`}${reason === undefined ? '' : `: ${reason}`}`
  }
  return kind satisfies never
}

const STOPPED = {
  ended: 'the service was stopped',
  killed: 'it was killed or crashed',
  'not-started': 'it did not start with the system',
  signal: 'a signal stopped it',
  unknown: 'the cause is not known',
} as const satisfies Record<NonNullable<TamperSign['cause']>, string>
