import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, memo, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { chosenDensity } from '../data/density.ts'
import { Icon } from '../parts/icon.tsx'
import type { ListColumn, ListSpec } from './list-spec.ts'
import type { ListState, useList } from './use-list.ts'

const ROW_PX = { compact: 28, comfortable: 36 } as const
/** Rows come and go in blocks, so that most frames of a scroll change nothing but the place. */
const BLOCK = 16
/** Rows before the end at which the next page is asked for. */
const AHEAD = 40

interface ListRowsProps<T> {
  readonly spec: ListSpec<T>
  readonly columns: readonly ListColumn<T>[]
  readonly list: ReturnType<typeof useList<T>>
  readonly state: ListState
}

/** Only the rows in sight are in the page. */
export function ListRows<T>({ spec, columns, list, state }: ListRowsProps<T>) {
  const { items, total = items.length, hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const place = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState(0)
  const [, navigate] = useLocation()
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => place.current,
    estimateSize: () => ROW_PX[chosenDensity()],
    overscan: 4,
    rangeExtractor: inBlocks,
  })
  const shown = rows.getVirtualItems()
  const [first, last] = [shown[0], shown.at(-1)]
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && (last?.index ?? 0) > items.length - AHEAD) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, last?.index, items.length, fetchNextPage])
  const move = (to: number) => {
    const next = Math.max(0, Math.min(items.length - 1, to))
    setAt(next)
    rows.scrollToIndex(next)
  }
  const open = (item: T | undefined) => {
    const href = item === undefined ? undefined : spec.hrefOf?.(item)
    if (href !== undefined) navigate(href)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== place.current || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'j' || event.key === 'ArrowDown') move(at + 1)
    else if (event.key === 'k' || event.key === 'ArrowUp') move(at - 1)
    else if (event.key === 'Home') move(0)
    else if (event.key === 'End') move(items.length - 1)
    else if (event.key === 'Enter') open(items[at])
    else return
    event.preventDefault()
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="list-rows" ref={place} tabIndex={0} aria-label={spec.title} onKeyDown={onKeyDown}>
      <table className="table table-compact table-cards" aria-rowcount={total + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Heading key={column.heading} column={column} state={state} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={first?.start ?? 0} columns={columns.length} />
          {shown.map(({ index }) => {
            const item = items[index]
            if (item === undefined) return null
            return <Row key={spec.keyOf(item)} {...{ spec, columns, item, index }} isAt={index === at} />
          })}
          <Gap height={rows.getTotalSize() - (last?.end ?? 0)} columns={columns.length} />
        </tbody>
      </table>
    </section>
  )
}

interface RowProps<T> {
  readonly spec: ListSpec<T>
  readonly columns: readonly ListColumn<T>[]
  readonly item: T
  readonly index: number
  readonly isAt: boolean
}

function AnyRow<T>({ spec, columns, item, index, isAt }: RowProps<T>) {
  return (
    <tr className={isAt ? 'at' : undefined} aria-rowindex={index + 2} data-index={index}>
      {columns.map((column, number) => (
        <Cell key={column.heading} spec={spec} column={column} item={item} isFirst={number === 0} />
      ))}
    </tr>
  )
}

/** It is made again for another item or column, not for each step of a scroll. `memo` loses the type of the item. */
const Row = memo(AnyRow) as typeof AnyRow

function inBlocks(range: Range): number[] {
  const startIndex = range.startIndex - (range.startIndex % BLOCK)
  const endIndex = Math.min(range.count - 1, range.endIndex + BLOCK - (range.endIndex % BLOCK))
  return defaultRangeExtractor({ ...range, startIndex, endIndex })
}

function Cell<T>(props: {
  readonly spec: ListSpec<T>
  readonly column: ListColumn<T>
  readonly item: T
  readonly isFirst: boolean
}) {
  const { spec, column, item, isFirst } = props
  const content = column.cell(item)
  const href = isFirst ? spec.hrefOf?.(item) : undefined
  return (
    <td data-heading={column.heading} className={column.isNumber === true ? 'number' : undefined}>
      {href === undefined ? content : <RowLink href={href}>{content}</RowLink>}
    </td>
  )
}

function RowLink({ href, children }: { readonly href: string; readonly children: React.ReactNode }) {
  const [, navigate] = useLocation()
  return (
    <a
      className="medium"
      href={href}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        navigate(href)
      }}
    >
      {children}
    </a>
  )
}

/** Stands for the rows that are out of sight. */
function Gap({ height, columns }: { readonly height: number; readonly columns: number }) {
  if (height <= 0) return null
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row without content cannot have focus
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height, padding: 0, border: 0 }} />
    </tr>
  )
}

function Heading<T>({ column, state }: { readonly column: ListColumn<T>; readonly state: ListState }) {
  const { heading, sort, isNumber } = column
  const className = isNumber === true ? 'number' : undefined
  if (sort === undefined) {
    return (
      <th scope="col" className={className}>
        {heading}
      </th>
    )
  }
  const isSorted = state.query.sort === sort
  const isDown = state.query.order === 'descending'
  const turn = () => {
    const { sort: _, order: __, ...others } = state.query
    if (isSorted && isDown) return state.replace(others)
    state.replace({ ...others, sort, order: isSorted ? 'descending' : 'ascending' })
  }
  const direction = isDown ? 'descending' : 'ascending'
  return (
    <th scope="col" className={className} {...(isSorted ? { 'aria-sort': direction } : {})}>
      <button type="button" className="sort-button" onClick={turn}>
        {heading}
        {isSorted ? <Icon name={isDown ? 'down' : 'up'} /> : null}
      </button>
    </th>
  )
}
