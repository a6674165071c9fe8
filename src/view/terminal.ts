import { printable } from '../base/printable.ts'

/** Lines for a person: aligned, within the terminal's width, words first and colour only beside them. */
export interface Terminal {
  /** Columns; undefined for a pipe or file, where nothing is wrapped. */
  readonly columns: number | undefined
  /** Lines, where something is redrawn in place. */
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
 * `head` padded to `width`, then `text` wrapped beside it; where too little room is left, below it. `text` is foreign and
 * made printable.
 */
export function hanging(terminal: Terminal, head: string, width: number, text: string, tone?: Tone): string[] {
  const padded = head.padEnd(width)
  const room = roomOf(terminal) - padded.length
  const coloured = (words: string) => (tone === undefined ? words : toned(terminal, tone, words))
  if (room < MIN_ROOM) {
    const heads = wrap(head.trim(), roomOf(terminal) - HEAD_MARGIN.length)
    return [
      ...heads.map((line) => `${HEAD_MARGIN}${coloured(line)}`),
      ...wrap(printable(text), roomOf(terminal) - TEXT_MARGIN.length).map((line) => `${TEXT_MARGIN}${line}`.trimEnd()),
    ]
  }
  const start = coloured(head) + ' '.repeat(padded.length - head.length)
  return wrap(printable(text), room).map((line, index) =>
    `${index === 0 ? start : ' '.repeat(padded.length)}${line}`.trimEnd(),
  )
}

/** Our own words, wrapped. */
export function wrapped(terminal: Terminal, text: string): string[] {
  return wrap(text, roomOf(terminal))
}

const HEAD_MARGIN = '  '
const TEXT_MARGIN = '    '
/** Narrower than that nobody reads: lines are then cut by the terminal. */
const LEAST_COLUMNS = 40

function roomOf({ columns }: Terminal): number {
  return columns === undefined ? Number.POSITIVE_INFINITY : Math.max(LEAST_COLUMNS, columns)
}

/** A word that is longer than a line is broken: what is cut off could be what matters. */
function wrap(text: string, room: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((each) => pieces(each, room))) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function pieces(word: string, room: number): string[] {
  if (word.length <= room) return [word]
  const all: string[] = []
  let piece = ''
  for (const character of word) {
    if (piece.length + character.length > room) {
      all.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...all, piece]
}

/** A row of a table. What needs a person is coloured as a whole: its words say the same. */
export interface TableRow {
  readonly cells: readonly string[]
  readonly tone?: Tone | undefined
}

export interface TableInit {
  readonly heading?: readonly string[]
  /** Every column but the last is as wide as its widest cell, at most so much. */
  readonly maxCell?: number
}

/**
 * Rows of cells under a two-space margin, as aligned as there is room: the last column beside the others where none of its
 * words is broken, or below them; else each row is wrapped for itself, there is no heading, and only what a row has is said.
 */
export function table(
  rows: readonly TableRow[],
  terminal: Terminal,
  { heading, maxCell = 48 }: TableInit = {},
): string[] {
  const all: readonly TableRow[] = heading === undefined ? rows : [{ cells: heading, tone: 'faint' }, ...rows]
  const last = Math.max(1, ...all.map(({ cells }) => cells.length)) - 1
  const shown = all.map(({ cells }) =>
    cells.map((cell, column) => (column === last ? printable(cell) : clip(printable(cell), maxCell))),
  )
  const widths = Array.from({ length: last }, (_, column) =>
    Math.max(...shown.map((cells) => cells[column]?.length ?? 0)),
  )
  const room = roomOf(terminal)
  const start = widths.reduce((sum, width) => sum + width + 2, HEAD_MARGIN.length)
  const layout =
    start + Math.min(Math.max(MIN_ROOM, longestWord(shown, last)), lastWidth(shown, last)) <= room
      ? 'beside'
      : start <= room
        ? 'below'
        : 'free'
  return shown.flatMap((cells, index) => {
    if (layout === 'free' && heading !== undefined && index === 0) return []
    const coloured = colouring(terminal, all[index]?.tone)
    const words = cells[last] ?? ''
    const before =
      HEAD_MARGIN +
      cells
        .slice(0, last)
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
    if (layout === 'beside') {
      // Words of the last column that have no room go on below themselves.
      const [first = '', ...more] = wrap(words, room - start)
      return [`${before}  ${first}`, ...more.map((each) => ' '.repeat(start) + each)].map((each) =>
        coloured(each.trimEnd()),
      )
    }
    if (layout === 'below') {
      const below = words === '' ? [] : wrap(words, room - TEXT_MARGIN.length)
      return [before, ...below.map((each) => TEXT_MARGIN + each)].map((each) => coloured(each.trimEnd()))
    }
    const [first = '', ...more] = wrap(said(cells, heading).join('  '), room - TEXT_MARGIN.length)
    return [HEAD_MARGIN + first, ...more.map((each) => TEXT_MARGIN + each)].map((each) => coloured(each.trimEnd()))
  })
}

/** A bare number says nothing without its heading. */
function said(cells: readonly string[], heading: readonly string[] = []): readonly string[] {
  return cells.flatMap((cell, column) => {
    const name = heading[column] ?? ''
    if (cell === '' || cell === '-') return []
    return [/^\d/.test(cell) && name !== '' && name !== 'ID' ? `${name.toLowerCase()} ${cell}` : cell]
  })
}

function longestWord(shown: readonly (readonly string[])[], last: number): number {
  return Math.max(0, ...shown.flatMap((cells) => (cells[last] ?? '').split(' ').map(({ length }) => length)))
}

function lastWidth(shown: readonly (readonly string[])[], last: number): number {
  return Math.max(0, ...shown.map((cells) => cells[last]?.length ?? 0))
}

function colouring(terminal: Terminal, tone: Tone | undefined): (line: string) => string {
  return (line) => (tone === undefined ? line : toned(terminal, tone, line))
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
]

/** `3 min ago`; `just now` within a second, and for a clock that runs behind; `never`. */
export function ago(thenMs: number | undefined, nowMs: number): string {
  if (thenMs === undefined) return 'never'
  return nowMs - thenMs < 1000 ? 'just now' : `${duration(thenMs, nowMs)} ago`
}

/** `3 min`: the largest unit only. */
export function duration(thenMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - thenMs) / 1000))
  const [size, name] = UNITS.find(([unit]) => seconds >= unit) ?? [1, 's']
  return `${Math.floor(seconds / size)} ${name}`
}
