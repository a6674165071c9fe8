import { type Terminal, table } from '../view/terminal.ts'

interface ConfigRow {
  readonly key: string
  readonly value: string
  readonly origin: string
  readonly place?: string
}

/** The answer of `config show`. Never cut: the end of a path or key may be the part that is wrong. */
export function configTable(entries: readonly ConfigRow[], terminal: Terminal): string[] {
  const rows = entries.map(({ key, value, origin, place = '-' }) => ({ cells: [key, value, origin, place] }))
  return table(rows, terminal, { heading: ['SETTING', 'VALUE', 'FROM', 'PLACE'], maxCell: Number.POSITIVE_INFINITY })
}
