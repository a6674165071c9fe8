import type { Command } from 'commander'
import { codeOf, SuretyError } from '../base/errors.ts'
import { printable, printableJson } from '../base/text/printable.ts'
import { exampleLines } from '../command-line/program.ts'
import { parseUntil } from '../command-line/since.ts'
import type { Status } from '../protocol/messages/control.ts'
import { type CliComponents, type MakeCommand, optionsOf } from './command/cli-components.ts'
import { EXIT, type ExitCode, isAway } from './command/exit-codes.ts'

/** `surety enrolment`: for the scripts of an MDM, one line and an exit code that says whether another try makes sense. */

const EVERY_MS = 1_000
/** The daemon looks for another string every ten seconds: a refusal of the one before is no outcome of this one. */
const SETTLED_AFTER = 15
const MOST_MS = 3_600_000

export interface EnrolmentCommandInit {
  readonly command: MakeCommand
  readonly end: (code: ExitCode) => void
}

export function addEnrolmentCommand(components: CliComponents, { command, end }: EnrolmentCommandInit): void {
  command('enrolment', 'say whether this device is enrolled, and why it is not')
    .option('--wait <time>', 'wait for the outcome so long at most, such as 90s or 5m')
    .addHelpText('after', exampleLines('surety enrolment', 'surety enrolment --wait 2m', 'surety enrolment --json'))
    .action(async (_, made: Command) => {
      const options = optionsOf(made)
      const waitMs = readWait(made.opts<{ wait?: string }>().wait, components.now())
      const status = await (waitMs === 0
        ? components.daemonAt(options.socket).status()
        : statusWithin(components, options.socket, waitMs))
      const outcome = outcomeOf(status)
      const { line, code: _code, ...rest } = outcome
      if (options.json === true) components.out(`${printableJson({ schema: 'surety/enrolment@1', ...rest }, 2)}\n`)
      else components.out(`${printable(line)}\n`)
      end(outcome.code)
    })
}

function readWait(text: string | undefined, now: number): number {
  if (text === undefined) return 0
  const until = /^\d+[smh]$/.test(text) ? parseUntil(text, now) : undefined
  if (until !== undefined && until - now <= MOST_MS) return until - now
  const shown = JSON.stringify(text.slice(0, 64))
  throw new SuretyError('USAGE_INVALID', `--wait takes a time such as 90s or 5m, at most an hour, and not ${shown}`)
}

/** The first status that says an outcome and does not change, or the last within the time. The daemon may still be starting. */
async function statusWithin(
  { daemonAt, pause, untilInterrupted }: CliComponents,
  socket: string,
  waitMs: number,
): Promise<Status> {
  const signal = untilInterrupted()
  const deadline = performance.now() + waitMs
  for (let refusals = 0; ; ) {
    const isLast = performance.now() >= deadline || signal.aborted
    try {
      const status = await daemonAt(socket).status()
      const found = isFinal(status)
      refusals = found && outcomeOf(status).code === EXIT.notEnrolled ? refusals + 1 : 0
      if (isLast || (found && refusals === 0) || refusals > SETTLED_AFTER) return status
    } catch (error) {
      if (isLast || !isAway(codeOf(error))) throw error
    }
    await pause(Math.min(EVERY_MS, Math.max(0, deadline - performance.now())), { signal })
  }
}

/** A device without a string may get one, and what the daemon retries automatically may succeed. */
function isFinal(status: Status): boolean {
  const { code } = outcomeOf(status)
  return code !== EXIT.trying && !(status.enrolment === 'not-enrolled' && hasWarning(status, 'NOT_ENROLLED'))
}

interface Outcome {
  readonly enrolment: Status['enrolment']
  /** Another try by the daemon itself may succeed. */
  readonly trying: boolean
  readonly device?: Status['device']
  readonly directory?: string
  readonly error?: { readonly code: string; readonly message: string }
  readonly line: string
  readonly code: ExitCode
}

/** The daemon begins so, and the line says it already. */
const REFUSES = /^the directory refuses: /

function outcomeOf(status: Status): Outcome {
  const { enrolment, device, directory } = status
  const { lastError } = directory
  const error = enrolment === 'enrolled' || lastError === undefined ? {} : { error: lastError }
  const at = directory.url === undefined ? {} : { directory: directory.url }
  const base = { enrolment, ...(device === undefined ? {} : { device }), ...at, ...error }
  const why = lastError === undefined ? '' : `: ${lastError.message.replace(REFUSES, '')} [${lastError.code}]`
  switch (enrolment) {
    case 'enrolled':
      return { ...base, trying: false, line: `enrolled as ${device?.id}, tier ${device?.tier}`, code: EXIT.healthy }
    case 'pending':
      return {
        ...base,
        trying: false,
        line: `pending: an administrator has to decide about ${device?.id}`,
        code: EXIT.pending,
      }
    case 'refused':
      return { ...base, trying: false, line: `refused by the directory${why}`, code: EXIT.notEnrolled }
    case 'retired':
      return { ...base, trying: false, line: `retired by an administrator${why}`, code: EXIT.notEnrolled }
    case 'not-enrolled': {
      if (hasWarning(status, 'NOT_ENROLLED')) {
        return { ...base, trying: false, line: 'not enrolled: there is no enrolment string', code: EXIT.notEnrolled }
      }
      const trying = !hasWarning(status, 'ENROLMENT_FAILED') && !hasWarning(status, 'DIRECTORY_UNTRUSTED')
      const line = `not enrolled${trying ? ' yet' : ''}${why}`
      return { ...base, trying, line, code: trying ? EXIT.trying : EXIT.notEnrolled }
    }
    default:
      return enrolment satisfies never
  }
}

function hasWarning({ health }: Status, code: string): boolean {
  return health.some((warning) => warning.code === code)
}
