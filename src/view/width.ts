/** The width of printable text (see `printable`) in columns of a terminal. */

/** Combining marks, and vowels and finals of decomposed Hangul syllables. */
const NO_WIDTH = String.raw`[\p{Mn}\p{Me}\u{1160}-\u{11ff}\u{d7b0}-\u{d7ff}]`

/** Wide and fullwidth characters, by block (UAX #11, EastAsianWidth.txt of Unicode 17), and emoji. */
const TWO_COLUMNS = String.raw`[\u{1100}-\u{115f}\u{2329}\u{232a}\u{2630}-\u{2637}\u{268a}-\u{268f}\u{2e80}-\u{303e}\u{3041}-\u{3247}\u{3250}-\u{a4cf}\u{a960}-\u{a97f}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe10}-\u{fe19}\u{fe30}-\u{fe6f}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]`

const ASCII = /^[ -~]*$/
const MARK = new RegExp(`^${NO_WIDTH}$`, 'u')
const WIDE = new RegExp(`^${TWO_COLUMNS}$`, 'u')

export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length
  let width = 0
  for (const character of text) width += widthOfCharacter(character)
  return width
}

function widthOfCharacter(character: string): number {
  if (MARK.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** Adds spaces up to `width` columns. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** Cuts text to `width` columns and marks the cut with an ellipsis. */
export function clipped(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  return `${pieces(text, Math.max(1, width - 1))[0] ?? ''}…`
}

/** Splits text into pieces of at most `width` columns. A combining mark stays with its character. */
export function pieces(text: string, width: number): string[] {
  const all: string[] = []
  let [piece, taken] = ['', 0]
  for (const character of text) {
    const more = widthOfCharacter(character)
    if (piece !== '' && taken + more > width) {
      all.push(piece)
      ;[piece, taken] = ['', 0]
    }
    piece += character
    taken += more
  }
  return [...all, piece]
}
