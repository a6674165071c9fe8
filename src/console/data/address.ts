import { useLocation } from 'wouter'
import { AUDIT_ACTS, ENTERED_KINDS } from '../../protocol/nouns/directory/events.ts'
import { queryText } from './api.ts'

/**
 * The name at the end of the address, which may have any character. What wouter gives is decoded by half: a percent sign in a
 * name would break it.
 */
export function useNamed(): string {
  useLocation()
  return nameIn(window.location.pathname)
}

/** @param path as the browser has it. A part that nobody encoded is a name too. */
export function nameIn(path: string): string {
  const part = path.slice(path.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

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
