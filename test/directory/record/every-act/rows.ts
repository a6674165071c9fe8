import type { Route } from '../../../../src/directory/http/route.ts'
import type { Json, World } from './world.ts'

/** How one act is done once, and which acts the record has then. */
export interface Row {
  /** All that this request enters, each once. */
  readonly acts: readonly string[]
  /** Makes what the request is about. */
  readonly given?: (world: World) => Promise<Given>
}

export interface Given {
  /** In the path. */
  readonly id?: string
  /** Behind the path. */
  readonly query?: string
  readonly body?: object
  /** Absent: the first administrator asks. Rejects unless it is done. */
  readonly ask?: (method: Route['method'], path: string, body: object | undefined) => Promise<Json>
}

export type Rows = Readonly<Record<string, Row>>

/** @param acts more than one where the act has another as its consequence. */
export function row(acts: string | readonly string[], given?: Row['given']): Row {
  return { acts: typeof acts === 'string' ? [acts] : acts, ...(given === undefined ? {} : { given }) }
}
