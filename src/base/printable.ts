/** Controls, formats (what turns the direction of writing, what has no width), line separators, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Most text is; it is told apart for a tenth of what looking for the others costs. */
const PLAIN = /^[ -~]*$/

/** Foreign text for a terminal or a line of a log: what could move the cursor or forge a line is shown as an escape. */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(UNPRINTABLE, (character) => {
    if (character === '\n') return '\\n'
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
  })
}
