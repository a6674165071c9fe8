/** Nobody reads more of them. */
const MAX_ARGUMENTS = 4_096

/**
 * A command line of Windows as the program sees it: the rules of the C library and of CommandLineToArgvW. Windows gives a
 * program one text; what its arguments are is for the program to say, and nearly all say it so.
 */
export function splitCommandLine(line: string): string[] {
  if (line === '') return []
  const program = programOf(line)
  const splitter = new Splitter(line, program.end)
  const parts = [program.text]
  for (let next = splitter.next(); next !== undefined && parts.length < MAX_ARGUMENTS; next = splitter.next()) {
    parts.push(next)
  }
  return parts
}

/** Of the program a backslash is a backslash, and a quote only says where it ends. */
function programOf(line: string): { readonly text: string; readonly end: number } {
  if (line.startsWith('"')) {
    const end = line.indexOf('"', 1)
    return end === -1 ? { text: line.slice(1), end: line.length } : { text: line.slice(1, end), end: end + 1 }
  }
  const end = line.search(/[ \t]/)
  return end === -1 ? { text: line, end: line.length } : { text: line.slice(0, end), end }
}

class Splitter {
  readonly #line: string
  #at: number

  constructor(line: string, at: number) {
    this.#line = line
    this.#at = at
  }

  next(): string | undefined {
    while (this.#isSpace()) this.#at++
    if (this.#at >= this.#line.length) return undefined
    let text = ''
    let quoted = false
    while (this.#at < this.#line.length && (quoted || !this.#isSpace())) {
      const backslashes = this.#skip('\\')
      if (this.#line[this.#at] !== '"') {
        text += '\\'.repeat(backslashes)
        if (this.#at < this.#line.length && (quoted || !this.#isSpace())) text += backslashes > 0 ? '' : this.#take()
        continue
      }
      // Before a quote two backslashes are one, and an odd one makes the quote a letter.
      text += '\\'.repeat(backslashes >> 1)
      if (backslashes % 2 === 1) text += this.#take()
      else if (quoted && this.#line[this.#at + 1] === '"') {
        text += '"'
        this.#at += 2
      } else {
        quoted = !quoted
        this.#at++
      }
    }
    return text
  }

  #take(): string {
    return this.#line[this.#at++] ?? ''
  }

  #skip(letter: string): number {
    const from = this.#at
    while (this.#line[this.#at] === letter) this.#at++
    return this.#at - from
  }

  #isSpace(): boolean {
    const letter = this.#line[this.#at]
    return letter === ' ' || letter === '\t'
  }
}
