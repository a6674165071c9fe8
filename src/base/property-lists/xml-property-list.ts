import { MAX_PROPERTY_LIST_DEPTH, MAX_PROPERTY_LIST_VALUES, type PropertyListValue } from './property-list-value.ts'

/** A tag, with its name, or a piece of text between tags; comments, declarations and white space pass unseen. */
const TOKEN =
  /<\?[^>]*\?>|<!--[\s\S]*?-->|<!DOCTYPE[^>[]*>|<(?<close>\/)?(?<name>[a-z]+)(?:\s[^<>]*?)?(?<empty>\/)?>|(?<text>[^<]+)/y

interface Token {
  readonly kind: 'open' | 'close' | 'empty' | 'text'
  /** Name of the tag, or the text. */
  readonly text: string
}

/**
 * Reads PropertyList-1.0.dtd. Entities of a document's own are not known.
 *
 * @returns undefined for text that is no such list, or not a whole one.
 */
export function parseXmlPropertyList(text: string): PropertyListValue | undefined {
  const tokens = tokensOf(text.replace(/^\ufeff/, ''))
  if (tokens === undefined) return undefined
  const reader = new XmlReader(tokens)
  if (!reader.takes('open', 'plist')) return undefined
  const value = reader.value(0)
  return value !== undefined && reader.takes('close', 'plist') && reader.isAtEnd ? value : undefined
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const groups = TOKEN.exec(text)?.groups
    if (groups === undefined) return undefined
    const { close, name, empty, text: between } = groups
    if (name !== undefined) tokens.push({ kind: close ? 'close' : empty ? 'empty' : 'open', text: name })
    else if (between !== undefined) tokens.push({ kind: 'text', text: between })
  }
  return tokens
}

class XmlReader {
  readonly #tokens: readonly Token[]
  #at = 0
  #left = MAX_PROPERTY_LIST_VALUES

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    this.#skipSpace()
    return this.#at === this.#tokens.length
  }

  takes(kind: Token['kind'], text: string): boolean {
    this.#skipSpace()
    const token = this.#tokens[this.#at]
    if (token?.kind !== kind || token.text !== text) return false
    this.#at++
    return true
  }

  value(depth: number): PropertyListValue | undefined {
    if (depth > MAX_PROPERTY_LIST_DEPTH || --this.#left < 0) return undefined
    this.#skipSpace()
    const token = this.#tokens[this.#at++]
    if (token?.kind === 'empty') return emptyValue(token.text)
    if (token?.kind !== 'open') return undefined
    if (token.text === 'array') return this.#array(depth)
    if (token.text === 'dict') return this.#dictionary(depth)
    const text = this.#textUntil(token.text)
    return text === undefined ? undefined : plainValue(token.text, text)
  }

  #array(depth: number): PropertyListValue | undefined {
    const values: PropertyListValue[] = []
    while (!this.takes('close', 'array')) {
      const value = this.value(depth + 1)
      if (value === undefined) return undefined
      values.push(value)
    }
    return values
  }

  #dictionary(depth: number): PropertyListValue | undefined {
    const members: [string, PropertyListValue][] = []
    while (!this.takes('close', 'dict')) {
      const name = this.takes('empty', 'key') ? '' : this.takes('open', 'key') ? this.#textUntil('key') : undefined
      const value = name === undefined ? undefined : this.value(depth + 1)
      if (name === undefined || value === undefined) return undefined
      members.push([name, value])
    }
    return Object.fromEntries(members)
  }

  /** Up to the tag that closes `name`. */
  #textUntil(name: string): string | undefined {
    let text = ''
    for (;;) {
      const token = this.#tokens[this.#at++]
      if (token?.kind === 'text') text += token.text
      else return token?.kind === 'close' && token.text === name ? decoded(text) : undefined
    }
  }

  #skipSpace(): void {
    for (;;) {
      const token = this.#tokens[this.#at]
      if (token?.kind !== 'text' || token.text.trim() !== '') return
      this.#at++
    }
  }
}

function emptyValue(name: string): PropertyListValue | undefined {
  switch (name) {
    case 'true':
      return true
    case 'false':
      return false
    case 'string':
      return ''
    case 'data':
      return new Uint8Array()
    case 'array':
      return []
    case 'dict':
      return {}
    default:
      return undefined
  }
}

function plainValue(name: string, text: string): PropertyListValue | undefined {
  switch (name) {
    case 'string':
      return text
    case 'integer':
      return /^\s*[+-]?(?:\d{1,20}|0x[0-9a-f]{1,16})\s*$/i.test(text) ? Number(text) : undefined
    case 'real':
      return /^\s*[+-]?\d{1,40}(?:\.\d{0,40})?(?:e[+-]?\d{1,3})?\s*$/i.test(text) ? Number(text) : undefined
    case 'date':
      return /^\s*\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\s*$/.test(text) ? dateOf(text.trim()) : undefined
    case 'data':
      return bytesOf(text.replace(/\s+/g, ''))
    case 'true':
    case 'false':
      return text.trim() === '' ? name === 'true' : undefined
    default:
      return undefined
  }
}

function dateOf(text: string): Date | undefined {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : date
}

function bytesOf(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** @returns undefined for an entity that XML does not define itself. */
function decoded(text: string): string | undefined {
  let isKnown = true
  const plain = text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{1,8}));|&/gi, (_, decimal, hexadecimal, name) => {
    const entity = name === undefined ? undefined : ENTITIES[String(name)]
    if (entity !== undefined) return entity
    const code = decimal === undefined ? Number.parseInt(String(hexadecimal), 16) : Number(decimal)
    if (Number.isInteger(code) && code > 0 && code <= 0x10_ffff) return String.fromCodePoint(code)
    isKnown = false
    return ''
  })
  return isKnown ? plain : undefined
}
