/** Cells of one line of CSV, without white space around them. Undefined if a quoted one has no end. */
export function csvCells(line: string, separator: ',' | ';' | '\t' = ','): readonly string[] | undefined {
  const quotedCell = new RegExp(`^\\s*"((?:[^"]|"")*)"\\s*(?=${separator}|$)`)
  const plainCell = new RegExp(`^[^${separator}]*`)
  const cells: string[] = []
  let rest = line
  for (;;) {
    const quoted = quotedCell.exec(rest)
    const plain = plainCell.exec(rest)
    if (quoted === null && /^\s*"/.test(rest)) return undefined
    const [whole, cell] = quoted === null ? [plain?.[0] ?? '', plain?.[0] ?? ''] : [quoted[0], quoted[1] ?? '']
    cells.push((quoted === null ? cell : cell.replaceAll('""', '"')).trim())
    if (whole.length === rest.length) return cells
    rest = rest.slice(whole.length + 1)
    if (rest === '') return [...cells, '']
  }
}
