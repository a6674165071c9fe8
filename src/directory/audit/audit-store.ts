import { NEXT_EVENT_ID } from '../activity/event-store.ts'
import type { Database } from '../sql/database.ts'
import type { AuditStore } from './audit.ts'

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
