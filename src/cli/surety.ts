import { Command, CommanderError } from 'commander'
import { codeOf, describeError, type ErrorCode, SuretyError } from '../base/errors.ts'
import { printable, printableJson } from '../base/printable.ts'
import { VERSION } from '../base/version.ts'
import type { ConfigEntry, Status } from '../protocol/control.ts'
import { type Terminal, table } from '../view/terminal.ts'
import { addCheckCommands } from './check-commands.ts'
import { type CliComponents, type CliInit, languageFor, optionsOf } from './cli-components.ts'
import { examples } from './examples.ts'
import { adviceFor, EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts'
import { addFixCommand } from './fix-command.ts'
import { addFlareCommand } from './flare-command.ts'
import { addPrivacyCommand } from './privacy-command.ts'
import { addSchemaCommand } from './schema-command.ts'
import { addSightingCommands } from './sighting-commands.ts'
import { statusLines } from './status-view.ts'
import { addStopCommands } from './stop-commands.ts'
import { statusExitCode } from './verdict.ts'
import { addVerifyCommand } from './verify-command.ts'
import { watchStatus } from './watch-status.ts'

/** Never throws: errors go to standard error and into the exit code. */
export async function runCli(components: CliComponents, init: CliInit): Promise<ExitCode> {
  const { err } = components
  let exitCode: ExitCode = EXIT.healthy
  const program = buildProgram(components, init, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync([...init.argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.healthy : EXIT.usage
    const code = codeOf(error)
    const message = error instanceof SuretyError ? error.message : describeError(error)
    err(init.argv.includes('--json') ? asJson(code, message) : asWords(code, message))
    return exitCodeOf(code)
  }
}

function asJson(code: ErrorCode | undefined, message: string): string {
  const advice = adviceFor(code)
  const error = { code: code ?? 'INTERNAL', message, ...(advice === undefined ? {} : { advice }) }
  return `${printableJson({ schema: 'surety/error@1', error })}\n`
}

function asWords(code: ErrorCode | undefined, message: string): string {
  const advice = adviceFor(code)
  return `surety: ${printable(message)}\n${advice === undefined ? '' : `${advice}\n`}`
}

function buildProgram(components: CliComponents, init: CliInit, end: (code: ExitCode) => void): Command {
  const { out, err, daemonAt, now } = components
  const program = new Command('surety')
    .description('Shows the trust status of this device, and the AI agents on it.')
    .version(VERSION, '--version', 'print the version')
    .option('--json', 'print one JSON document')
    .option('--socket <path>', 'socket of suretyd')
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err })
    .showHelpAfterError('Run "surety --help" for help.')
  const lines = (all: readonly string[]) => out(`${all.join('\n')}\n`)
  const json = (value: object) => out(`${printableJson(value, 2)}\n`)
  const command = (name: string, about: string, parent = program) =>
    parent
      .command(name)
      .description(about)
      .option('--json', 'print one JSON document')
      .option('--socket <path>', 'socket of suretyd', init.socket)

  command('status', 'show the verdict, what to do, and the checks, agents and extensions of this device')
    .option('--proof', 'also show identity, proof and evidence')
    .option('--watch', 'keep running and print changes')
    .option('--lang <language>', 'en or de; default: the locale')
    .addHelpText('after', examples('surety status', 'surety status --proof', 'surety status --json'))
    .action(async (_, made: Command) => {
      const options = optionsOf(made)
      const daemon = daemonAt(options.socket)
      const view = { proof: made.opts<{ proof?: boolean }>().proof === true, language: languageFor(options, init) }
      const linesOf = (status: Status) => statusLines(status, init.terminal, now(), view)
      if (options.watch === true) {
        await watchStatus(components, { daemon, terminal: init.terminal, json: options.json, lines: linesOf })
        return
      }
      const status = await daemon.status()
      if (options.json === true) json(status)
      else lines(linesOf(status))
      end(statusExitCode(status, now()))
    })
  const commands = { ...init, command }
  addCheckCommands(components, commands)
  addFixCommand(components, commands)
  addPrivacyCommand(components, commands)
  addFlareCommand(components, commands)
  addStopCommands(components, { terminal: init.terminal, command, end })
  addSightingCommands(components, { terminal: init.terminal, command })
  command('refresh', 'attest and collect now (root only)').action(async (_, made: Command) => {
    const options = optionsOf(made)
    await daemonAt(options.socket).refresh()
    if (options.json === true) json({ schema: 'surety/refresh@1', refresh: 'started' })
    else lines(['Started. See the result with: surety status'])
  })
  const config = program.command('config').description('the configuration of suretyd')
  command('show', 'show each setting, its value and origin', config).action(async (_, made: Command) => {
    const options = optionsOf(made)
    const shown = await effectiveConfig(options.socket, components)
    if (options.json === true) json({ schema: 'surety/config@1', ...shown })
    else lines(configLines(shown.entries, init.terminal))
  })
  program
    .command('version')
    .description('print the version')
    .option('--json', 'print one JSON document')
    .action((_, made: Command) => {
      if (optionsOf(made).json === true) json({ schema: 'surety/version@1', version: VERSION })
      else lines([VERSION])
    })
  addSchemaCommand(program, components)
  addVerifyCommand(program, components, { terminal: init.terminal, end })
  return program
}

interface ShownConfig {
  /** `daemon`: from the running daemon. `files`: what a daemon would read if it started now. */
  readonly source: 'daemon' | 'files'
  readonly entries: readonly ConfigEntry[]
}

async function effectiveConfig(socket: string, components: CliComponents): Promise<ShownConfig> {
  try {
    return { source: 'daemon', entries: await components.daemonAt(socket).config() }
  } catch (error) {
    if (!(error instanceof SuretyError) || !['DAEMON_UNREACHABLE', 'NOT_PERMITTED'].includes(error.code)) throw error
    components.err(`surety: ${printable(error.message)}; showing the configuration files instead\n`)
    return { source: 'files', entries: components.readConfig() }
  }
}

/** Never cut, because the end of a path or key may be the part that is wrong. */
function configLines(entries: readonly ConfigEntry[], terminal: Terminal): string[] {
  const rows = entries.map(({ key, value, origin, place }) => ({ cells: [key, value, origin, place ?? ''] }))
  return table(rows, terminal, { maxCell: Number.POSITIVE_INFINITY })
}
