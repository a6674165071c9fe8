/**
 * The commands of a shell text and which of them are joined by pipes. It reads any text and never fails: what no shell
 * would accept is read as far as it goes. For questions where a missed command is worse than a doubtful one; what runs is
 * decided by `discovery/mcp/shell-text.ts`, which reads only what it understands.
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
}

export type ShellPipeline = readonly ShellCommand[]

/** Deeper groups and substitutions are read as plain words. */
const MAX_DEPTH = 32

/** @returns every pipeline, those with one command too. Takes time that grows with the length of `text`. */
export function shellPipelines(text: string): readonly ShellPipeline[] {
  return new Scanner(text).pipelines(undefined, 0)
}

type Closing = ')' | '`' | '}' | undefined

class Scanner {
  readonly #text: string
  #at = 0
  /** Delimiters of here documents that begin after this line. */
  #hereDocuments: string[] = []

  constructor(text: string) {
    this.#text = text
  }

  /** Reads up to `closing`, or to the end. */
  pipelines(closing: Closing, depth: number): readonly ShellPipeline[] {
    const building = new Building()
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined || (character === closing && (closing !== '}' || !building.isInWord))) {
        this.#at++
        building.endPipeline()
        return building.pipelines
      }
      this.#step(building, character, depth)
    }
  }

  #step(building: Building, character: string, depth: number): void {
    const next = this.#text[this.#at + 1]
    switch (character) {
      case ' ':
      case '\t':
      case '\r':
        building.endWord()
        break
      case '\n':
        building.endPipeline()
        this.#at = this.#afterHereDocuments(this.#at + 1)
        return
      case ';':
      case ')':
        building.endPipeline()
        break
      case '&':
        if (next === '>') building.endWord()
        else building.endPipeline()
        break
      case '|':
        if (next === '|') building.endPipeline()
        else building.endCommand()
        if (next === '|' || next === '&') this.#at++
        break
      case '#':
        if (building.isInWord) building.add(character)
        else this.#at = this.#endOfLine() - 1
        break
      case '\\':
        if (next !== '\n') building.add(next ?? '')
        this.#at++
        break
      case "'":
        this.#singleQuoted(building)
        return
      case '"':
        this.#doubleQuoted(building, depth)
        return
      case '<':
      case '>':
        this.#redirection(building, depth)
        return
      case '{':
        if (building.isAtStart && /\s/.test(next ?? '')) {
          this.#group(building, '}', depth)
          return
        }
        building.add(character)
        break
      case '(':
        this.#group(building, ')', depth)
        return
      case '`':
        this.#substitution(building, 1, '`', depth)
        return
      case '$':
        if (next === '(') {
          this.#substitution(building, 2, ')', depth)
          return
        }
        if (next !== "'") building.add(character)
        break
      default:
        building.add(character)
    }
    this.#at++
  }

  #singleQuoted(building: Building): void {
    const end = this.#text.indexOf("'", this.#at + 1)
    building.add(this.#text.slice(this.#at + 1, end === -1 ? undefined : end))
    this.#at = end === -1 ? this.#text.length : end + 1
  }

  #doubleQuoted(building: Building, depth: number): void {
    building.add('')
    this.#at++
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined) return
      if (character === '"') {
        this.#at++
        return
      }
      const next = this.#text[this.#at + 1]
      if (character === '$' && next === '(') this.#substitution(building, 2, ')', depth)
      else if (character === '`') this.#substitution(building, 1, '`', depth)
      else if (character === '\\') {
        building.add(next === '\n' ? '' : (next ?? ''))
        this.#at += 2
      } else {
        building.add(character)
        this.#at++
      }
    }
  }

  #substitution(building: Building, length: number, closing: Closing, depth: number): void {
    this.#at += length
    building.add(OUTPUT)
    if (depth < MAX_DEPTH) building.addInner(this.pipelines(closing, depth + 1))
  }

  #group(building: Building, closing: Closing, depth: number): void {
    this.#at++
    if (depth >= MAX_DEPTH) return
    // A word for what PowerShell calls with a group, such as `iex (irm …)`.
    if (!building.isAtStart) building.add(OUTPUT)
    building.addInner(this.pipelines(closing, depth + 1))
  }

  #redirection(building: Building, depth: number): void {
    const [direction, next, third] = this.#text.slice(this.#at, this.#at + 3)
    if (next === '(') {
      this.#substitution(building, 2, ')', depth)
      return
    }
    building.endWordBeforeRedirection()
    if (direction === '<' && next === '<' && third === '<') {
      this.#at += 3
      return
    }
    if (direction === '<' && next === '<') {
      this.#hereDocument()
      return
    }
    this.#at++
    while (/[>&|]/.test(this.#text[this.#at] ?? '')) this.#at++
    building.takeNextWordAs(direction === '>' ? 'output' : 'input')
  }

  #hereDocument(): void {
    const begin = /<<-?[ \t]*(["']?)([^\s"';|&<>()]{0,64})\1/y
    begin.lastIndex = this.#at
    const [whole = '<<', , delimiter = ''] = begin.exec(this.#text) ?? []
    this.#at += whole.length
    if (delimiter !== '') this.#hereDocuments.push(delimiter)
  }

  /** @param at the beginning of a line. @returns where the next command begins. */
  #afterHereDocuments(at: number): number {
    const { length } = this.#text
    let begin = at
    for (const delimiter of this.#hereDocuments) {
      for (let line: string | undefined; line !== delimiter && begin < length; ) {
        const found = this.#text.indexOf('\n', begin)
        const end = found === -1 ? length : found
        line = this.#text.slice(begin, end).trim()
        begin = end + 1
      }
    }
    this.#hereDocuments = []
    return begin
  }

  #endOfLine(): number {
    const end = this.#text.indexOf('\n', this.#at)
    return end === -1 ? this.#text.length : end
  }
}

/** The pipelines that were read so far, and the parts of the one that is being read. */
class Building {
  readonly pipelines: ShellPipeline[] = []
  #pipeline: ShellCommand[] = []
  #words: string[] = []
  #inner: ShellPipeline[] = []
  #outputs: string[] = []
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
    this.#inner.push(...pipelines)
  }

  endWord(): void {
    if (this.#word === undefined) return
    if (this.#redirected === undefined) this.#words.push(this.#word)
    else if (this.#redirected === 'output') this.#outputs.push(this.#word)
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
    this.#redirected = undefined
    if (this.#words.length > 0 || this.#inner.length > 0) {
      this.#pipeline.push({ words: this.#words, inner: this.#inner, outputs: this.#outputs })
    }
    this.#words = []
    this.#inner = []
    this.#outputs = []
  }

  endPipeline(): void {
    this.endCommand()
    if (this.#pipeline.length > 0) this.pipelines.push(this.#pipeline)
    this.#pipeline = []
  }
}
