import { programOf } from '../matching/script-argument.ts'
import { commandName } from './command-name.ts'
import { textOfCall } from './package-launch.ts'
import { type Dialect, readShellLine } from './shell-line.ts'
import { isShell, shellText } from './shells.ts'
import { behindWrapper } from './wrappers.ts'

/** What comes to run when a command is started: behind `env`, `timeout`, `sudo`, `bash -c "..."` and their like. */
export interface Started {
  /** A shell reads a text on the way. */
  readonly shell: boolean
  /** Those that do something of their own, in their order: of one line there may be several. */
  readonly commands: readonly StartedCommand[]
  /** The one that is most likely meant: the last, unless that only passes on what another says. */
  readonly main: StartedCommand | undefined
  /** The first words of all, those on the way too. */
  readonly programs: readonly string[]
  /** `NAME=VALUE` on the way. */
  readonly sets: readonly string[]
  /** Was all understood? Else there may be more. */
  readonly whole: boolean
}

export interface StartedCommand {
  readonly words: readonly string[]
  /** It is what was configured, and nothing stands around it. */
  readonly direct: boolean
  /** Several stand in one line. */
  readonly inLine: boolean
  /** Else its first word may be no program, and goes nowhere. */
  readonly sure: boolean
}

/** More words of one command are not looked at. */
export const MAX_ARGUMENTS = 256
const MAX_DEPTH = 8
/** All that is followed of one command. */
const MAX_FOLLOWED = 128
const MAX_CHARACTERS = 262_144

export function whatStarts(words: readonly string[]): Started {
  const starting = new Starting()
  starting.follow(words, { depth: 0, direct: true, inShell: false, inLine: false, sure: true })
  return starting
}

/** What shells do themselves. */
const OF_SHELLS = new Set(
  `cd pushd popd source . export set unset umask ulimit true false : wait read local declare typeset readonly alias unalias shopt
  hash type trap return exit break continue test [ [[ ]] printf echo pwd fi done esac } case for select function in let getopts shift
  command builtin exec chdir rem chcp setlocal endlocal title pause goto @echo set-location set-executionpolicy import-module write-host`.split(
    /\s+/,
  ),
)
/** Words before a command. */
const BEFORE_COMMANDS = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '!', '{', 'coproc'])
/** They pass on what others say, or choose which version of another runs. */
const IN_BETWEEN = new Set(
  `tee cat grep sed awk head tail tr cut sort stdbuf sleep mkdir chmod touch ls date which where dirname basename realpath id uname whoami
  nvm fnm mise rtx asdf volta pyenv nodenv rbenv direnv brew conda mamba micromamba`.split(/\s+/),
)
/** Elsewhere any program may bear such a name. */
const WHERE_SYSTEMS_HAVE_THEM = /^(?:\/(?:usr\/(?:local\/)?|opt\/homebrew\/)?s?bin\/)?[^/\\]*$/

interface Place {
  readonly depth: number
  readonly direct: boolean
  readonly inShell: boolean
  readonly inLine: boolean
  readonly sure: boolean
}

class Starting implements Started {
  shell = false
  whole = true
  readonly commands: StartedCommand[] = []
  readonly programs: string[] = []
  readonly sets: string[] = []
  #followed = 0
  #read = 0

