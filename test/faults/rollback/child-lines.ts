import type { Status } from '../../../src/protocol/messages/control.ts'

/** What the daemon of these tests is asked and answers, in lines of JSON. */
export type ChildRequest = { readonly ask: 'status' } | { readonly ask: 'tell'; readonly batches: number }

export interface ChildAnswer {
  readonly status: Status
  /** The detail of the newest finding. */
  readonly lastDetail: string
}
