import { type ReactNode, useState } from 'react'
import { usePageTitle } from '../data/page-title.ts'
import { counted, countText } from '../data/words.ts'
import { Empty, Failed, Waiting } from '../parts/answered.tsx'
import { ListExport } from './list-export.tsx'
import { ListFilters, ListViews } from './list-filters.tsx'
import { ListRows } from './list-rows.tsx'
import type { ListSpec } from './list-spec.ts'
import { useList, useListState } from './use-list.ts'

interface ListPageProps<T> {
  readonly spec: ListSpec<T>
  readonly acts?: ReactNode
  /** Between the head and the filters. */
  readonly about?: ReactNode
}

/** A page that is a list: head, views, filters, rows as one scrolls, and a foot with how many there are. */
export function ListPage<T>({ spec, acts, about }: ListPageProps<T>) {
  usePageTitle(spec.title)
  const state = useListState()
  const list = useList(spec, state.query)
  const [isWide, setWide] = useState(false)
  const columns = spec.columns.filter(({ wide }) => isWide || wide !== true)
  const isNarrowed = Object.keys(state.query).some((member) => member !== 'sort' && member !== 'order')
  const { items, total, error } = list
  return (
    <div className="list-page">
      <header className="list-head">
        <h1>{spec.title}</h1>
        {total === undefined ? null : <p className="muted">{counted(total, spec.one, spec.many)}</p>}
        <div className="page-acts">
          {columns.length < spec.columns.length || isWide ? (
            <button type="button" className="button" aria-pressed={isWide} onClick={() => setWide(!isWide)}>
              {isWide ? 'Fewer columns' : 'All columns'}
            </button>
          ) : null}
          {acts}
          <ListExport spec={spec} query={state.query} />
        </div>
      </header>
      {about}
      <ListViews spec={spec} state={state} />
      <ListFilters spec={spec} state={state} />
      {error !== null && items.length === 0 ? <Failed error={error} /> : null}
      {list.isPending ? <Waiting /> : null}
      {list.isSuccess && items.length === 0 ? (
        <div className="list-rows">
          <Nothing spec={spec} isNarrowed={isNarrowed} onAll={() => state.replace({})} />
        </div>
      ) : null}
      {items.length > 0 ? <ListRows spec={spec} columns={columns} list={list} state={state} /> : null}
      <footer className="list-foot">
        <span>{list.data === undefined ? null : shownOf(spec, list)}</span>
        <span className="to-end row not-on-phones" aria-hidden="true">
          <kbd>J</kbd>
          <kbd>K</kbd> move <kbd>Enter</kbd> open
        </span>
      </footer>
    </div>
  )
}

function shownOf<T>({ one, many }: ListSpec<T>, { items, total, hasNextPage }: ReturnType<typeof useList<T>>): string {
  return total === undefined || items.length === total
    ? `${counted(items.length, one, many)}${hasNextPage ? ' and more' : ''}`
    : `${countText(items.length)} of ${counted(total, one, many)}`
}

function Nothing<T>(props: { readonly spec: ListSpec<T>; readonly isNarrowed: boolean; readonly onAll: () => void }) {
  const { spec, isNarrowed, onAll } = props
  if (!isNarrowed) return <Empty title={`No ${spec.many}`}>{spec.empty}</Empty>
  return (
    <Empty title={`No ${spec.one} matches all filters.`}>
      <button type="button" className="button" onClick={onAll}>
        Show all {spec.many}
      </button>
    </Empty>
  )
}
