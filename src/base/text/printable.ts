/** Control characters, format characters (direction marks, zero width), line separators, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Most text is ASCII. Testing that takes a tenth of the time of the search. */
const PLAIN = /^[ -~]*$/
const PLAIN_LINES = /^[ -~\n]*$/

/** Foreign text for a terminal or log line. Characters that could move the cursor or forge a line become escapes. */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(UNPRINTABLE, (character) => {
    if (character === '\n') return '\\n'
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
  })
}

/** JSON for a terminal or a pipe. Characters that `printable` would escape become JSON escapes, so the value is the same. */
export function printableJson(value: object, indent?: number): string {
  const text = JSON.stringify(value, null, indent)
  return PLAIN_LINES.test(text) ? text : text.replace(UNPRINTABLE, inJson)
}

/** Line feeds stay: outside strings they only separate members, and inside strings JSON has escaped them. */
function inJson(character: string): string {
  if (character === '\n') return character
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('')
}
