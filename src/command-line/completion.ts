import type { Argument, Command, Option } from 'commander'
import { optionNamed, pathOf, reached } from './command-tree.ts'

/** What could come next on a command line, from the tree of commands itself. */

export interface Candidate {
  readonly word: string
  /** For shells that show it. */
  readonly about?: string | undefined
}

/** What a value stands for. */
export interface ValuePlace {
  /** `devices show`. */
  readonly path: string
  /** `--verdict`, for the value of an option. */
  readonly option: string | undefined
  /** The word in `<>` or `[]`: `device`. */
  readonly name: string
}

/** Values that the tree does not name, such as ids. May ask a server. */
export type ValuesOf = (place: ValuePlace, words: readonly string[]) => Promise<readonly Candidate[]>

const MAX_CANDIDATES = 500
/** Others would need quotes, and could mean something to a shell: devices choose their names themselves. */
const SAFE = /^[\w@%+=:,./-]{1,200}$/

/** @param words without the program; the last one is being typed, and may be empty. */
export async function candidatesFor(
  program: Command,
  words: readonly string[],
  valuesOf: ValuesOf,
): Promise<readonly Candidate[]> {
  const typed = words.at(-1) ?? ''
  const { command, operands, open, variadic, literal } = reached(program, words.slice(0, -1))
  const all = async (): Promise<readonly Candidate[]> => {
    if (open !== undefined) return await optionValues(command, open)
    if (!literal && typed.startsWith('-')) {
      return typed.includes('=') ? await inOneWord() : optionsOf(command)
    }
    if (variadic !== undefined) return await optionValues(command, variadic)
    if (command.name() === 'help' && command.parent !== null) {
      return commandsOf(reached(command.parent, operands).command)
    }
    const argument = argumentAt(command, operands.length)
    const values = argument === undefined ? [] : await argumentValues(argument)
    return [...(operands.length === 0 && !literal ? commandsOf(command) : []), ...values]
  }
  const optionValues = async (at: Command, option: Option): Promise<readonly Candidate[]> => {
    if (option.argChoices !== undefined) return option.argChoices.map((word) => ({ word }))
    const name = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1]
    if (name === undefined) return []
    return await valuesOf({ path: pathOf(at).join(' '), option: option.long ?? undefined, name }, words)
  }
  /** `--verdict=com`. */
  const inOneWord = async (): Promise<readonly Candidate[]> => {
    const option = optionNamed(command, typed)
    if (option === undefined) return []
    const start = typed.slice(0, typed.indexOf('=') + 1)
    return (await optionValues(command, option)).map(({ word, about }) => ({ word: `${start}${word}`, about }))
  }
  const argumentValues = async (argument: Argument): Promise<readonly Candidate[]> => {
    if (argument.argChoices !== undefined) return argument.argChoices.map((word) => ({ word }))
    return await valuesOf({ path: pathOf(command).join(' '), option: undefined, name: argument.name() }, words)
  }
  const seen = new Set<string>()
  const fits = ({ word }: Candidate) => {
    if (seen.has(word) || !word.startsWith(typed) || !SAFE.test(word)) return false
    seen.add(word)
    return true
  }
  return (await all()).filter(fits).slice(0, MAX_CANDIDATES)
}

function argumentAt({ registeredArguments }: Command, at: number): Argument | undefined {
  const last = registeredArguments.at(-1)
  return registeredArguments[at] ?? (last?.variadic === true ? last : undefined)
}

function commandsOf(command: Command): readonly Candidate[] {
  const visible = command.createHelp().visibleCommands(command)
  return visible.map((one) => ({ word: one.name(), about: one.description() }))
}

function optionsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (typeof long === 'string' ? [{ word: long, about: description }] : []))
}
