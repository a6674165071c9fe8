import { stripVTControlCharacters } from 'node:util'
import { widthOf } from '../view/width.ts'

/** Where the live summary is drawn. */
export interface Screen {
  write(text: string): unknown
  readonly columns?: number
  readonly rows?: number
}

const up = (rows: number) => `\u001b[${rows}A`
const EMPTY_ROW = '\u001b[2K\n'
const [DEFAULT_COLUMNS, DEFAULT_ROWS] = [80, 24]

/**
 * Draws lines below what the terminal shows, and draws them anew over themselves. What was there before stays, and so does
 * what has scrolled away: of lines that do not fit only the last ones are drawn anew.
 */
export function liveView(screen: Screen): (lines: readonly string[]) => void {
  let drawn: readonly string[] = []
  return (lines) => {
    // A terminal that was given no size says 0.
    const [columns, rows] = [screen.columns || DEFAULT_COLUMNS, screen.rows || DEFAULT_ROWS]
    // The cursor stands on a line of its own below them.
    const room = Math.max(1, rows - 1)
    const height = heightOf(drawn, columns)
    const shown = height > room ? lastThatFit(lines, { columns, room }) : lines
    screen.write(`${emptied(Math.min(height, room))}${shown.join('\n')}\n`)
    drawn = lines
  }
}

/** Row by row: some terminals keep what is cleared with a whole screen among what has scrolled away. */
function emptied(rows: number): string {
  return rows === 0 ? '' : `\r${up(rows)}${EMPTY_ROW.repeat(rows)}${up(rows)}`
}

/** Rows that the terminal needs for them: it folds what is longer than a row. */
function heightOf(lines: readonly string[], columns: number): number {
  return lines.reduce((rows, line) => rows + rowsOf(line, columns), 0)
}

function rowsOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(widthOf(stripVTControlCharacters(line)) / columns))
}

function lastThatFit(
  lines: readonly string[],
  { columns, room }: { columns: number; room: number },
): readonly string[] {
  let left = room
  let first = lines.length
  while (first > 0) {
    left -= rowsOf(lines[first - 1] ?? '', columns)
    if (left < 0) break
    first--
  }
  return lines.slice(first)
}
