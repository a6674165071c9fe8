import { programOf } from '../matching/script-argument.ts'
import { isShell, shellTextIn } from '../shell/shell-input.ts'
import { simpleCommands } from '../shell/shell-text.ts'
import { commandName } from './launchers.ts'
import { textOfCall } from './package-launch.ts'
import { behindWrapper } from './wrappers.ts'

/** What a command runs in the end: behind `env`, `timeout`, `sudo`, `bash -c "..."` and the like. */
export interface UnwrappedCommand {
  /** A shell reads a text on the way. */
  readonly shell: boolean
  /** In their order, without those that only prepare others. The last is the one that is meant. */
  readonly commands: readonly StartedCommand[]
  /** The first words of all commands and wrappers. */
  readonly programs: readonly string[]
  /** `NAME=VALUE` that are set on the way. */
  readonly variables: readonly string[]
  /** False if anything was not understood: other programs may run as well. */
  readonly isWhole: boolean
}

export interface StartedCommand {
  readonly words: readonly string[]
  /** It is what was configured, without a wrapper around it. */
  readonly isDirect: boolean
  /** Several commands are in its line. */
  readonly isOneOfSeveral: boolean
  /** False if its first word may be no program: it is not disclosed then. */
  readonly isSure: boolean
}

/** More words of one command are not read. */
export const MAX_ARGUMENTS = 256
const MAX_DEPTH = 8

/** Commands of a shell that prepare what runs behind them. */
const PREPARING = new Set(
  list(`cd pushd popd source . export set unset umask ulimit true : wait read declare typeset readonly alias shopt trap
  printf echo pwd sleep mkdir touch chmod nvm fnm mise rtx asdf volta pyenv nodenv rbenv conda mamba micromamba`),
)
/** Launchers that fetch whatever they are given. */
const FETCHING = new Set(list('npx bunx pnpx uvx pipx'))
/** Launchers that are scripts themselves: `node .../npx-cli.js`, `python -m uv`. */
const SCRIPT_LAUNCHERS = new Set(list('npx npm pnpm pnpx yarn bunx corepack uv uvx pipx'))
const SETS = /^\w[^=\s/]*\+?=/

function list(text: string): string[] {
  return text.split(/\s+/)
}

export function unwrapCommand(words: readonly string[]): UnwrappedCommand {
  const unwrapper = new Unwrapper()
  unwrapper.follow(words, { depth: 0, isDirect: true, isOneOfSeveral: false, isSure: true })
  return unwrapper
}

type Context = Omit<StartedCommand, 'words'> & { readonly depth: number }

class Unwrapper implements UnwrappedCommand {
  shell = false
  isWhole = true
  readonly commands: StartedCommand[] = []
  readonly programs: string[] = []
  readonly variables: string[] = []

  follow(words: readonly string[], { depth, ...context }: Context): void {
    const [program = '', ...args] = words
    if (program === '') return
    this.programs.push(program)
    if (depth > MAX_DEPTH) {
      this.isWhole = false
      return
    }
    const text = shellTextIn(commandName(program), args)
    if (text !== undefined) {
      this.#followText(text.commands, depth)
      return
    }
    const wrapped = behindWrapper(words)
    this.variables.push(...(wrapped?.variables ?? []))
    const inner = wrapped?.words ?? launcherIn(words)
    if (inner !== undefined) {
      const isSure = context.isSure && wrapped?.isSure !== false
      if (!isSure) this.isWhole = false
      this.follow(inner, { ...context, depth: depth + 1, isDirect: false, isSure })
      return
    }
    this.commands.push({ words, ...context })
    const name = commandName(program)
    // A wrapper that is not listed may run a launcher.
    if (!FETCHING.has(name) && args.some((arg) => FETCHING.has(commandName(arg)))) this.isWhole = false
    const call = textOfCall(name, args)
    if (call !== undefined) this.#followText(simpleCommands(call), depth)
  }

  #followText(commands: readonly (readonly string[])[] | undefined, depth: number): void {
    this.shell = true
    if (commands === undefined) this.isWhole = false
    const isOneOfSeveral = commands !== undefined && commands.length > 1
    for (const command of commands ?? []) {
      const start = command.findIndex((word) => !SETS.test(word))
      const [program = '', ...args] = start === -1 ? [] : command.slice(start)
      this.variables.push(...(start === -1 ? command : command.slice(0, start)))
      if (/^(?:export|set|declare|typeset)$/.test(program)) this.variables.push(...args.filter((arg) => SETS.test(arg)))
      const isExec = /^(?:exec|command|builtin)$/.test(program)
      const isOption = isExec && args[0]?.startsWith('-') === true
      if (isOption && program === 'exec') this.isWhole = false
      if (isOption || (PREPARING.has(program) && behindWrapper([program, ...args]) === undefined)) continue
      const context = { depth: depth + 1, isDirect: false, isOneOfSeveral, isSure: true }
      this.follow(isExec ? args : [program, ...args], context)
    }
  }
}

function launcherIn(words: readonly string[]): readonly string[] | undefined {
  const name = commandName(words[0] ?? '')
  const program = programOf(name, [name, ...words.slice(1)])
  if (program === undefined || program.kind === 'title') return undefined
  const launcher = program.kind === 'script' ? program.path : program.name
  return SCRIPT_LAUNCHERS.has(commandName(launcher)) ? [launcher, ...program.args] : undefined
}

/** A file that a shell runs, as the first line of the file asks the system to do. */
export function shellScript([shell = '', ...args]: readonly string[]):
  | { readonly kind: 'script'; readonly path: string; readonly args: readonly string[] }
  | undefined {
  if (!isShell(commandName(shell))) return undefined
  const at = args.findIndex((arg) => !/^[-+]/.test(arg))
  const path = args[at]
  // After any other option, the next word may be code or the value of that option.
  if (path === undefined || !args.slice(0, at).every((arg) => /^-[eux]+$/.test(arg))) return undefined
  return { kind: 'script', path, args: args.slice(at + 1) }
}
