import { AUDIT_ACTS, ENTERED_KINDS } from '../../protocol/nouns/directory/events.ts'
import { queryText } from '../data/api.ts'

const IN_RECORD: ReadonlySet<string> = new Set([...AUDIT_ACTS, ...ENTERED_KINDS])

interface Happened {
  readonly time: number
  readonly kind: string
  readonly subject?: string | undefined
  readonly device?: string | undefined
}

/** Where the entry of an event is. Undefined: the record has none. An event does not know the id of its entry. */
export function entryAddress({ time, kind, subject, device }: Happened): string | undefined {
  if (!IN_RECORD.has(kind)) return undefined
  const about = subject === undefined ? { device } : { subject }
  return `/entries${queryText({ act: kind, ...about, since: time, until: time + 1 })}`
}
