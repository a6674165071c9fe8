import { OUTPUT, type ShellCommand, type ShellPipeline, shellPipelines } from '../discovery/shell/shell-text.ts'
import { CommandPaths } from './command-paths.ts'
import { isQuiet, takesTexts } from './known-programs.ts'
import type { PathBase } from './named-paths.ts'
import { type Started, startedBy } from './started-programs.ts'

/** What a shell command names, for rules. It errs on the side of naming too much: a quoted text counts as one that runs. */
export interface CommandWords {
  /** Of each part, without folders, in small letters: `rm`, `git`. Behind a program that starts others, such as `sudo`, each word. */
  readonly programs: ReadonlySet<string>
  /** All words without their quotes. Short options are also there one by one: `-rf` is `-rf`, `-r` and `-f`. */
  readonly words: ReadonlySet<string>
  /** All words, with one blank between them. Files of redirections have `<` and `>` before them. */
  readonly text: string
  readonly paths: CommandPaths
}

/** Different words, different paths, and commands, also those in texts. */
const MOST_NAMED = 4096
/** Quotes inside of quotes. What is deeper counts as one word. */
const MOST_NESTING = 6
/** What only a shell sees in a word. */
const FOR_SHELL = /[\s;|&`()<>]/

/** @returns undefined if it names more than rules can look at. */
export function commandWords(command: string, base: PathBase): CommandWords | undefined {
  const reader = new CommandReader(base)
  reader.read(command, { nesting: 0, isUsed: false })
  return reader.isTooMuch ? undefined : reader
}

interface Place {
  readonly nesting: number
  /** What it prints may be run. */
  readonly isUsed: boolean
}

class CommandReader implements CommandWords {
  readonly programs = new Set<string>()
  readonly words = new Set<string>()
  readonly paths: CommandPaths
  readonly #texts: string[] = []
  #commands = 0

  constructor(base: PathBase) {
    this.paths = new CommandPaths(base)
  }

  get text(): string {
    return this.#texts.join(' ').replaceAll(OUTPUT, '$()').replace(/\s+/g, ' ').trim()
  }

  get isTooMuch(): boolean {
    const counts = [
      this.words.size,
      this.programs.size,
      this.#commands,
      this.paths.targets.size,
      this.paths.writes.size,
    ]
    return Math.max(...counts) > MOST_NAMED || this.paths.isTooLong
  }

  read(command: string, place: Place): void {
    for (const pipeline of shellPipelines(command)) this.#readPipeline(pipeline, place)
  }

  #readPipeline(pipeline: ShellPipeline, place: Place): void {
    const commands = pipeline.map(withFolder)
    const all = commands.map((command) => startedBy(command, (word) => this.paths.expanded(word)))
    const lastRunning = all.findLastIndex(({ name, args }) => !isQuiet(name, args))
    this.paths.beginPipeline()
    for (const [at, command] of commands.entries()) {
      const started = all[at]
      if (started === undefined || this.isTooMuch) return
      this.#readCommand(command, started, { ...place, isUsed: place.isUsed || at < lastRunning })
    }
  }

  #readCommand(command: ShellCommand, started: Started, { nesting, isUsed }: Place): void {
    const { words, inner, outputs, inputs, documents } = command
    this.#commands++
    if (nesting === 0) {
      const files = [...outputs.map((file) => `> ${file}`), ...inputs.map((file) => `< ${file}`)]
      this.#texts.push(...[words, files, documents].flatMap((some) => some.join(' ')))
    }
    for (const word of words) this.#addWord(word)
    for (const name of started.names) this.programs.add(name)
    const takesOnlyTexts = words.length === 0 || takesTexts(started.name, started.args)
    const areTextsRun = isUsed || !takesOnlyTexts
    const targetsInside = this.paths.during(() => {
      for (const one of inner) this.#readPipeline(one, { nesting, isUsed: areTextsRun })
    })
    this.paths.add({ ...started, words, outputs, inputs, targetsInside, isInText: nesting > 0 })
    if (nesting >= MOST_NESTING || !areTextsRun) return
    // A variable may hold a program with its arguments.
    const program = this.paths.expanded(words[0] ?? '')
    const texts = [program, ...words.slice(1)].filter((word) => FOR_SHELL.test(word)).concat(documents)
    this.paths.during(() => {
      // A text that is given to a variable may run by its name.
      for (const text of texts) this.read(text.replace(/^\w+=/, ''), { nesting: nesting + 1, isUsed: true })
    })
  }

  #addWord(word: string): void {
    this.words.add(word.replaceAll(OUTPUT, '$()'))
    const [, options, long] = /^-(?:([A-Za-z]{2,12})|(-[\w-]+)=.*)$/s.exec(word) ?? []
    for (const letter of options ?? '') this.words.add(`-${letter}`)
    if (long !== undefined) this.words.add(`-${long}`)
  }
}

/** With `.` for `$(pwd)`, which is the folder where the command runs. */
function withFolder(command: ShellCommand): ShellCommand {
  const inside = command.inner.flatMap((pipeline) => pipeline.map(({ words }) => words.join(' ')))
  if (inside.length === 0 || inside.some((one) => one !== 'pwd')) return command
  return { ...command, words: command.words.map((word) => word.replaceAll(OUTPUT, '.')) }
}
