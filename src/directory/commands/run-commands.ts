import { Command, CommanderError } from 'commander'
import { codeOf, describeError, type ErrorCode, SuretyError } from '../../base/errors.ts'
import { printable, printableJson } from '../../base/printable.ts'
import { VERSION } from '../../base/version.ts'
import { addCatalogueCommands } from './catalogue-commands.ts'
import type { CommandComponents } from './command-line.ts'
import { addDeviceCommands } from './device-commands.ts'
import { addEventCommands } from './event-commands.ts'
import { addEvidenceCommands } from './evidence-commands.ts'
import { adviceFor, EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts'
import { addFleetCommands } from './fleet-commands.ts'
import { addLocalCommands } from './local-commands.ts'
import { addPolicyCommands } from './policy-commands.ts'
import { addPrincipalCommands } from './principal-commands.ts'
import { addReEnrolmentCommands } from './re-enrolment-commands.ts'
import { addStopCommands } from './stop-commands.ts'
import { addTokenCommands } from './token-commands.ts'

/** Runs one command line. Never throws: what went wrong is said on standard error and in the exit code. */
export async function runCommands(components: CommandComponents, argv: readonly string[]): Promise<ExitCode> {
  try {
    await programOf(components).parseAsync([...argv], { from: 'user' })
    return EXIT.ok
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    const code = codeOf(error)
    const message = error instanceof SuretyError ? error.message : describeError(error)
    components.err(argv.includes('--json') ? asJson(code, message) : asWords(code, message))
    return exitCodeOf(code)
  }
}

function programOf(components: CommandComponents): Command {
  const program = new Command('surety-directory')
    .description('The directory of Surety: devices, their health, the agents on them.')
    .version(VERSION, '--version')
    .exitOverride()
    .configureOutput({ writeOut: components.out, writeErr: components.err })
    .showHelpAfterError('(--help says more)')
  addLocalCommands(program, components)
  addTokenCommands(program, components)
  addDeviceCommands(program, components)
  addEvidenceCommands(program, components)
  addFleetCommands(program, components)
  addStopCommands(program, components)
  addReEnrolmentCommands(program, components)
  addEventCommands(program, components)
  addCatalogueCommands(program, components)
  addPolicyCommands(program, components)
  addPrincipalCommands(program, components)
  return program
}

function asJson(code: ErrorCode | undefined, message: string): string {
  const advice = adviceFor(code)
  const error = { code: code ?? 'INTERNAL', message, ...(advice === undefined ? {} : { advice }) }
  return `${printableJson({ schema: 'surety-directory/error@1', error })}\n`
}

/** What ends a server: its operator looks the code up. */
const OF_THE_STORE = /^(STORE|KEY|CERTIFICATE|DELEGATION)_/

function asWords(code: ErrorCode | undefined, message: string): string {
  const advice = adviceFor(code)
  const shown = code !== undefined && OF_THE_STORE.test(code) ? ` (${code})` : ''
  return `surety-directory: ${printable(message)}${shown}\n${advice === undefined ? '' : `${advice}\n`}`
}
