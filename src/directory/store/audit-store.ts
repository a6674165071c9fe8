import type { AuditStore } from '../audit/audit.ts'
import type { Database } from '../sql/database.ts'
import { NEXT_EVENT_ID } from './event-store.ts'

export function auditStore(database: Database): AuditStore {
  const insert = database.prepare(
    `INSERT INTO audit (id, at, actor, act, subject, device, details_json) VALUES (${NEXT_EVENT_ID}, ?, ?, ?, ?, ?, ?)`,
  )
  return {
    async add({ at, actor, act, subject, device, details }) {
      await insert.run(at, actor, act, subject, device ?? null, JSON.stringify(details))
    },
  }
}
