import { printable } from '../base/text/printable.ts'

/** A terminal that shows lines for a person. Colour only repeats what the words say. */
export interface Terminal {
  /** Columns. Undefined for a pipe or file, where nothing is wrapped. */
  readonly columns: number | undefined
  /** Rows, for redrawing in place. */
  readonly rows?: number | undefined
  readonly colour: boolean
}

export type Tone = 'good' | 'bad' | 'warning' | 'faint' | 'strong'

const SGR: Readonly<Record<Tone, number>> = { good: 32, bad: 31, warning: 33, faint: 2, strong: 1 }
const MIN_ROOM = 24

export function toned(terminal: Terminal, tone: Tone, text: string): string {
  return terminal.colour ? `\u001b[${SGR[tone]}m${text}\u001b[0m` : text
}

/**
 * `head` padded to `width`, then `text` wrapped beside it, or below it if there is too little room. `text` may be foreign: it is
 * made printable.
 */
export function hanging(terminal: Terminal, head: string, width: number, text: string, tone?: Tone): string[] {
  const start = Math.max(width, widthOf(head))
  const room = roomOf(terminal) - start
  const coloured = (words: string) => (tone === undefined ? words : toned(terminal, tone, words))
  if (room < MIN_ROOM) {
    const heads = wrap(head.trim(), roomOf(terminal) - HEAD_MARGIN.length)
    return [
      ...heads.map((line) => `${HEAD_MARGIN}${coloured(line)}`),
      ...wrap(printable(text), roomOf(terminal) - TEXT_MARGIN.length).map((line) => `${TEXT_MARGIN}${line}`.trimEnd()),
    ]
  }
  const first = coloured(head) + ' '.repeat(start - widthOf(head))
  return wrap(printable(text), room).map((line, index) => `${index === 0 ? first : ' '.repeat(start)}${line}`.trimEnd())
}

/** Wraps our own words. */
export function wrapped(terminal: Terminal, text: string): string[] {
  return wrap(text, roomOf(terminal))
}

const HEAD_MARGIN = '  '
const TEXT_MARGIN = '    '
/** In a narrower terminal the lines are cut. */
const MIN_COLUMNS = 20

function roomOf({ columns }: Terminal): number {
  return columns === undefined ? Number.POSITIVE_INFINITY : Math.max(MIN_COLUMNS, columns)
}

/** Breaks words that are longer than a line, so that nothing is lost. */
function wrap(text: string, room: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((each) => pieces(each, room))) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** A row of a table. `tone` colours the whole row. */
export interface TableRow {
  readonly cells: readonly string[]
  readonly tone?: Tone | undefined
}

export interface TableInit {
  readonly heading?: readonly string[]
  /** The maximum width of every column but the last. */
  readonly maxCell?: number
  /** Minimum widths, such as those of an earlier table from `columnWidths`. */
  readonly minWidths?: readonly number[]
}

const MAX_CELL = 48

/**
 * Rows of cells with a margin of two spaces. If the columns do not fit on one line, heading and rows are folded after the same
 * columns, so that the position of a cell identifies it. The last column wraps, on a line of its own if words would break.
 */
export function table(rows: readonly TableRow[], terminal: Terminal, init: TableInit = {}): string[] {
  const { heading } = init
  const all: readonly TableRow[] = heading === undefined ? rows : [{ cells: heading, tone: 'faint' }, ...rows]
  const shown = shownCells(all, init)
  const room = roomOf(terminal)
  const layout = foldedColumns(shown, widthsOf(shown, init.minWidths), room)
  return shown.flatMap((cells, index) => {
    const coloured = colouring(terminal, all[index]?.tone)
    return layout.flatMap((line) => linesOfRow(cells, line, room)).map((line) => coloured(line.trimEnd()))
  })
}

/** The width that `table` gives each column but the last. */
export function columnWidths(rows: readonly TableRow[], init: TableInit = {}): readonly number[] {
  const all = init.heading === undefined ? rows : [{ cells: init.heading }, ...rows]
  return widthsOf(shownCells(all, init), init.minWidths)
}

function shownCells(all: readonly TableRow[], { maxCell = MAX_CELL }: TableInit): string[][] {
  const last = Math.max(1, ...all.map(({ cells }) => cells.length)) - 1
  return all.map(({ cells }) =>
    cells.map((cell, column) => (column === last ? printable(cell) : clipped(printable(cell), maxCell))),
  )
}

function widthsOf(shown: readonly (readonly string[])[], minWidths: readonly number[] = []): number[] {
  const columns = Math.max(1, ...shown.map(({ length }) => length))
  return Array.from({ length: columns }, (_, column) =>
    Math.max(
      column < columns - 1 ? (minWidths[column] ?? 0) : 0,
      ...shown.map((cells) => widthOf(cells[column] ?? '')),
    ),
  )
}

/** The columns on one line of a folded row, each with its start and width. */
type FoldedLine = readonly { readonly column: number; readonly start: number; readonly width: number }[]

function foldedColumns(
  shown: readonly (readonly string[])[],
  widths: readonly number[],
  room: number,
): readonly FoldedLine[] {
  const lines: { column: number; start: number; width: number }[][] = [[]]
  const last = widths.length - 1
  let start = HEAD_MARGIN.length
  for (const [column, width] of widths.entries()) {
    const wanted = column < last ? width : Math.min(width, Math.max(MIN_ROOM, longestWord(shown, last)))
    if (start + wanted > room && lines.at(-1)?.length !== 0) {
      lines.push([])
      start = TEXT_MARGIN.length
    }
    const given = Math.max(1, Math.min(column < last ? width : room, room - start))
    lines.at(-1)?.push({ column, start, width: given })
    start += given + GAP
  }
  return lines
}

const GAP = 2

function linesOfRow(cells: readonly string[], line: FoldedLine, room: number): string[] {
  const wrapped = line.map(({ column, width }) => wrap(cells[column] ?? '', Math.min(width, room)))
  const height = Math.max(...wrapped.map(({ length }) => length))
  const all = Array.from({ length: height }, (_, at) =>
    line.reduce((text, { start }, index) => padded(text, start) + (wrapped[index]?.[at] ?? ''), ''),
  )
  // An empty last column needs no line of its own.
  return line.length === 1 ? all.filter((text) => text.trim() !== '') : all
}

function longestWord(shown: readonly (readonly string[])[], last: number): number {
  return Math.max(0, ...shown.flatMap((cells) => (cells[last] ?? '').split(' ').map(widthOf)))
}

function colouring(terminal: Terminal, tone: Tone | undefined): (line: string) => string {
  return (line) => (tone === undefined ? line : toned(terminal, tone, line))
}

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
