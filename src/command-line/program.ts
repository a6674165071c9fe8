import { EventEmitter } from 'node:events'
import { Command, CommanderError, Help, type Option } from 'commander'
import { type ErrorCode, SuretyError } from '../base/errors.ts'
import { everyCommand, helpPageOf, pathOf, reached, subcommandNamed } from './command-tree.ts'
import { type AdviceFor, type BelowError, errorDocument, errorLine, printedError, usageError } from './error-output.ts'

/** What the programs with commands share: help, global options, and how an error ends them. */

export interface ProgramOutput {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** The heading of options that are settings of a configuration. They have their own checks, also for empty text. */
export const SETTINGS_HEADING = 'Settings:'

/** The words behind this command are those of a line that is still being typed. */
export const UNCHECKED = '__complete'

/** Set before any command is added: commands inherit it. */
export function newProgram(name: string, about: string, { out, err }: ProgramOutput): Command {
  return (
    new Command(name)
      .description(about)
      .exitOverride()
      // Errors are printed by `runCommandLine`, in one form.
      .configureOutput({ writeOut: out, writeErr: err, outputError: () => undefined })
      .configureHelp({
        optionDescription(option) {
          const words = Help.prototype.optionDescription.call(this, option)
          return option.mandatory ? `${words} (required)` : words
        },
        commandUsage(command) {
          const usage = Help.prototype.commandUsage.call(this, command)
          const required = command.options.filter((option) => option.mandatory).map(({ flags }) => flags)
          return required.length === 0 ? usage : usage.replace('[options]', [...required, '[options]'].join(' '))
        },
      })
  )
}

/** Two examples for each command, by its path: `devices list`. */
export type Examples = Readonly<Record<string, readonly string[]>>

/** The end of a help page. */
export function exampleLines(...commands: readonly string[]): string {
  return `\nExamples:\n${commands.map((command) => `  ${command}`).join('\n')}\n`
}

/** Once all commands are there: nested help, examples, and refusals that hold for every command. */
export function finishProgram(program: Command, examples: Examples): void {
  for (const command of everyCommand(program)) {
    const lines = examples[pathOf(command).join(' ')]
    if (lines !== undefined && !hasOwnExamples(command)) {
      command.addHelpText('after', exampleLines(...lines))
    }
  }
  for (const command of everyCommand(program)) if (command.commands.length > 0) addNestedHelp(command)
  program.hook('preAction', (_, command) => {
    if (command.name() === UNCHECKED) return
    takeGlobalOptions(program, command)
    refuseEmptyText(command)
  })
}

/** commander emits this event after a help page; its types do not say that a command is an emitter. */
function hasOwnExamples(command: object): boolean {
  return command instanceof EventEmitter && command.listenerCount('afterHelp') > 0
}

/** `help devices list`. commander's own command shows the parent of what was asked for. */
function addNestedHelp(parent: Command): void {
  const isProgram = parent.parent === null
  const name = parent.name()
  parent.helpCommand(false)
  const help = parent
    .command('help', { hidden: !isProgram })
    .description('print the help of a command')
    .argument('[command...]', 'its words, such as: config show')
  if (isProgram) help.addHelpText('after', exampleLines(`${name} help config show`, `${name} config show --help`))
  help.action((words: readonly string[]) => {
    let command = parent
    for (const word of words) {
      const next = subcommandNamed(command, word)
      if (next === undefined) {
        const names = command
          .createHelp()
          .visibleCommands(command)
          .map((one) => one.name())
        const known = names.length === 0 ? 'it has no commands' : `the commands are ${names.join(', ')}`
        throw new SuretyError('USAGE_INVALID', `unknown command ${JSON.stringify(word)}: ${known}`)
      }
      command = next
    }
    command.outputHelp()
  })
}

/**
 * A global option may come before or after the command. The action reads the options of its own command.
 *
 * @throws `USAGE_INVALID` for an option that this command has no use for.
 */
function takeGlobalOptions(program: Command, command: Command): void {
  for (const option of program.options) {
    const name = option.attributeName()
    if (program.getOptionValueSource(name) !== 'cli' || command === program) continue
    if (!command.options.some((one) => one.attributeName() === name)) {
      const words = `option '${option.flags}' has no use here. For help run: ${helpPageOf(command)}`
      throw new SuretyError('USAGE_INVALID', words)
    }
    command.setOptionValueWithSource(name, program.getOptionValue(name), 'cli')
  }
}

/** @throws `USAGE_INVALID`. No argument and no option has a use for empty text. */
function refuseEmptyText(command: Command): void {
  const given = (option: Option) => command.getOptionValueSource(option.attributeName()) === 'cli'
  const empty = command.options.find(
    (option) =>
      given(option) &&
      option.helpGroupHeading !== SETTINGS_HEADING &&
      command.getOptionValue(option.attributeName()) === '',
  )
  if (empty !== undefined) {
    throw new SuretyError('USAGE_INVALID', `option '${empty.flags}' is empty. For help run: ${helpPageOf(command)}`)
  }
  const at = command.args.indexOf('')
  if (at !== -1) {
    const name = command.registeredArguments[at]?.name() ?? 'argument'
    throw new SuretyError('USAGE_INVALID', `argument <${name}> is empty. For help run: ${helpPageOf(command)}`)
  }
}

export interface RunInit<Exit> {
  readonly argv: readonly string[]
  readonly err: (text: string) => void
  readonly adviceFor: AdviceFor
  readonly exitCodeOf: (code: ErrorCode | undefined) => Exit
  /** Of a command line that was not understood. */
  readonly usage: Exit
  /** What is below an error. */
  readonly below?: () => BelowError
}

/** Never throws: prints the error. @returns the exit code of an error, or undefined. */
export async function runCommandLine<Exit>(program: Command, init: RunInit<Exit>): Promise<Exit | undefined> {
  const { argv, err } = init
  const print = argv.includes('--json') ? errorDocument : errorLine
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return undefined
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      const printed = printedError(error, init.adviceFor)
      err(print(program.name(), printed, init.below?.()))
      return printed.code === 'USAGE_INVALID' ? init.usage : init.exitCodeOf(errorCode(printed.code))
    }
    // A page that was asked for, or the page of a group without its command.
    if (error.exitCode === 0) return undefined
    if (error.code !== 'commander.help') {
      err(print(program.name(), usageError(error, reached(program, argv).command)))
    }
    return init.usage
  }
}

function errorCode(code: ErrorCode | 'INTERNAL'): ErrorCode | undefined {
  return code === 'INTERNAL' ? undefined : code
}
