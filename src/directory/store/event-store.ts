import type { Database } from '../../system/sqlite/sqlite.ts'
import type { EventStore } from '../activity/activity.ts'
import { numberOf } from './columns.ts'

export function eventStore(database: Database): EventStore {
  const insert = database.prepare('INSERT INTO events (at, kind, device, actor, json) VALUES (?, ?, ?, ?, ?)')
  // SQLite would plan anew for every kind that it can read: it might be the one of the index of some.
  const count = database.prepare(
    'SELECT count(*) AS n FROM events WHERE device = ? AND kind = CAST(? AS TEXT) AND at > ?',
  )
  // By the words of its index.
  const countOfToken = database.prepare(
    `SELECT count(*) AS n FROM events
     WHERE kind = 'enrolment-refused' AND json_extract(json, '$.token') = ? AND at > ?`,
  )
  return {
    countEvents({ kind, device, token, since }) {
      const row = device === undefined ? countOfToken.get(token ?? '', since) : count.get(device, kind, since)
      return numberOf(row ?? {}, 'n')
    },
    record({ at, kind, device, actor, detail }) {
      insert.run(at, kind, device ?? null, actor ?? null, JSON.stringify(detail ?? {}))
    },
  }
}
