import { ENTERED_KINDS } from '../../protocol/nouns/directory/events.ts'
import { adding } from '../record/add-entry.ts'
import { numberOf } from '../sql/columns.ts'
import type { Database } from '../sql/database.ts'
import type { ActivityStore } from './activity.ts'
import { NEXT_EVENT_ID } from './event-store.ts'

export function activityStore(database: Database): ActivityStore {
  const insert = database.prepare(
    `INSERT INTO activity (id, at, kind, device, detail_json) VALUES (${NEXT_EVENT_ID}, ?, ?, ?, ?)`,
  )
  // The cast hides the kind from SQLite, which would otherwise plan again for every kind because of the partial index.
  const count = database.prepare(
    'SELECT count(*) AS n FROM activity WHERE device = ? AND kind = CAST(? AS TEXT) AND at > ?',
  )
  // The condition of the partial index, word for word.
  const countOfToken = database.prepare(
    `SELECT count(*) AS n FROM activity
     WHERE kind = 'enrolment-refused' AND json_extract(detail_json, '$.token') = ? AND at > ?`,
  )
  const enterIntoRecord = adding(database)
  const enter: ActivityStore['enter'] = async ({ at, kind, device, detail }) => {
    if (!ENTERED_KINDS.includes(kind)) return
    const actor = kind === 'verdict-changed' || kind === 'order-unanswered' ? 'directory' : (device ?? 'directory')
    const { order: attempt, outcome } = detail ?? {}
    const ended = typeof attempt === 'string' && typeof outcome === 'string' ? { attempt, outcome } : {}
    await enterIntoRecord({ at, act: kind, actor, subject: device, device, details: detail, ...ended })
  }
  return {
    async count({ kind, device, token, since }) {
      const row =
        device === undefined ? await countOfToken.get(token ?? '', since) : await count.get(device, kind, since)
      return numberOf(row ?? {}, 'n')
    },
    async add(activity) {
      const { at, kind, device, detail } = activity
      await enter(activity)
      await insert.run(at, kind, device ?? null, JSON.stringify(detail ?? {}))
    },
    enter,
  }
}
