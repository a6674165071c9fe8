/** What a list is asked for. Members beyond these are filters of the noun. */
export interface ListRequest {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
  readonly sort?: string | undefined
  readonly order?: 'ascending' | 'descending' | undefined
  readonly [filter: string]: string | number | boolean | undefined
}

/** One page. The first page has the total. */
export interface Listed<T> {
  readonly items: readonly T[]
  readonly next?: string
  readonly total?: number
}
