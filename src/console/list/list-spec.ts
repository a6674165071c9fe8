import type { ReactNode } from 'react'

/** A list as data: where its items come from, how they are shown, and what narrows them. */

export interface ListColumn<T> {
  readonly heading: string
  cell(item: T): ReactNode
  /** What a file gets. Absent: the column is not in files. */
  value?(item: T): string | number | undefined
  /** What the API calls this order. Absent: it cannot be sorted by. */
  readonly sort?: string
  readonly isNumber?: true
  /** Shown only on request. */
  readonly wide?: true
}

export interface ListFilter {
  /** The member of the query. */
  readonly member: string
  readonly label: string
  /** All that may be chosen, as the API spells it, with the words for a person. Absent: free text. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[]
  /** A time, in milliseconds since 1970. */
  readonly isTime?: true
  /** What free text must look like. Nothing else is asked for. */
  readonly pattern?: RegExp
  /** What the list has unless something else is chosen. */
  readonly usual?: string
}

export interface ListView {
  readonly label: string
  /** The filters that make it. */
  readonly query: Readonly<Record<string, string>>
}

/** A kind of file that a list can be saved as. */
export interface ListFile<T> {
  /** On its button. */
  readonly label: string
  /** At the end of its name. */
  readonly extension: string
  readonly type: string
  textOf(items: readonly T[]): string | Promise<string>
}

export interface ListSpec<T> {
  readonly title: string
  /** `1 device`, `12 devices`. */
  readonly one: string
  readonly many: string
  /** Of the API: it answers pages with `items`, `next` and, on the first, `total`. */
  readonly path: string
  /** Members of every question, such as whose list it is. */
  readonly always?: Readonly<Record<string, string>>
  readonly columns: readonly ListColumn<T>[]
  readonly filters: readonly ListFilter[]
  /** Named sets of filters, as tabs. */
  readonly views?: readonly ListView[]
  /** What the search looks at. Absent: there is none. */
  readonly search?: string
  keyOf(item: T): string
  /** The page of one item. Undefined: it has none. */
  hrefOf?(item: T): string | undefined
  /** The files that it can be saved as. Absent: CSV of its columns, and JSON. */
  readonly files?: readonly ListFile<T>[]
  /** What files are asked for with, such as another order. */
  readonly inFiles?: Readonly<Record<string, string>>
  /** What to do where there are none and nothing narrows the list. */
  readonly empty: ReactNode
}
