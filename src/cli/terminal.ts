import { printable } from '../base/printable.ts'

/** Lines for a person: aligned, within the terminal's width, words first and colour only beside them. */
export interface Terminal {
  /** Columns; undefined for a pipe or file, where nothing is wrapped. */
  readonly columns: number | undefined
  readonly colour: boolean
}

type Tone = 'good' | 'bad' | 'warning' | 'faint' | 'strong'

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

/**
 * Rows of cells under a two-space margin; every column but the last as wide as its widest cell, at most `maxCell`. What does
 * not fit into the terminal is wrapped below its row.
 */
export function table(
  rows: readonly (readonly string[])[],
  maxCell = 48,
  terminal: Terminal = { columns: undefined, colour: false },
): string[] {
  const last = Math.max(1, ...rows.map((row) => row.length)) - 1
  const shown = rows.map((row) =>
    row.map((cell, column) => (column === last ? printable(cell) : clip(printable(cell), maxCell))),
  )
  const widths = Array.from({ length: last }, (_, column) => Math.max(...shown.map((row) => row[column]?.length ?? 0)))
  return shown.flatMap((row) => {
    const line = `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd()
    if (line.length <= roomOf(terminal)) return [line]
    const [first = '', ...more] = wrap(
      row.filter((cell) => cell !== '').join('  '),
      roomOf(terminal) - TEXT_MARGIN.length,
    )
    return [`${HEAD_MARGIN}${first}`, ...more.map((each) => `${TEXT_MARGIN}${each}`)].map((each) => each.trimEnd())
  })
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

/** `3 min ago`; `just now` within a second, and for a clock that runs behind. */
export function ago(thenMs: number, nowMs: number): string {
  return nowMs - thenMs < 1000 ? 'just now' : `${duration(thenMs, nowMs)} ago`
}

/** `3 min`: the largest unit only. */
export function duration(thenMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - thenMs) / 1000))
  const [size, name] = UNITS.find(([unit]) => seconds >= unit) ?? [1, 's']
  return `${Math.floor(seconds / size)} ${name}`
}
