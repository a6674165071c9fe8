import { InvalidArgumentError } from 'commander'
import { durationText, parseDuration } from '../../base/text/duration.ts'
import { parseSince, SINCE_FORMS } from '../../command-line/since.ts'

/** Numbers, durations and times in options. */

/** @throws `InvalidArgumentError`. */
export function readDuration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d, such as 90d')
  return ms
}

/** The bounds of a number, as JSON Schema has them. */
interface Range {
  readonly minimum?: number
  readonly maximum?: number
}

/** Reads a duration as milliseconds. @returns what throws `InvalidArgumentError`. */
export function durationIn({ minimum = 0, maximum = Number.POSITIVE_INFINITY }: Range): (text: string) => number {
  return (text) => {
    const ms = readDuration(text)
    if (ms >= minimum && ms <= maximum) return ms
    throw new InvalidArgumentError(`from ${durationText(minimum)} to ${durationText(maximum)}`)
  }
}

/** @returns what throws `InvalidArgumentError`. */
export function wholeNumberIn({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Range): (text: string) => number {
  return (text) => {
    const number = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN
    if (number >= minimum && number <= maximum) return number
    throw new InvalidArgumentError(`a whole number from ${minimum} to ${maximum}`)
  }
}

/** How many items a list prints. */
export const readLimit = wholeNumberIn({ minimum: 1, maximum: 9_999_999 })

/** A time gone by, in milliseconds since 1970. @throws `InvalidArgumentError`. */
export function readSince(text: string, now: number): number {
  const since = parseSince(text, now)
  if (since === undefined) throw new InvalidArgumentError(`expected ${SINCE_FORMS}, and not in the future`)
  return since
}
