import type { AuditAct } from '../../protocol/nouns/directory/events.ts'

/** What a person did. Stored in the transaction of the act, and never removed. */
export interface AuditEntry {
  readonly at: number
  /** Id of the principal, or `local` for a command that opened the database itself. */
  readonly actor: string
  readonly act: AuditAct
  /** Id of what was acted on. */
  readonly subject: string
  /** The device that the act concerns. */
  readonly device?: string | undefined
  /** Never a secret. */
  readonly details: Readonly<Record<string, string | number | boolean>>
}

export interface AuditStore {
  add(entry: AuditEntry): Promise<void>
}
