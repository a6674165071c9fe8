/**
 * The commands of a text for a shell: which are joined by pipes, and which are in others. Any text is read and none fails: what no
 * shell would accept is read as far as it goes.
 */

/** Stands in a word where a shell puts the output of commands, and names the file of a process substitution. */
export const OUTPUT = '\0'

export interface ShellCommand {
  /** Without quotes and redirections. */
  readonly words: readonly string[]
  /** The pipelines of its groups and substitutions: `(…)`, `{ …; }`, `$(…)`, `<(…)` and backticks. */
  readonly inner: readonly ShellPipeline[]
  /** The files that its output goes to. */
  readonly outputs: readonly string[]
  /** The files that its input comes from. */
  readonly inputs: readonly string[]
  /** The here documents that are its input, without what a shell would put into them. */
  readonly documents: readonly string[]
}

export type ShellPipeline = readonly ShellCommand[]

/** Deeper groups and substitutions are read as plain words. */
const MAX_DEPTH = 32

/** @returns every pipeline, those with one command too. Takes time that grows with the length of `text`. */
export function shellPipelines(text: string): readonly ShellPipeline[] {
  return new Tokenizer(text).pipelines(undefined, 0)
}

/** Longer texts and more commands are not read as simple ones. */
const MAX_CHARACTERS = 16_384
const MAX_COMMANDS = 16
const PLAIN_FILE = /^[\w./~+-]+$/
/** First words of what is more than a simple command, and programs that only a variable names. */
const NOT_SIMPLE =
  /^(?:if|then|elif|else|fi|while|until|for|do|done|case|esac|select|function|coproc|time|eval|[!{}]|\[\[?|\$[\w@*{}]+)$/

/**
 * The words of each command of a text that only has commands in a row, so that what runs is certain. Undefined if there is anything
 * else: pipes, substitutions, loops, input from a file.
 */
export function simpleCommands(text: string): readonly (readonly string[])[] | undefined {
  if (text.length > MAX_CHARACTERS) return undefined
  const tokenizer = new Tokenizer(text)
  const commands = tokenizer.pipelines(undefined, 0).flat()
  const isSimple =
    tokenizer.isSimple &&
    commands.length <= MAX_COMMANDS &&
    commands.every(({ words, outputs }) => !NOT_SIMPLE.test(programIn(words)) && outputs.every(isPlainFile))
  return isSimple ? commands.flatMap(({ words }) => (words.length > 0 ? [words] : [])) : undefined
}

function isPlainFile(file: string): boolean {
  return PLAIN_FILE.test(file)
}

/** The word that names the program, behind `NAME=VALUE` and `exec`. */
function programIn(words: readonly string[]): string {
  return words.find((word) => !/^(?:\w+\+?=.*|exec|command|builtin)$/s.test(word)) ?? ''
}

/** What begins, separates or ends something, or a piece of a word. It matches at every place. */
const TOKEN =
  /[ \t\r]+|\n|&&|\|\||\|&|[<>]\(|<<<|<<-?[ \t]*(?:"[^\s"';|&<>()]{0,64}"|'[^\s"';|&<>()]{0,64}'|[^\s"';|&<>()]{0,64})|[<>][>&|]*|'[^']*'?|\\.?|\$\(|[^\s\\'"`$;&|<>(){#]+|./sy
/** The same within double quotes. */
const QUOTED = /\$\(|[^"\\`$]+|\\.?|./sy

type Closing = ')' | '`' | '}' | undefined

class Tokenizer {
  /** Nothing but words, output to files and separators was read so far. */
  isSimple = true
  readonly #text: string
  #at = 0
  /** Here documents that begin after this line. */
  #hereDocuments: { readonly delimiter: string; readonly into: string[] }[] = []

  constructor(text: string) {
    this.#text = text
  }

  /** Reads up to `closing`, or to the end. */
  pipelines(closing: Closing, depth: number): readonly ShellPipeline[] {
    const reading = new Reading()
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined || (character === closing && (closing !== '}' || !reading.isInWord))) {
        this.#at++
        reading.endPipeline()
        return reading.pipelines
      }
      this.#step(reading, depth)
    }
  }

  #step(reading: Reading, depth: number): void {
    const token = this.#take(TOKEN)
    const next = this.#text[this.#at] ?? ''
    switch (token) {
      case '\n':
        reading.endPipeline()
        this.#readHereDocuments()
        break
      case ';':
      case '&&':
        reading.endPipeline()
        break
      case '||':
      case '&':
      case ')':
        // A redirection such as `&>file`.
        if (token === '&' && next === '>') {
          reading.endWord()
          break
        }
        this.isSimple = false
        reading.endPipeline()
        break
      case '|':
      case '|&':
        this.isSimple = false
        reading.endCommand()
        break
      case '"':
        this.#doubleQuoted(reading, depth)
        break
      case '`':
        this.#inner(reading, { closing: '`', depth, isOutput: true })
        break
      case '$(':
      case '<(':
      case '>(':
        this.#inner(reading, { closing: ')', depth, isOutput: true })
        break
      case '(':
        // A word for what PowerShell calls with a group, such as `iex (irm …)`.
        this.#inner(reading, { closing: ')', depth, isOutput: !reading.isAtStart })
        break
      default:
        if (token === '{' && reading.isAtStart && /\s/.test(next)) {
          this.#inner(reading, { closing: '}', depth, isOutput: false })
        } else if (token === '#' && !reading.isInWord) {
          this.isSimple = false
          this.#at = this.#endOfLine()
        } else this.#piece(reading, token, next)
    }
  }

  #piece(reading: Reading, token: string, next: string): void {
    switch (token[0]) {
      case ' ':
      case '\t':
      case '\r':
        reading.endWord()
        break
      case '<':
      case '>':
        this.#redirection(reading, token, next)
        break
      case "'":
        if (token.length === 1 || !token.endsWith("'")) this.isSimple = false
        reading.add(token.slice(1).replace("'", ''))
        break
      case '\\':
        if (token.length === 1) this.isSimple = false
        if (token !== '\\\n') reading.add(token.slice(1))
        break
      case '$':
        // Before a quote it belongs to the quote.
        if (/["']/.test(next)) this.isSimple = false
        else reading.add(token)
        break
      default:
        reading.add(token)
    }
  }

  #doubleQuoted(reading: Reading, depth: number): void {
    reading.add('')
    for (;;) {
      const token = this.#take(QUOTED)
      if (token === '') this.isSimple = false
      if (token === '' || token === '"') return
      if (token === '$(') this.#inner(reading, { closing: ')', depth, isOutput: true })
      else if (token === '`') this.#inner(reading, { closing: '`', depth, isOutput: true })
      else if (token !== '\\\n') reading.add(/^\\["\\$`]$/.test(token) ? token.slice(1) : token)
    }
  }

  #inner(
    reading: Reading,
    init: { readonly closing: Closing; readonly depth: number; readonly isOutput: boolean },
  ): void {
    const { closing, depth, isOutput } = init
    this.isSimple = false
    if (isOutput) reading.add(OUTPUT)
    if (depth < MAX_DEPTH) reading.addInner(this.pipelines(closing, depth + 1))
  }

  #redirection(reading: Reading, token: string, next: string): void {
    reading.endWordBeforeRedirection()
    const isFile = token === '>' || token === '>>' || (token === '>&' && /\d/.test(next))
    if (!isFile) this.isSimple = false
    if (token === '<<<') return
    if (token.startsWith('<<')) {
      const delimiter = token.replace(/^<<-?[ \t]*/, '').replaceAll(/["']/g, '')
      if (delimiter !== '') this.#hereDocuments.push({ delimiter, into: reading.documents })
    } else reading.takeNextWordAs(token.includes('>') ? 'output' : 'input')
  }

  /** At the beginning of a line. */
  #readHereDocuments(): void {
    for (const { delimiter, into } of this.#hereDocuments) {
      const begin = this.#at
      let end = begin
      for (let line: string | undefined; line !== delimiter && this.#at < this.#text.length; ) {
        const endOfLine = this.#endOfLine()
        line = this.#text.slice(this.#at, endOfLine).trim()
        end = line === delimiter ? this.#at : endOfLine
        this.#at = endOfLine + 1
      }
      into.push(this.#text.slice(begin, end))
    }
    this.#hereDocuments = []
  }

  #endOfLine(): number {
    const end = this.#text.indexOf('\n', this.#at)
    return end === -1 ? this.#text.length : end
  }

  /** @returns an empty text at the end. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [token = ''] = pattern.exec(this.#text) ?? []
    this.#at += token.length
    return token
  }
}

/** The pipelines that were read so far, and the parts of the one that is being read. */
class Reading {
  readonly pipelines: ShellPipeline[] = []
  /** Of the command that is being read. They are read after it. */
  documents: string[] = []
  #pipeline: ShellCommand[] = []
  #words: string[] = []
  #inner: ShellPipeline[] = []
  #outputs: string[] = []
  #inputs: string[] = []
  #word: string | undefined
  /** The next word is the file of a redirection. */
  #redirected: 'input' | 'output' | undefined

  get isInWord(): boolean {
    return this.#word !== undefined
  }

  /** Of a command. */
  get isAtStart(): boolean {
    return this.#word === undefined && this.#words.length === 0 && this.#inner.length === 0
  }

  add(text: string): void {
    this.#word = (this.#word ?? '') + text
  }

  addInner(pipelines: readonly ShellPipeline[]): void {
    // Not all at once: there may be more than a call can take.
    for (const one of pipelines) this.#inner.push(one)
  }

  endWord(): void {
    if (this.#word === undefined) return
    if (this.#redirected === undefined) this.#words.push(this.#word)
    else if (this.#redirected === 'output') this.#outputs.push(this.#word)
    else this.#inputs.push(this.#word)
    this.#redirected = undefined
    this.#word = undefined
  }

  /** The number of a descriptor is a part of the redirection. */
  endWordBeforeRedirection(): void {
    if (this.#word !== undefined && /^\d+$/.test(this.#word)) this.#word = undefined
    this.endWord()
  }

  takeNextWordAs(redirected: 'input' | 'output'): void {
    this.#redirected = redirected
  }

  endCommand(): void {
    this.endWord()
    if (this.#redirected === 'output') this.#outputs.push('')
    this.#redirected = undefined
    const [words, inner, outputs, inputs] = [this.#words, this.#inner, this.#outputs, this.#inputs]
    if (words.length > 0 || inner.length > 0 || outputs.length > 0 || inputs.length > 0) {
      this.#pipeline.push({ words, inner, outputs, inputs, documents: this.documents })
    }
    this.documents = []
    this.#words = []
    this.#inner = []
    this.#outputs = []
    this.#inputs = []
  }

  endPipeline(): void {
    this.endCommand()
    if (this.#pipeline.length > 0) this.pipelines.push(this.#pipeline)
    this.#pipeline = []
  }
}
