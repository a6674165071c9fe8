import { OUTPUT, type ShellCommand, type ShellPipeline, shellPipelines } from '../discovery/shell/shell-text.ts'
import { CommandPaths } from './command-paths.ts'
import { executedBy, hasValue, isDestructive, isFed, isQuiet, isStarter, takesTexts } from './known-programs.ts'
import type { PathBase } from './named-paths.ts'

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
/** Programs behind a starter that are looked at with their arguments. */
const MOST_STARTED = 4
/** Words of the shell before a command. */
const RESERVED = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '!', '{', 'time', 'coproc', 'function'])
const SETS = /^\w+\+?=/
const OF_STARTERS = /^(?:\d+[smhd]?|\{\}|--)$/
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

/** What one command starts. */
interface Started {
  /** Empty: only groups. */
  readonly name: string
  /** Behind its name. */
  readonly args: readonly string[]
  /** Its input becomes its arguments. */
  readonly isFed: boolean
  /** With the starters before it, and all that may be a program as well. */
  readonly names: readonly string[]
  /** Programs behind a starter that may destroy something. */
  readonly others: readonly { readonly name: string; readonly args: readonly string[] }[]
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
    const all = pipeline.map((command) => this.#startedBy(command))
    const lastRunning = all.findLastIndex(({ name, args }) => !isQuiet(name, args))
    this.paths.beginPipeline()
    for (const [at, command] of pipeline.entries()) {
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
    const texts = [...words.filter((word) => FOR_SHELL.test(word)), ...documents]
    this.paths.during(() => {
      for (const text of texts) this.read(text, { nesting: nesting + 1, isUsed: true })
    })
  }

  #addWord(word: string): void {
    this.words.add(word.replaceAll(OUTPUT, '$()'))
    const [, options, long] = /^-(?:([A-Za-z]{2,12})|(-[\w-]+)=.*)$/s.exec(word) ?? []
    for (const letter of options ?? '') this.words.add(`-${letter}`)
    if (long !== undefined) this.words.add(`-${long}`)
  }

  #startedBy({ words, inner }: ShellCommand): Started {
    const begin = beginOf(words)
    const names: string[] = []
    let at = begin
    for (; at < words.length; at++) {
      const name = this.#nameOf(words[at] ?? '', inner)
      if (!isStarter(name)) break
      names.push(name)
      while (at + 1 < words.length && isOfStarter(words[at + 1] ?? '')) at += hasValue(words[at + 1] ?? '') ? 2 : 1
    }
    const name = at < words.length ? this.#nameOf(words[at] ?? '', inner) : ''
    const args = words.slice(at + 1)
    const isStarted = names.length > 0
    const others = isStarted || name === 'find' ? othersIn(args) : []
    if (name !== '') names.push(name)
    if (isStarted) names.push(...words.slice(begin + 1).flatMap((word) => (/^[-]|\s/.test(word) ? [] : nameIn(word))))
    if (name === 'find') names.push(...executedBy(args).map(nameIn))
    if (name.startsWith('mkfs.')) names.push('mkfs')
    return { name, args, isFed: names.some(isFed), names, others }
  }

  /** Of a substitution, such as `$(which rm)`, the last word that it names. */
  #nameOf(word: string, inner: readonly ShellPipeline[]): string {
    const known = this.paths.expanded(word)
    const last = word.includes(OUTPUT) ? inner.at(-1)?.at(-1)?.words.at(-1) : undefined
    return nameIn(last ?? known)
  }
}

/** Small letters: some systems find `RM` too. */
function nameIn(word: string): string {
  const name = word.slice(word.lastIndexOf('/') + 1).toLowerCase()
  return (name === '' ? word : name).replaceAll(OUTPUT, '')
}

/** Behind words of the shell and `NAME=VALUE`. A function's body begins in the line of its name. */
function beginOf(words: readonly string[]): number {
  const body = words.indexOf('{')
  const isBody = body > 0 && (words[0] === 'function' || words[body - 1]?.endsWith(OUTPUT) === true)
  const begin = words.findIndex((word, at) => at > (isBody ? body : -1) && !RESERVED.has(word) && !SETS.test(word))
  return begin === -1 ? words.length : begin
}

function isOfStarter(word: string): boolean {
  return word.startsWith('-') || SETS.test(word) || OF_STARTERS.test(word)
}

/** The last ones are not looked at. */
function othersIn(args: readonly string[]): Started['others'] {
  const places = args.flatMap((word, at) => (isDestructive(nameIn(word)) ? at : []))
  return places.slice(0, MOST_STARTED).map((at) => ({ name: nameIn(args[at] ?? ''), args: args.slice(at + 1) }))
}
