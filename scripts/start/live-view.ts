import { stripVTControlCharacters } from 'node:util'
import { widthOf } from '../../src/view/terminal.ts'

/** The output for the live summary. */
export interface Screen {
  write(text: string): unknown
  readonly columns?: number
  readonly rows?: number
}

const up = (rows: number) => `\u001b[${rows}A`
const EMPTY_ROW = '\u001b[2K\n'
const [DEFAULT_COLUMNS, DEFAULT_ROWS] = [80, 24]

/**
 * Draws lines below the current content of a terminal, and redraws them in place. Earlier content and the scrollback stay: if
 * the lines do not fit, only the last ones are redrawn.
 */
export function liveView(screen: Screen): (lines: readonly string[]) => void {
  let drawn: readonly string[] = []
  return (lines) => {
    // A terminal without a size reports 0.
    const [columns, rows] = [screen.columns || DEFAULT_COLUMNS, screen.rows || DEFAULT_ROWS]
    // The last row holds the cursor.
    const room = Math.max(1, rows - 1)
    const height = heightOf(drawn, columns)
    const shown = height > room ? lastFitting(lines, { columns, room }) : lines
    screen.write(`${cleared(Math.min(height, room))}${shown.join('\n')}\n`)
    drawn = lines
  }
}

/** Clears row by row: some terminals copy the screen into the scrollback when it is cleared as a whole. */
function cleared(rows: number): string {
  return rows === 0 ? '' : `\r${up(rows)}${EMPTY_ROW.repeat(rows)}${up(rows)}`
}

/** The number of rows with folded lines. */
function heightOf(lines: readonly string[], columns: number): number {
  return lines.reduce((rows, line) => rows + rowsOf(line, columns), 0)
}

function rowsOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(widthOf(stripVTControlCharacters(line)) / columns))
}

function lastFitting(
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
