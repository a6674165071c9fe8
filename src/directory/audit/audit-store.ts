import { NEXT_EVENT_ID } from '../activity/event-store.ts'
import { adding } from '../record/add-entry.ts'
import type { Database } from '../sql/database.ts'
import type { AuditStore } from './audit.ts'

export function auditStore(database: Database): AuditStore {
  const insert = database.prepare(
    `INSERT INTO audit (id, at, actor, act, subject, device, details_json) VALUES (${NEXT_EVENT_ID}, ?, ?, ?, ?, ?, ?)`,
  )
  const enterIntoRecord = adding(database)
  return {
    async add(entry) {
      const { at, actor, act, subject, device, details } = entry
      await enterIntoRecord(entry)
      await insert.run(at, actor, act, subject, device ?? null, JSON.stringify(details))
    },
  }
}
