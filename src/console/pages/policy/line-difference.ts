/** What differs between two texts, line by line. */

export interface ComparedLine {
  readonly kind: 'same' | 'added' | 'removed'
  readonly text: string
  /** Its number in the text that has it, from 1 on. Of a line in both: in the later text. */
  readonly number: number
}

/** Lines in both that are not shown. */
export interface Gap {
  readonly kind: 'gap'
  /** Of the first of them, in the later text. */
  readonly number: number
  readonly count: number
}

/** Lines around a difference that are shown. */
const CONTEXT = 3
/** Numbers in memory while comparing. Texts that need more are shown as wholly different between their first and last difference. */
const MAX_CELLS = 4_000_000

/** The fewest lines that turn one text into the other. The line break at the end counts for nothing. */
export function compareLines(before: string, after: string): readonly ComparedLine[] {
  const [old, now] = [linesOf(before), linesOf(after)]
  let start = 0
  while (start < old.length && start < now.length && old[start] === now[start]) start++
  let end = 0
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end++
  const same = (text: string, at: number): ComparedLine => ({ kind: 'same', text, number: at + 1 })
  return [
    ...now.slice(0, start).map(same),
    ...compareMiddle(old.slice(start, old.length - end), now.slice(start, now.length - end), start),
    ...now.slice(now.length - end).map((text, at) => same(text, now.length - end + at)),
  ]
}

function compareMiddle(old: readonly string[], now: readonly string[], start: number): readonly ComparedLine[] {
  const width = now.length + 1
  const hasRoom = (old.length + 1) * width <= MAX_CELLS
  // Of what is left of both texts, the most lines that are in both.
  const common = new Uint16Array(hasRoom ? (old.length + 1) * width : 0)
  const at = (i: number, j: number) => common[i * width + j] ?? 0
  for (let i = old.length - 1; hasRoom && i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      common[i * width + j] = old[i] === now[j] ? 1 + at(i + 1, j + 1) : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: ComparedLine[] = []
  for (let i = 0, j = 0; i < old.length || j < now.length; ) {
    const [one, other] = [old[i], now[j]]
    if (hasRoom && one !== undefined && one === other) {
      lines.push({ kind: 'same', text: one, number: start + ++j })
      i++
    } else if (one !== undefined && (other === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'removed', text: one, number: start + ++i })
    } else {
      lines.push({ kind: 'added', text: other ?? '', number: start + ++j })
    }
  }
  return lines
}

/** Without the lines in both that are far from a difference. */
export function withGaps(lines: readonly ComparedLine[]): readonly (ComparedLine | Gap)[] {
  const near = new Set<number>()
  for (const [at, { kind }] of lines.entries()) {
    if (kind === 'same') continue
    for (let one = at - CONTEXT; one <= at + CONTEXT; one++) near.add(one)
  }
  const shown: (ComparedLine | Gap)[] = []
  let gap: Gap | undefined
  for (const [at, line] of lines.entries()) {
    if (near.has(at)) {
      if (gap !== undefined) shown.push(gap)
      gap = undefined
      shown.push(line)
    } else {
      gap = { kind: 'gap', number: gap?.number ?? line.number, count: 1 + (gap?.count ?? 0) }
    }
  }
  return gap === undefined ? shown : [...shown, gap]
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/)
}
