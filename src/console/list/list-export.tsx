import { useState } from 'react'
import { describeError } from '../../base/errors.ts'
import { counted } from '../data/words.ts'
import { Icon } from '../parts/icon.tsx'
import type { ListColumn, ListFile, ListSpec } from './list-spec.ts'
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
  const save = async ({ extension, type, textOf }: ListFile<T>) => {
    setNews(`Loading ${spec.many}`)
    try {
      const found = await allItems<T>(spec.path, { ...askedOf(spec, query), ...spec.inFiles }, MOST_ROWS + 1)
      const items = found.slice(0, MOST_ROWS)
      download(`${spec.many.replaceAll(' ', '-')}.${extension}`, await textOf(items), type)
      const rest = found.length > MOST_ROWS ? ', and there are more: the command line has them all' : ''
      setNews(`Saved ${counted(items.length, spec.one, spec.many)}${rest}`)
    } catch (error) {
      setNews(describeError(error))
    }
  }
  return (
    <>
      <span className="small muted" role="status">
        {news}
      </span>
      {(spec.files ?? usualFiles(spec)).map((file) => (
        <button key={file.label} type="button" className="button not-on-phones" onClick={() => void save(file)}>
          <Icon name="download" />
          {file.label}
        </button>
      ))}
    </>
  )
}

function usualFiles<T>({ columns }: ListSpec<T>): readonly ListFile<T>[] {
  return [
    { label: 'CSV', extension: 'csv', type: 'text/csv', textOf: (items) => csvOf(columns, items) },
    { label: 'JSON', extension: 'json', type: 'application/json', textOf: (items) => JSON.stringify(items, null, 2) },
  ]
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
