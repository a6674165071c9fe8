import type { EventKind } from '../../protocol/api-administration.ts'

/** What happened, in the order it happened: the record that an auditor reads. */
export interface DirectoryEvent {
  readonly at: number
  readonly kind: EventKind
  readonly device?: string | undefined
  /** The administrator, where one acted. */
  readonly actor?: string | undefined
  /** Never a secret. */
  readonly detail?: Readonly<Record<string, string | number | boolean | undefined>>
}

export interface EventStore {
  record(event: DirectoryEvent): void
  /** How many there are of one kind since a time, about a device, or where it has none yet about its token. */
  countEvents(of: {
    readonly kind: EventKind
    readonly since: number
    readonly device?: string | undefined
    readonly token?: string | undefined
  }): number
}

/** So many events of one kind a device or a token may cause in a day: who fails for ever does not fill the record. */
const MAX_A_DAY = 100
const DAY_MS = 86_400_000

/** For what a device can cause at will. The last of a day that is kept says that more are not. @returns whether it was kept. */
export function recordBounded(
  store: EventStore,
  event: DirectoryEvent & ({ readonly device: string } | { readonly detail: { readonly token: string } }),
): boolean {
  const { kind, device, at, detail } = event
  const token = device === undefined ? String(detail?.token) : undefined
  const before = store.countEvents({ kind, device, token, since: at - DAY_MS })
  if (before >= MAX_A_DAY) return false
  store.record(before + 1 === MAX_A_DAY ? { ...event, detail: { ...detail, moreNotKept: true } } : event)
  return true
}
