import { SuretyError } from '../../base/errors.ts'

/** One element of a document; text between elements is not kept. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
}

const MAX_DEPTH = 64
const MAX_ELEMENTS = 100_000
const MAX_ATTRIBUTES = 64
/** Controls but for blanks and ends of lines, and what is no character. */
const FORBIDDEN = /[^\P{Cc}\t\n\r\u0080-\u009f]|[\ufffe\uffff]/u
const SPACE = /[ \t\r\n]*/y
const NAME = /[A-Za-z_][A-Za-z0-9_.:-]{0,255}/y
const DECLARATION = /<\?xml[ \t\r\n]([^<>?]*)\?>/y
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/**
 * Reads a document as programs write their settings: elements and attributes in UTF-8. There is no document type and no
 * entity but the five that XML itself has, so nothing is included and nothing grows. General parsers of XML bring both.
 *
 * @returns the outermost element.
 * @throws `INPUT_MALFORMED`, `INPUT_TOO_DEEP`, `INPUT_TOO_LARGE`; the message never quotes the document.
 */
export function parseXml(text: string): XmlElement {
  return new XmlReader(text).read()
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[]
}

class XmlReader {
  readonly #text: string
  #at = 0
  #elementCount = 0
  readonly #open: OpenElement[] = []

  constructor(text: string) {
    this.#text = text
  }

  read(): XmlElement {
    if (FORBIDDEN.test(this.#text)) throw malformed('a character that no document may have')
    const declared = this.#take(DECLARATION)
    if (declared !== undefined && /encoding/.test(declared) && !/encoding[ \t]*=[ \t]*["']utf-8["']/i.test(declared)) {
      throw malformed('another encoding than UTF-8')
    }
    this.#skip()
    const root = this.#element()
    this.#skip()
    if (this.#at !== this.#text.length) throw malformed('something behind the document')
    return root
  }

  /** The element at hand with all that is in it, without recursion. */
  #element(): XmlElement {
    const root = this.#startTag()
    while (this.#open.length > 0) {
      const next = this.#text.indexOf('<', this.#at)
      if (next === -1) throw malformed('an element that never ends')
      this.#at = next
      if (this.#text.startsWith('</', next)) this.#endTag()
      else if (!this.#skipMarkup()) this.#open.at(-1)?.children.push(this.#startTag())
    }
    return root
  }

  #startTag(): OpenElement {
    if (this.#text[this.#at] !== '<') throw malformed('no element')
    this.#at++
    const name = this.#expect(NAME)
    if (++this.#elementCount > MAX_ELEMENTS)
      throw new SuretyError('INPUT_TOO_LARGE', `more than ${MAX_ELEMENTS} elements`)
    const element: OpenElement = { name, attributes: this.#attributes(), children: [] }
    if (this.#text.startsWith('/>', this.#at)) this.#at += 2
    else {
      this.#expectText('>')
      if (this.#open.push(element) > MAX_DEPTH)
        throw new SuretyError('INPUT_TOO_DEEP', `nested deeper than ${MAX_DEPTH}`)
    }
    return element
  }

  #endTag(): void {
    this.#at += 2
    if (this.#expect(NAME) !== this.#open.pop()?.name) throw malformed('an end that does not fit')
    this.#take(SPACE)
    this.#expectText('>')
  }

  #attributes(): ReadonlyMap<string, string> {
    const attributes = new Map<string, string>()
    for (;;) {
      const space = this.#take(SPACE) ?? ''
      const name = this.#take(NAME)
      if (name === undefined) return attributes
      if (space === '' || attributes.has(name) || attributes.size === MAX_ATTRIBUTES) throw malformed('an attribute')
      this.#take(SPACE)
      this.#expectText('=')
      this.#take(SPACE)
      attributes.set(name, this.#quoted())
    }
  }

  #quoted(): string {
    const quote = this.#text[this.#at]
    if (quote !== '"' && quote !== "'") throw malformed('a value without quotes')
    const end = this.#text.indexOf(quote, this.#at + 1)
    if (end === -1) throw malformed('a value that never ends')
    const value = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    if (value.includes('<')) throw malformed('a value with a tag in it')
    return value.includes('&') ? withCharacters(value) : value
  }

  /** Space and comments between the declaration, the outermost element and the end. */
  #skip(): void {
    do this.#take(SPACE)
    while (this.#text.startsWith('<!--', this.#at) && this.#skipMarkup())
  }

  /** A comment, or text that is marked as such; false where an element begins. */
  #skipMarkup(): boolean {
    for (const [start, end] of [
      ['<!--', '-->'],
      ['<![CDATA[', ']]>'],
    ] as const) {
      if (!this.#text.startsWith(start, this.#at)) continue
      const close = this.#text.indexOf(end, this.#at + start.length)
      if (close === -1) throw malformed('a comment that never ends')
      this.#at = close + end.length
      return true
    }
    return false
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  #expect(pattern: RegExp): string {
    const found = this.#take(pattern)
    if (found === undefined) throw malformed('no name')
    return found
  }

  #expectText(text: string): void {
    if (!this.#text.startsWith(text, this.#at)) throw malformed('a tag')
    this.#at += text.length
  }
}

function withCharacters(value: string): string {
  return value.replace(/&([^;&]{0,16})(;?)/g, (_, name: string, end: string) => {
    const found = end === '' ? undefined : (ENTITIES.get(name) ?? characterOf(name))
    if (found === undefined) throw malformed('an entity')
    return found
  })
}

function characterOf(name: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name) ?? []
  const point = hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal)
  const isCharacter = point > 0 && point <= 0x10_ff_ff && !(point >= 0xd8_00 && point <= 0xdf_ff)
  return isCharacter ? String.fromCodePoint(point) : undefined
}

function malformed(what: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `not XML: ${what}`)
}
