/** Controls, formats (what turns the direction of writing, what has no width), line separators, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Most text is; it is told apart for a tenth of what looking for the others costs. */
const PLAIN = /^[ -~]*$/
const PLAIN_LINES = /^[ -~\n]*$/

/** Foreign text for a terminal or a line of a log: what could move the cursor or forge a line is shown as an escape. */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(UNPRINTABLE, (character) => {
    if (character === '\n') return '\\n'
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
  })
}

/** JSON for a terminal or a pipe: the same value, what `printable` would show as an escape escaped as JSON escapes it. */
export function printableJson(value: object, indent?: number): string {
  const text = JSON.stringify(value, null, indent)
  return PLAIN_LINES.test(text) ? text : text.replace(UNPRINTABLE, inJson)
}

/** Only the line feeds between its members are outside strings, where all others stand escaped. */
function inJson(character: string): string {
  if (character === '\n') return character
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('')
}
