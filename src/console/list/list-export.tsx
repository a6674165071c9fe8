import { useState } from 'react'
import { describeError } from '../../base/errors.ts'
import { counted } from '../data/words.ts'
import { Icon } from '../parts/icon.tsx'
import type { ListColumn, ListSpec } from './list-spec.ts'
import { allItems, askedOf, type ListState } from './use-list.ts'

/** Rows of one file. More are in the files of the command line. */
const MOST_ROWS = 100_000

interface ListExportProps<T> {
  readonly spec: ListSpec<T>
  readonly query: ListState['query']
}

/** The whole list that fits the filters, as a file. */
export function ListExport<T>({ spec, query }: ListExportProps<T>) {
  const [news, setNews] = useState<string>()
  const save = async (format: 'csv' | 'json') => {
    setNews(`Loading ${spec.many}`)
    try {
      const items = await allItems<T>(spec.path, askedOf(spec, query), MOST_ROWS)
      const text = format === 'json' ? JSON.stringify(items, null, 2) : csvOf(spec.columns, items)
      download(`${spec.many.replaceAll(' ', '-')}.${format}`, text, format === 'json' ? 'application/json' : 'text/csv')
      setNews(`Saved ${counted(items.length, spec.one, spec.many)}`)
    } catch (error) {
      setNews(describeError(error))
    }
  }
  return (
    <>
      <span className="small muted" role="status">
        {news}
      </span>
      {(['csv', 'json'] as const).map((format) => (
        <button key={format} type="button" className="button not-on-phones" onClick={() => void save(format)}>
          <Icon name="download" />
          {format.toUpperCase()}
        </button>
      ))}
    </>
  )
}

export function csvOf<T>(columns: readonly ListColumn<T>[], items: readonly T[]): string {
  const kept = columns.filter(({ value }) => value !== undefined)
  const lines = items.map((item) => kept.map(({ value }) => cellOf(value?.(item))).join(','))
  return `${[kept.map(({ heading }) => cellOf(heading)).join(','), ...lines].join('\r\n')}\r\n`
}

/** A spreadsheet must not take text of a device for a formula. */
function cellOf(value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value)
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
