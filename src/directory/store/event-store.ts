import type { Database } from '../../system/sqlite.ts'
import type { EventStore } from '../registry/event.ts'

export function eventStore(database: Database): EventStore {
  const insert = database.prepare('INSERT INTO events (at, kind, device, actor, json) VALUES (?, ?, ?, ?, ?)')
  return {
    record({ at, kind, device, actor, detail }) {
      insert.run(at, kind, device ?? null, actor ?? null, JSON.stringify(detail ?? {}))
    },
  }
}
