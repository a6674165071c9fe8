import type { EntryView } from '../../protocol/nouns/directory/record.ts'

/** Entries of the record as a table for programs: the columns of CSV. */

type Cell = (entry: EntryView) => string | undefined
const json = (value: object | undefined) => (value === undefined ? undefined : JSON.stringify(value))

export const ENTRY_CELLS: Readonly<Record<string, Cell>> = {
  index: ({ index }) => index?.toString(),
  id: ({ id }) => id,
  time: ({ time }) => new Date(time).toISOString(),
  kind: ({ act }) => act,
  by: ({ actorName }) => actorName ?? undefined,
  by_id: ({ actor }) => actor,
  by_kind: ({ actorKind }) => actorKind,
  from: ({ address }) => address ?? undefined,
  session: ({ session }) => session,
  token: ({ token }) => token,
  for: ({ onBehalfOf }) => onBehalfOf,
  object: ({ subject }) => subject,
  device: ({ device }) => device,
  agent: ({ agent }) => agent,
  attempt: ({ attempt }) => attempt,
  outcome: ({ outcome }) => outcome,
  policy: ({ policy }) => policy?.toString(),
  before: ({ before }) => json(before),
  after: ({ after }) => json(after),
  details: ({ details }) => json(details),
}

/** The last line: what the entries before it are verified with. */
export function entriesEnd(end: {
  readonly time: number
  readonly entries: number
  readonly checkpoint: string
}): EntryView {
  const { time, entries, checkpoint } = end
  return { id: '', act: 'export-ended', actor: '', time, details: { entries, checkpoint } }
}
