import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../../base/text/duration.ts'

const ABSOLUTE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/

/** Reads when something ends: a duration from now, or a time. */
export function readUntil(text: string): (now: number) => number {
  const ms = parseDuration(text)
  if (ms !== undefined) return (now) => now + ms
  const at = ABSOLUTE.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) throw new InvalidArgumentError('a time is 90m, 8h, 7d, or 2027-01-31T18:00:00Z')
  return () => at
}
