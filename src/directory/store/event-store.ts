import type { Database } from '../../system/sqlite.ts'
import type { EventStore } from '../registry/event.ts'
import { numberOf } from './columns.ts'

export function eventStore(database: Database): EventStore {
  const insert = database.prepare('INSERT INTO events (at, kind, device, actor, json) VALUES (?, ?, ?, ?, ?)')
  const count = database.prepare('SELECT count(*) AS n FROM events WHERE device = ? AND kind = ?')
  return {
    countEvents: (device, kind) => numberOf(count.get(device, kind) ?? {}, 'n'),
    record({ at, kind, device, actor, detail }) {
      insert.run(at, kind, device ?? null, actor ?? null, JSON.stringify(detail ?? {}))
    },
  }
}
