import type { AuditAct } from '../../protocol/nouns/directory/events.ts'

/** What a person did. Stored and entered into the record in the transaction of the act, and never removed. */
export interface AuditEntry {
  readonly at: number
  /** Id of the principal, or `local` for a command that opened the database itself. */
  readonly actor: string
  readonly act: AuditAct
  /** Id of what was acted on. */
  readonly subject: string
  /** Id or name of the person whom personal texts are about. Absent: the subject. The entry does not say it. */
  readonly about?: string | undefined
  /** The device that the act concerns. */
  readonly device?: string | undefined
  /** Never a secret. */
  readonly details: Readonly<Record<string, string | number | boolean>>
  /** What the act changed, as it was stored, and as it is stored now: the record has the members that differ. */
  readonly before?: object | undefined
  readonly after?: object | undefined
  /** Id of an order that this begins or answers. Only the record has it. */
  readonly attempt?: string | undefined
}

/** What an act changed: see `AuditEntry`. */
export type Changed = Pick<AuditEntry, 'before' | 'after'>

export interface AuditStore {
  add(entry: AuditEntry): Promise<void>
}
