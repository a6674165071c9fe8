import type { CommandComponents, CommonOptions } from '../command/command-line.ts'
import { countOf } from '../command/format.ts'

const SAY_EVERY_MS = 200

/** One line that is replaced, on a terminal only. */
export function progressOf({ err, now, terminal }: CommandComponents, { json: silent }: CommonOptions) {
  let saidAt = now()
  return (count: number, isLast = false) => {
    if (silent === true || terminal.columns === undefined || (!isLast && now() - saidAt < SAY_EVERY_MS)) return
    saidAt = now()
    err(`\r${countOf(count, 'entry', 'entries')}${isLast ? '\n' : ''}`)
  }
}
