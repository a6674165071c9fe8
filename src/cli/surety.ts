import type { Command } from 'commander'
import { ERROR_CODES, SuretyError } from '../base/errors.ts'
import { printableJson } from '../base/text/printable.ts'
import { VERSION } from '../base/version.ts'
import { CHECKS } from '../checks/checks.ts'
import type { ValuesOf } from '../command-line/completion.ts'
import { addCompletionCommands } from '../command-line/completion-commands.ts'
import { configTable } from '../command-line/config-table.ts'
import { type BelowError, errorLine } from '../command-line/error-output.ts'
import { exampleLines, finishProgram, newProgram, runCommandLine } from '../command-line/program.ts'
import { documentOutput, RFC3339_OPTION } from '../command-line/rfc3339.ts'
import { daemonSettings } from '../config/daemon.ts'
import type { ConfigEntry, Status, Support, WaitingSettings } from '../protocol/messages/control.ts'
import { SIGHTING_KINDS, type Sighting } from '../protocol/sighting.ts'
import { LANGUAGES } from '../view/checks/check-catalogue.ts'
import { shortIds } from '../view/sightings/short-ids.ts'
import { KIND_VIEWS } from '../view/sightings/sighting-rows.ts'
import { type Terminal, wrapped } from '../view/terminal.ts'
import { addActionsCommand } from './agents/action-commands.ts'
import { addSightingCommands } from './agents/sighting-commands.ts'
import { addStopCommands } from './agents/stop-commands.ts'
import { addAuditCommands } from './audit/audit-commands.ts'
import {
  type CliComponents,
  type CliInit,
  type CliOptions,
  languageFor,
  type MakeCommand,
  optionsOf,
} from './command/cli-components.ts'
import type { DaemonClient } from './command/daemon-client.ts'
import { adviceFor, EXIT, type ExitCode, exitCodeOf, statusExitCode } from './command/exit-codes.ts'
import { examplesOn } from './command/help-examples.ts'
import { addEnrolmentCommand } from './enrolment-command.ts'
import { addFlareCommand } from './flare-command.ts'
import { addHooksCommands } from './hooks/hooks-commands.ts'
import { DOCUMENT_NAMES } from './offline/document-schemas.ts'
import { addMdmCommand } from './offline/mdm-command.ts'
import { addSchemaCommand } from './offline/schema-command.ts'
import { addVerifyCommand } from './offline/verify-command.ts'
import { addCheckCommands } from './status/check-commands.ts'
import { addFixCommand } from './status/fix-command.ts'
import { addPrivacyCommand } from './status/privacy-command.ts'
import { statusLines } from './status/status-view.ts'
import { supportIn, supportLines } from './status/support.ts'
import { watchStatus } from './status/watch-status.ts'
import { addTrayCommand } from './tray-command.ts'

/** Never throws: errors go to standard error and into the exit code. */
export async function runCli(given: CliComponents, init: CliInit): Promise<ExitCode> {
  const components = { ...given, out: documentOutput(given.out, init.argv) }
  let exitCode: ExitCode = EXIT.healthy
  const program = suretyProgram(components, init, (code) => {
    exitCode = code
  })
  const { argv } = init
  const failed = await runCommandLine(program, {
    argv,
    err: components.err,
    exitCodeOf,
    usage: EXIT.usage,
    adviceFor: (code, message) => adviceFor({ code, message }, init.platform),
    below: () => belowError(supportIn(components.readConfig)),
  })
  return failed ?? exitCode
}

/** Whom to ask, printed below every error. */
function belowError(support: Support | undefined): BelowError {
  return {
    lines: supportLines(support, PLAIN, SUPPORT_WIDTH),
    members: support === undefined ? {} : { support },
  }
}

/** Errors are not wrapped, so that a log has each in one line. */
const PLAIN: Terminal = { columns: undefined, colour: false }
const SUPPORT_WIDTH = 9

