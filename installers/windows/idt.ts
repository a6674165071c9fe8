/** Tables of Windows Installer as `msibuild` reads them: tabs between members, one row a line. */

export type Cell = string | number | null

export interface Table {
  readonly name: string
  /** A name and a type: `s72` text of at most 72 characters, `l0` localised text, `i2` and `i4` numbers; in capitals it may be empty. */
  readonly columns: readonly (readonly [name: string, type: string])[]
  /** How many columns, from the first, are the primary key. */
  readonly keys: number
  readonly rows: readonly (readonly Cell[])[]
}

/** @throws if a row does not fit its table: the tools write what they are given. */
export function idtText({ name, columns, keys, rows }: Table): string {
  const seen = new Set<string>()
  for (const row of rows) {
    if (row.length !== columns.length) throw new Error(`table ${name}: a row of ${row.length}: ${row.join(' | ')}`)
    for (const [at, cell] of row.entries()) checkCell(name, columns[at] ?? ['', ''], cell)
    const key = row.slice(0, keys).join('\t')
    if (seen.has(key)) throw new Error(`table ${name}: two rows with the key ${key.replaceAll('\t', ', ')}`)
    seen.add(key)
  }
  const head = [columns.map(([column]) => column), columns.map(([, type]) => type)]
  const keyNames = columns.slice(0, keys).map(([column]) => column)
  return [...head, [name, ...keyNames], ...rows]
    .map((line) => `${line.map((cell) => cell ?? '').join('\t')}\r\n`)
    .join('')
}

function checkCell(table: string, [column, type]: readonly [string, string], cell: Cell): void {
  const wrong = (what: string) => new Error(`table ${table}, column ${column}: ${JSON.stringify(cell)} ${what}`)
  const [kind = '', ...width] = type
  const isOptional = kind === kind.toUpperCase()
  if (cell === null || cell === '') {
    if (!isOptional) throw wrong('is missing')
    return
  }
  if (kind.toLowerCase() === 'i') {
    const most = type.endsWith('2') ? 0x7fff : 0x7fffffff
    if (typeof cell !== 'number' || !Number.isInteger(cell) || Math.abs(cell) > most) throw wrong(`is no ${type}`)
    return
  }
  const most = Number(width.join(''))
  if (typeof cell !== 'string') throw wrong('is no text')
  if (most > 0 && cell.length > most) throw wrong(`is longer than ${most}`)
  if (/[\t\r\n\0]/.test(cell)) throw wrong('has a character that ends a cell')
}
