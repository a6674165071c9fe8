/** How many columns of a terminal text takes, of which nothing moves the cursor: see `printable`. */

/** What stands on the character before it, and vowels and finals of Hangul syllables that are spelt out. */
const NO_WIDTH = String.raw`[\p{Mn}\p{Me}\u{1160}-\u{11ff}\u{d7b0}-\u{d7ff}]`

/** Wide and fullwidth, by block: UAX #11, EastAsianWidth.txt of Unicode 17; and what is drawn as a picture by itself. */
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

/** Filled up with spaces to `width` columns. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** As much of the beginning as fits into `width` columns, with a sign that there is more. */
export function clipped(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  return `${pieces(text, Math.max(1, width - 1))[0] ?? ''}…`
}

/** Cut where a column is full; a mark stays with what it stands on. */
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