/** All commands of `surety`. */
export function suretyProgram(components: CliComponents, init: CliInit, end: (code: ExitCode) => void): Command {
  const { out, daemonAt, now } = components
  const program = newProgram('surety', 'Shows the trust status of this device, and the AI agents on it.', components)
    .version(VERSION, '--version', 'print the version')
    .option('--json', 'print one JSON document')
    .option(...RFC3339_OPTION)
    .option('--socket <path>', 'socket of suretyd')
  const lines = (all: readonly string[]) => out(`${all.join('\n')}\n`)
  const json = (value: object) => out(`${printableJson(value, 2)}\n`)
  const command: MakeCommand = (name, about, parent = program, options = {}) =>
    parent
      .command(name, options)
      .description(about)
      .option('--json', 'print one JSON document')
      .option(...RFC3339_OPTION)
      .option('--socket <path>', 'socket of suretyd', init.socket)

  command('status', 'show the verdict, what to do, and the checks, agents and extensions of this device')
    .option('--proof', 'also show identity, proof and evidence')
    .option('--watch', 'keep running and print changes')
    .option('--lang <language>', 'en or de; default: the locale')
    .addHelpText('after', exampleLines('surety status', 'surety status --proof', 'surety status --json'))
    .action(async (_, made: Command) => {
      const options = optionsOf(made)
      const daemon = daemonAt(options.socket)
      const { platform } = init
      const { proof = false } = made.opts<{ proof?: boolean }>()
      const view = { proof, platform, language: languageFor(options, init) }
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
  addEnrolmentCommand(components, { command, end })
  addCheckCommands(components, commands)
  addFixCommand(components, commands)
  addPrivacyCommand(components, commands)
  addFlareCommand(components, commands)
  addTrayCommand(components, commands)
  addStopCommands(components, { ...commands, end })
  addSightingCommands(components, { ...init, command })
  addActionsCommand(components, commands)
  command('refresh', 'attest and collect now (administrators only)').action(async (_, made: Command) => {
    const options = optionsOf(made)
    await daemonAt(options.socket).refresh()
    if (options.json === true) json({ schema: 'surety/refresh@1', refresh: 'started' })
    else lines(['Started. See the result with: surety status'])
  })
  addRemovalCommand(components, commands)
  const config = program.command('config').description('the configuration of suretyd')
  command('show', 'show each setting, its value and origin', config).action(async (_, made: Command) => {
    const options = optionsOf(made)
    const shown = await effectiveConfig(options.socket, components)
    if (options.json === true) json({ schema: 'surety/config@1', ...shown })
    else lines([...configTable(shown.entries, init.terminal), ...waitingLines(shown.waiting, init.terminal)])
  })
  addMdmCommand(components, program, commands)
  addHooksCommands(components, program, commands)
  program
    .command('version')
    .description('print the version')
    .option('--json', 'print one JSON document')
    .action((_, made: Command) => {
      if (optionsOf(made).json === true) json({ schema: 'surety/version@1', version: VERSION })
      else lines([VERSION])
    })
  addSchemaCommand(program, components)
  addAuditCommands(program, components, { terminal: init.terminal, end })
  addVerifyCommand(program, components, { terminal: init.terminal, end })
  addCompletionCommands(program, components, completeValues(daemonAt, init.socket))
  finishProgram(program, examplesOn(init.platform))
  return program
}

interface ShownConfig {
  /** `daemon`: from the running daemon. `files`: what a daemon would read if it started now. */
  readonly source: 'daemon' | 'files'
  readonly entries: readonly ConfigEntry[]
  readonly waiting?: WaitingSettings
}

async function effectiveConfig(socket: string, components: CliComponents): Promise<ShownConfig> {
  try {
    return { source: 'daemon', ...(await components.daemonAt(socket).config()) }
  } catch (error) {
    if (!(error instanceof SuretyError) || !['DAEMON_UNREACHABLE', 'NOT_PERMITTED'].includes(error.code)) throw error
    const message = `${error.message}; showing the configuration files instead`
    components.err(errorLine('surety', { code: error.code, message }))
    return { source: 'files', entries: components.readConfig() }
  }
}

/** Below the settings in use: what is set now and waits. */
function waitingLines(waiting: WaitingSettings | undefined, terminal: Terminal): string[] {
  if (waiting === undefined) return []
  return ['', ...sentences(waiting).flatMap((sentence) => wrapped(terminal, sentence))]
}

function sentences({ state, settings, reason = 'the log of suretyd names the reason' }: WaitingSettings): string[] {
  if (state === 'refused') {
    return ['suretyd would not start with what is set now. It keeps the settings above.', `Fix: ${reason}`]
  }
  const next = {
    'by-itself': 'suretyd restarts with them within minutes.',
    'by-hand': 'Restart suretyd to apply them.',
  }[state]
  return [`Changed and not in use yet: ${settings.join(', ')}.`, next]
}

const MAX_REASON = 500

/** `surety report-removal`: packages run it before they remove the daemon, so that the directory knows why it falls silent. */
function addRemovalCommand({ out, daemonAt }: CliComponents, { command }: { readonly command: MakeCommand }): void {
  command('report-removal', 'tell the directory that suretyd is being removed (administrators only)')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (_, made: Command) => {
      const { socket, json, reason }: CliOptions & { reason: string } = { ...optionsOf(made), ...made.opts() }
      if (reason.length > MAX_REASON)
        throw new SuretyError('CONFIG_INVALID', `a reason has at most ${MAX_REASON} characters`)
      const removal = await daemonAt(socket).remove(reason)
      if (json === true) out(`${printableJson({ schema: 'surety/removal@1', ...removal }, 2)}\n`)
      else out(`${removal.report === 'sent' ? 'The directory has the record.' : KEPT}\n`)
    })
}

const KEPT = 'The record is kept here: no directory has answered. It goes out when suretyd runs again and reaches one.'

const WORDS: Readonly<Record<string, readonly string[]>> = {
  '<check>': CHECKS,
  '<check or code>': [...CHECKS, ...ERROR_CODES],
  '<language>': LANGUAGES,
  '<key=value>': Object.keys(daemonSettings).map((key) => `${key}=`),
  'schema <name>': DOCUMENT_NAMES,
}

/** Values for completion: words of tables, and ids from the daemon. */
function completeValues(daemonAt: (socket: string) => DaemonClient, socket: string): ValuesOf {
  return async ({ path, name }, words) => {
    const known = WORDS[`${path} <${name}>`] ?? WORDS[`<${name}>`]
    if (known !== undefined) return known.map((word) => ({ word }))
    const kind =
      SIGHTING_KINDS.find((one) => path === `${KIND_VIEWS[one].command} show`) ??
      (path === 'agents claim' && name === 'agent' ? 'agent' : undefined)
    if (kind === undefined) return []
    const at = words.indexOf('--socket')
    const { items } = await daemonAt((at === -1 ? undefined : words[at + 1]) ?? socket).sightings({ kinds: [kind] })
    const short = shortIds(items.map(({ id }) => id))
    return items.map((item) => ({ word: short(item.id), about: nameOf(item) }))
  }
}

function nameOf(item: Sighting): string | undefined {
  return 'name' in item ? item.name : undefined
}
