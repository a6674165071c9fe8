import type { Outcome } from '../../webhooks/post.ts'

/** An entry as other systems take it. */
export interface Forwarded {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly act: string
  readonly severity: 'Informational' | 'Medium' | 'High'
  /** An event of OCSF in one line. */
  readonly json: string
}

export const OUTLET_KINDS = ['file', 'hec', 'syslog'] as const
export type OutletKind = (typeof OUTLET_KINDS)[number]

/** Another system that is sent every entry of the record. */
export interface Outlet {
  /** Its place in the record is kept under this name. */
  readonly name: string
  readonly kind: OutletKind
  /** A path or an address, without secrets. */
  readonly target: string
  /** Sends entries in order. All are taken, or all are sent again later. Never throws: what goes wrong is the outcome. */
  send(entries: readonly Forwarded[], signal: AbortSignal): Promise<Outcome>
}
