/** Whose grammar: that of sh and its like, of cmd.exe or of PowerShell; `client`: an agent that takes a line apart by itself. */
export type Dialect = 'posix' | 'cmd' | 'powershell' | 'client'

/** The commands of a line, each as its words without quotes. */
export interface ShellLine {
  /** In the order of the text, and what is run within another before that. */
  readonly commands: readonly (readonly string[])[]
  /** Was all of it understood? Of a longer line, or one without an end, there may be more. */
  readonly whole: boolean
}

/** More of one line is not looked at. */
const MAX_CHARACTERS = 65_536
const MAX_COMMANDS = 64
const MAX_WORDS = 256
const MAX_NESTED = 8

/**
 * Takes a line apart at `&&`, `||`, `;`, `|`, `&` and newlines outside of quotes, and at what runs within it: `$(...)`, backticks,
 * brackets. Where a redirection leads, remarks and here-documents are left out. Reads each character once.
 */
export function readShellLine(text: string, dialect: Dialect): ShellLine {
  const line = new LineReader(text.slice(0, MAX_CHARACTERS), dialect)
  line.read()
  return { commands: line.commands, whole: line.whole && text.length <= MAX_CHARACTERS }
}

const ESCAPES: Readonly<Record<Dialect, string>> = { posix: '\\', cmd: '^', powershell: '`', client: '\\' }
/** What a backslash may stand before where it may also be part of a path of Windows. */
const ESCAPED_BY_CLIENT = /[\s"'\\$`;&|()<>]/
const HAS_REMARKS: ReadonlySet<Dialect> = new Set(['posix', 'powershell'])

class LineReader {
  readonly commands: string[][] = []
  whole = true
  readonly #text: string
  readonly #dialect: Dialect
  #at = 0
  #words: string[] = []
  #word: string | undefined
  /** Of the word: to ask all of it each time would read it anew. */
  #lastCharacter = ''
  #isOneCharacter = false
  /** Does the next word say where something is read from or written to? `document`: where one that stands below ends. */
  #leads: 'file' | 'document' | undefined
  #ends: string[] = []
  #depth = 0
  /** Of a list its own words are no command. */
  #inList = false

  constructor(text: string, dialect: Dialect) {
    this.#text = text
    this.#dialect = dialect
  }

  /** @param closer ends what is run within another. */
  read(closer?: string): void {
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] ?? ''
      if (character === closer) {
        this.#at++
        break
      }
      this.#take(character)
    }
    this.#endCommand()
  }

  #take(character: string): void {
    this.#at++
    const next = this.#text[this.#at] ?? ''
    const isPosix = this.#dialect === 'posix'
    if (character === '\n') this.#endLine()
    else if (/\s/.test(character)) this.#endWord()
    else if (character === ESCAPES[this.#dialect] && this.#escapes(next)) this.#escape(next)
    else if (character === '"') this.#quoted()
    else if (character === "'" && this.#dialect !== 'cmd') this.#literal(false)
    else if (character === '$' && isPosix && next === "'") {
      this.#at++
      this.#literal(true)
    } else if (character === '$' && this.#dialect !== 'cmd') this.#expansion(next)
    else if (character === '`' && isPosix) this.#within('`')
    else if (character === '#' && this.#word === undefined && HAS_REMARKS.has(this.#dialect)) this.#skipTo('\n')
    else this.#operator(character, next)
  }

  #operator(character: string, next: string): void {
    if (!/[<>&|;()]/.test(character)) this.#add(character)
    else if (this.#dialect === 'client' && !this.#standsAlone(character, next)) this.#add(character)
    else if (character === '<' || character === '>') this.#redirect(character)
    else if (character === '&' && next === '>') this.#add('')
    else if (character === '(' || character === ')') this.#bracket(character)
    else this.#endCommand()
  }

  /** Most clients take what a shell would act on for a part of an argument, and that stays where it is. */
  #standsAlone(character: string, next: string): boolean {
    if (/[()]/.test(character)) return false
    const begins = this.#word === undefined || (this.#isOneCharacter && /\d/.test(this.#lastCharacter))
    return character === ';' ? /^\s?$/.test(next) : begins && /^[\s&|>\d]?$/.test(next)
  }

  #escapes(next: string): boolean {
    return this.#dialect !== 'client' || ESCAPED_BY_CLIENT.test(next)
  }

  #escape(next: string): void {
    this.#at++
    if (next !== '\n') this.#add(next)
  }

  #add(text: string): void {
    this.#isOneCharacter = text.length === 1 && (this.#word === undefined || this.#word.length === 0)
    this.#word = (this.#word ?? '') + text
    this.#lastCharacter = text.at(-1) ?? this.#lastCharacter
  }

  /** @param escaped as in `$'...'`, whose other spellings of letters are not read: nobody can tell such a word. */
  #literal(escaped: boolean): void {
    this.#add('')
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at++] ?? ''
      if (character === "'") return
      if (escaped && character === '\\') {
        this.#add(`$${this.#text[this.#at++] ?? ''}`)
      } else this.#add(character)
    }
    this.#unended()
  }

  #quoted(): void {
    this.#add('')
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at++] ?? ''
      const next = this.#text[this.#at] ?? ''
      if (character === '"') return
      if (this.#dialect === 'cmd') this.#add(character)
      else if (character === ESCAPES[this.#dialect] && (this.#dialect === 'powershell' || /["$`\\\n]/.test(next))) {
        this.#escape(next)
      } else if (character === '$') this.#expansion(next)
      else if (character === '`' && this.#dialect === 'posix') this.#within('`')
      else this.#add(character)
    }
    if (this.#dialect !== 'cmd') this.#unended()
  }

  /** What stands before it runs nevertheless. */
  #unended(): void {
    this.#words = []
    this.#word = undefined
    this.whole = false
  }

  #expansion(next: string): void {
    this.#add('$')
    if (next === '(' && this.#dialect !== 'client') {
      this.#at++
      this.#within(')')
    } else if (next === '{') {
      const end = this.#text.indexOf('}', this.#at)
      const to = end === -1 ? this.#text.length : end + 1
      this.#add(this.#text.slice(this.#at, to))
      this.#at = to
    }
  }

  /** Its commands come first: they run first, and what is around them is called by another name. */
  #within(closer: string, inList = false): void {
    const [words, word, leads, wasInList] = [this.#words, this.#word, this.#leads, this.#inList]
    const lastCharacter = this.#lastCharacter
    if (this.#depth === MAX_NESTED) {
      this.whole = false
      this.#add('$')
      return
    }
    this.#depth++
    ;[this.#words, this.#word, this.#leads, this.#inList] = [[], undefined, undefined, inList]
    this.read(closer)
    this.#depth--
    ;[this.#words, this.#word, this.#leads, this.#inList] = [words, word ?? '', leads, wasInList]
    this.#lastCharacter = lastCharacter
    if (word === undefined || this.#lastCharacter !== '$') this.#add('$')
  }

  #redirect(character: string): void {
    // Which of the streams.
    if (/^\d+$/.test(this.#word ?? '') || this.#word === '') this.#word = undefined
    this.#endWord()
    if (this.#text[this.#at] === '(' && this.#dialect === 'posix') {
      this.#at++
      this.#within(')')
      return
    }
    const from = this.#at
    while (/[<>&|-]/.test(this.#text[this.#at] ?? '') && this.#at < from + 2) this.#at++
    const operator = character + this.#text.slice(from, this.#at)
    // `2>&-` closes one.
    if (operator.endsWith('&-')) return
    this.#leads = /^<<-?$/.test(operator) && this.#dialect === 'posix' ? 'document' : 'file'
  }

  #bracket(character: string): void {
    if (character === '(' && this.#dialect === 'posix' && this.#word !== undefined && this.#lastCharacter === '=') {
      this.#within(')', true)
      return
    }
    // A function is no command yet.
    if (character === '(' && /^\s*\)/.test(this.#text.slice(this.#at, this.#at + 8))) {
      this.#words = []
      this.#word = undefined
    }
    this.#endCommand()
  }

  #skipTo(end: string): void {
    const at = this.#text.indexOf(end, this.#at)
    this.#at = at === -1 ? this.#text.length : at
  }

  #endLine(): void {
    this.#endCommand()
    for (const end of this.#ends.splice(0)) {
      while (this.#at < this.#text.length) {
        const from = this.#at
        this.#skipTo('\n')
        const line = this.#text.slice(from, this.#at++)
        if (line.replace(/^\t+/, '') === end) break
      }
    }
  }

  #endWord(): void {
    const word = this.#word
    if (word === undefined) return
    this.#word = undefined
    if (this.#leads === 'document') this.#ends.push(word)
    if (this.#leads === undefined && this.#words.length < MAX_WORDS) this.#words.push(word)
    this.#leads = undefined
  }

  #endCommand(): void {
    this.#endWord()
    this.#leads = undefined
    if (this.#words.length > 0 && !this.#inList) {
      if (this.commands.length < MAX_COMMANDS) this.commands.push(this.#words)
      else this.whole = false
    }
    this.#words = []
  }
}
