import type { Clock } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import type { SourceReport, User } from '../../protocol/sighting.ts'
import { boundedText } from '../redaction/bounded-text.ts'

/** Collects what became of each place that was looked at. */
export interface SourceLog {
  /**
   * Runs `work` on one source and reports it with the number of items found and the time it took. A source that fails
   * is reported and gives nothing; what `work` threw goes no further.
   */
  read<T>(source: string, path: string | undefined, work: () => Promise<readonly T[]>): Promise<readonly T[]>
  /** A part of a source that could not be read. An absent one is not worth a line. */
  fault(source: string, path: string | undefined, error: unknown): void
  /** What another log has gathered: a part that was looked at for itself. */
  take(reports: readonly SourceReport[]): void
  readonly reports: readonly SourceReport[]
  readonly clock: Pick<Clock, 'monotonic'>
}

/** So many lines say enough; a hostile home could make thousands. */
const MAX_REPORTS = 200

export function sourceLog(
  components: { readonly clock: Pick<Clock, 'monotonic'> },
  init: { readonly user?: User },
): SourceLog {
  const reports: SourceReport[] = []
  let leftOut = 0
  const add = (report: Omit<SourceReport, 'user'>) => {
    if (reports.length < MAX_REPORTS)
      reports.push({ ...report, ...(init.user === undefined ? {} : { user: init.user }) })
    else leftOut++
  }
  const fault = (source: string, path: string | undefined, error: unknown, durationMs = 0) => {
    add({ source, ...placeOf(path), ...outcomeOf(error), items: 0, durationMs })
  }
  return {
    async read(source, path, work) {
      const startedAt = components.clock.monotonic()
      const elapsed = () => Math.max(0, components.clock.monotonic() - startedAt)
      try {
        const items = await work()
        add({ source, ...placeOf(path), state: 'parsed', items: items.length, durationMs: elapsed() })
        return items
      } catch (error) {
        fault(source, path, error, elapsed())
        return []
      }
    },
    fault(source, path, error) {
      if (codeOf(error) !== 'FILE_ABSENT') fault(source, path, error)
    },
    clock: components.clock,
    take(taken) {
      for (const report of taken) add(report)
    },
    get reports() {
      const last = reports.at(-1)
      if (leftOut === 0 || last === undefined) return reports
      const reason = `${leftOut + 1} more reports were left out`
      const cut: SourceReport = { ...last, state: 'too-large', reason, items: 0 }
      return [...reports.slice(0, -1), cut]
    },
  }
}

function placeOf(path: string | undefined): { path?: string } {
  return path === undefined ? {} : { path: path.slice(0, 4096) }
}

/**
 * In terms of `SourceReport`. Only our own message is told: what lies below it may quote the file (`JSON.parse` does).
 */
export function outcomeOf(error: unknown): Pick<SourceReport, 'state' | 'reason'> {
  const reason = boundedText(error instanceof SuretyError ? error.message : 'failed unexpectedly', 512)
  switch (codeOf(error)) {
    case 'FILE_ABSENT':
      return { state: 'absent', reason }
    case 'FILE_TOO_LARGE':
    case 'INPUT_TOO_LARGE':
      return { state: 'too-large', reason }
    case 'INPUT_MALFORMED':
    case 'INPUT_TOO_DEEP':
      return { state: 'malformed', reason }
    case 'COMMAND_TIMED_OUT':
      return { state: 'timed-out', reason }
    default:
      return { state: 'unreadable', reason }
  }
}

/** A link where something belongs: what it leads to is not looked at, and that is said. */
export function isLink(path: string): SuretyError {
  return new SuretyError('FILE_IS_LINK', `${JSON.stringify(path)} is a link`)
}

/** A bound was met: what is beyond it was not looked at, and that is said. */
export function tooMany(limit: number, count: number, what: string): SuretyError {
  return new SuretyError('FILE_TOO_LARGE', `only ${limit} of ${count} ${what} are reported`)
}
