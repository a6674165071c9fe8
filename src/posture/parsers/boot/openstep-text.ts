/** A value of the old property lists that programs of macOS print: texts, lists and dictionaries. Numbers are texts. */
export type OpenStepValue = string | readonly OpenStepValue[] | OpenStepDictionary
export interface OpenStepDictionary {
  readonly [name: string]: OpenStepValue
}

const TOKEN = /\s+|(?<mark>[{}()=;,])|"(?<quoted>(?:[^"\\]|\\[\s\S])*)"|(?<word>[^\s{}()=;,"]+)/y
const DEEPEST = 32

/** @returns undefined for text that is no such value from its first to its last character. */
export function parseOpenStep(text: string): OpenStepValue | undefined {
  const tokens = tokensOf(text)
  if (tokens === undefined) return undefined
  const reader = new Reader(tokens)
  const value = reader.value(0)
  return reader.isAtEnd ? value : undefined
}

interface Token {
  readonly mark: string | undefined
  readonly text: string
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const groups = TOKEN.exec(text)?.groups
    if (groups === undefined) return undefined
    const { mark, quoted, word } = groups
    if (mark !== undefined) tokens.push({ mark, text: '' })
    else if (quoted !== undefined) tokens.push({ mark: undefined, text: quoted.replace(/\\([\s\S])/g, '$1') })
    else if (word !== undefined) tokens.push({ mark: undefined, text: word })
  }
  return tokens
}

class Reader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length
  }

  value(depth: number): OpenStepValue | undefined {
    const token = this.#tokens[this.#at++]
    if (token === undefined || depth > DEEPEST) return undefined
    if (token.mark === undefined) return token.text
    if (token.mark === '{') return this.#dictionary(depth)
    return token.mark === '(' ? this.#list(depth) : undefined
  }

  #dictionary(depth: number): OpenStepValue | undefined {
    const members: [string, OpenStepValue][] = []
    while (!this.#takes('}')) {
      const name = this.#tokens[this.#at++]
      if (name === undefined || name.mark !== undefined || !this.#takes('=')) return undefined
      const value = this.value(depth + 1)
      if (value === undefined || !this.#takes(';')) return undefined
      members.push([name.text, value])
    }
    return Object.fromEntries(members)
  }

  #list(depth: number): OpenStepValue | undefined {
    const values: OpenStepValue[] = []
    while (!this.#takes(')')) {
      if (values.length > 0 && !this.#takes(',')) return undefined
      const value = this.value(depth + 1)
      if (value === undefined) return undefined
      values.push(value)
    }
    return values
  }

  #takes(mark: string): boolean {
    if (this.#tokens[this.#at]?.mark !== mark) return false
    this.#at++
    return true
  }
}