  get main(): StartedCommand | undefined {
    const named = this.commands.filter(({ words: [first = ''] }) => /^[^-$"'`]/.test(first))
    return named.findLast(({ words }) => !isInBetween(words)) ?? named.at(-1) ?? this.commands.at(-1)
  }

  follow(words: readonly string[], place: Place): void {
    const [program] = words
    if (program === undefined || program === '') return
    this.programs.push(program)
    const { depth, inShell } = place
    if (depth > MAX_DEPTH || ++this.#followed > MAX_FOLLOWED) this.whole = false
    else if (this.#followText(words, place)) return
    else {
      const wrapped = behindWrapper(words, inShell)
      this.sets.push(...(wrapped?.sets ?? []))
      const inner = wrapped?.words ?? launcherIn(words)
      if (inner !== undefined) {
        const sure = place.sure && wrapped?.sure !== false
        if (!sure) this.whole = false
        this.follow(inner, { ...place, depth: depth + 1, direct: false, sure })
        return
      }
    }
    const { direct, inLine, sure } = place
    this.commands.push({ words, direct, inLine, sure })
  }

  /** Of a launcher that has a shell run a text the launch counts as well. */
  #followText(words: readonly string[], { depth, inShell, direct, inLine, sure }: Place): boolean {
    const [program = '', ...args] = words
    if (inShell && program === 'eval') {
      this.#followLine(args.join(' '), 'posix', [], depth)
      return true
    }
    const told = shellText(words)
    if (told !== undefined) {
      this.shell = true
      this.#followLine(told.text, told.dialect, told.args, depth)
      return true
    }
    const call = textOfCall(commandName(program), args)
    if (call === undefined) return false
    this.shell = true
    this.commands.push({ words, direct, inLine, sure })
    this.#followLine(call, 'posix', [], depth)
    return true
  }

  #followLine(text: string, dialect: Dialect, args: readonly string[], depth: number): void {
    this.#read += text.length
    const isTooMuch = this.#read > MAX_CHARACTERS
    const { commands, whole } = readShellLine(isTooMuch ? '' : text, dialect)
    if (isTooMuch || !whole) this.whole = false
    const inLine = commands.length > 1
    for (const command of commands) {
      const words = this.#ownWords(filledIn(command, args))
      if (words.length > 0) this.follow(words, { depth: depth + 1, direct: false, inShell: true, inLine, sure: true })
    }
  }

  /** Without what stands before a command, and nothing of what the shell does itself but which variables it sets. */
  #ownWords(words: readonly string[]): readonly string[] {
    const start = words.findIndex((word) => !BEFORE_COMMANDS.has(word) && !SETS.test(word))
    const own = start === -1 ? [] : words.slice(start)
    const [program = '', ...args] = own
    this.sets.push(...(start === -1 ? words : words.slice(0, start)).filter((word) => SETS.test(word)))
    if (/^(?:export|set|declare|typeset)$/.test(program)) this.sets.push(...args.filter((arg) => SETS.test(arg)))
    const runsAnother = /^(?:exec|command|builtin)$/.test(program) && !/^-[pvV]*[vV]/.test(args[0] ?? '-v')
    return OF_SHELLS.has(program.toLowerCase()) && !runsAnother ? [] : own
  }
}

const SETS = /^\w[^=\s/]*\+?=/

/** With what a shell calls `$0`, `$1` and `$@`. */
function filledIn(words: readonly string[], args: readonly string[]): readonly string[] {
  const filled: string[] = []
  for (const word of words) {
    if (filled.length >= MAX_ARGUMENTS) break
    const [, number] = /^\$\{?(\d{1,3})\}?$/.exec(word) ?? []
    const arg = number === undefined ? undefined : args[Number(number)]
    if (word === '$@' || word === '$*') filled.push(...args.slice(1, MAX_ARGUMENTS))
    else filled.push(arg ?? word)
  }
  // Each may be named again and again.
  return args.length === 0 ? filled : filled.map((word) => word.slice(0, MAX_FILLED_IN))
}

const MAX_FILLED_IN = 4_096

/** A launcher that an interpreter runs: `node .../npx-cli.js`, `python -m uv`. */
function launcherIn(words: readonly string[]): readonly string[] | undefined {
  const name = commandName(words[0] ?? '')
  const program = programOf(name, [name, ...words.slice(1)])
  if (program === undefined || program.kind === 'title') return undefined
  const launcher = program.kind === 'script' ? program.path : program.name
  return WRITTEN_IN_SCRIPTS.test(commandName(launcher)) ? [launcher, ...program.args] : undefined
}

const WRITTEN_IN_SCRIPTS = /^(?:npx|npm|pnpm|pnpx|yarn|bunx|corepack|uv|uvx|pipx)$/

export function isInBetween([program = '']: readonly string[]): boolean {
  return IN_BETWEEN.has(commandName(program)) && WHERE_SYSTEMS_HAVE_THEM.test(program)
}

/** A file that a shell runs, as the first line of the file has the system ask it to. */
export function shellScript([shell = '', ...args]: readonly string[]):
  | { readonly kind: 'script'; readonly path: string; readonly args: readonly string[] }
  | undefined {
  if (!isShell(commandName(shell))) return undefined
  const at = args.findIndex((arg) => !/^[-+]/.test(arg))
  const path = args[at]
  // Behind some options stands code, and behind others a word of theirs.
  if (path === undefined || !args.slice(0, at).every((arg) => /^-[eux]+$/.test(arg))) return undefined
  return { kind: 'script', path, args: args.slice(at + 1) }
}
