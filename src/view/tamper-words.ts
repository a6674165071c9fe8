import type { TamperSign } from '../protocol/tamper.ts'
import { lengthIn, type Say, sayIn } from './phrases.ts'

/** One line for a person. Names and reasons are foreign: whoever prints it makes them printable. */
export function tamperWords(
  { kind, durationMs, cause, offByMs = 0, names = [], nameCount = 0, by, reason }: TamperSign,
  say: Say = sayIn('en'),
): string {
  const span = (ms: number) => lengthIn(say, ms)
  const lasted = durationMs === undefined ? '' : say(' for {}', span(durationMs))
  const more = nameCount - names.length
  const listed = `${names.join(', ')}${more > 0 ? ` ${say('and {} more', more)}` : ''}`
  switch (kind) {
    case 'stopped':
      return say('suretyd did not run{}: {}', lasted, say(STOPPED[cause ?? 'unknown']))
    case 'paused':
      return say(
        'suretyd was held{}: {}',
        lasted,
        say(cause === 'signal' ? 'a signal stopped it' : 'frozen, traced, or its disk did not answer'),
      )
    case 'starved':
      return say('suretyd got no processor{}', lasted)
    case 'clock-moved':
      return say(
        offByMs < 0
          ? 'the clock was set: it is {} behind the directory'
          : 'the clock was set: it is {} ahead of the directory',
        span(Math.abs(offByMs)),
      )
    case 'program-changed':
      return say('files of the program changed: {}', listed)
    case 'service-changed':
      return say('the service was changed: {}', listed)
    case 'settings-changed':
      return say('settings changed: {}', listed)
    case 'record-lost':
      return say('the record of the last run is gone')
    case 'removed':
      return say(
        'suretyd was removed{}{}',
        by === undefined ? '' : say(' by {}', by === '0' ? 'root' : by),
        reason === undefined ? '' : `: ${reason}`,
      )
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
