import { type Terminal, table } from '../view/terminal.ts'

interface ConfigRow {
  readonly key: string
  readonly value: string
  readonly origin: string
  readonly place?: string
  readonly overrides?: readonly { readonly place: string }[]
}

/** The answer of `config show`. Never cut: the end of a path or key may be the part that is wrong. */
export function configTable(entries: readonly ConfigRow[], terminal: Terminal): string[] {
  const isOneOverridden = entries.some(({ overrides }) => overrides !== undefined)
  const rows = entries.map(({ key, value, origin, place = '-', overrides = [] }) => {
    const lost = overrides.length === 0 ? '-' : overrides.map((one) => one.place).join(', ')
    return { cells: [key, value, origin, place, ...(isOneOverridden ? [lost] : [])] }
  })
  const heading = ['SETTING', 'VALUE', 'FROM', 'PLACE', ...(isOneOverridden ? ['OVERRIDES'] : [])]
  return table(rows, terminal, { heading, maxCell: Number.POSITIVE_INFINITY })
}
