import type { Command, Option } from 'commander'

/** Finding one's way in a tree of commands. */

/** The words that lead to a command, without the name of the program: `devices list`. Empty for the program. */
export function pathOf(command: Command): readonly string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()]
}

/** `command` and all below it. */
export function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

export function subcommandNamed(command: Command, name: string): Command | undefined {
  return command.commands.find((one) => one.name() === name || one.aliases().includes(name))
}

/** The option that a word of a command line names, here or in a command above. */
export function optionNamed(command: Command, word: string): Option | undefined {
  const [name] = word.split('=', 1)
  const found = command.options.find(({ long, short }) => name === long || name === short)
  return found ?? (command.parent === null ? undefined : optionNamed(command.parent, word))
}

/** Where a command line has come to. */
export interface Reached {
  readonly command: Command
  /** Words that are neither commands nor options nor values of options. */
  readonly operands: readonly string[]
  /** An option whose value must come next. */
  readonly open: Option | undefined
  /** An option that takes more values until the next option. */
  readonly variadic: Option | undefined
  /** Whether `--` was passed. */
  readonly literal: boolean
}

export function reached(program: Command, words: readonly string[]): Reached {
  let command = program
  let open: Option | undefined
  let variadic: Option | undefined
  let literal = false
  const operands: string[] = []
  for (const word of words) {
    if (open !== undefined) {
      variadic = open.variadic ? open : undefined
      open = undefined
    } else if (!literal && word === '--') {
      literal = true
    } else if (!literal && word.length > 1 && word.startsWith('-')) {
      const option = optionNamed(command, word)
      variadic = option?.variadic === true && word.includes('=') ? option : undefined
      open = option?.required === true && !word.includes('=') ? option : undefined
    } else if (variadic === undefined || literal) {
      const next = operands.length === 0 ? subcommandNamed(command, word) : undefined
      if (next === undefined) operands.push(word)
      else command = next
    }
  }
  return { command, operands, open, variadic: literal ? undefined : variadic, literal }
}

/** The command line that prints the help of a command. */
export function helpPageOf(command: Command): string {
  let program = command
  while (program.parent !== null) program = program.parent
  return [program.name(), ...pathOf(command), '--help'].join(' ')
}
